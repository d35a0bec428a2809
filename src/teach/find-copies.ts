// Samples that show one picture: the same pixels, or another version of a picture (resized, encoded again, cropped).
//
// Frames of a camera are compared for equality alone: two frames of one person are nearly the same picture, whatever the
// person shows.

import { type Pyramid, toPyramid } from '../copies/align.js';
import { comparePictures } from '../copies/compare.js';
import { thumbnailOf } from '../copies/components.js';
import { copyGroups } from '../copies/groups.js';
import type { GrayImage } from '../image/gray.js';
import type { SampleCopies } from './types.js';

/**
 * Similarity of detail from which two pictures count as one. Stricter than an audit's: two photographs of one person in one
 * place are no copies here, since it is the expressions that differ.
 */
const leastSimilarity = 0.92;
/** Cosine of thumbnails from which two pictures are compared. */
const leastAlike = 0.97;
/** Others that a picture is compared with: those that it is most like. */
const mostCompared = 4;
/** More pictures than this are compared for equality alone: all pairs of thumbnails would take minutes. */
const mostPictures = 3000;

/** Equal for equal pictures, whatever the machine. */
export function pictureKey({ width, height, data }: GrayImage): string {
  let key = `${width}x${height}:`;
  for (let i = 0; i < data.length; i += 4096) key += String.fromCharCode(...data.subarray(i, i + 4096));
  return key;
}

/**
 * Finds groups of copies, by their first sample.
 *
 * @param pictures of one size.
 * @param takes of the same length; those with a take are frames of a camera.
 * @param pause is called now and then, and may throw to stop.
 */
export async function findCopies(
  pictures: readonly GrayImage[],
  labels: ArrayLike<number>,
  takes: readonly (string | undefined)[],
  pause: () => Promise<void> = async () => {},
): Promise<SampleCopies[]> {
  const known = new Map<string, number>();
  const firsts = pictures.map((picture, i) => {
    const key = pictureKey(picture);
    const first = known.get(key) ?? i;
    known.set(key, first);
    return first;
  });
  const different = [...new Set(firsts)].filter((i) => takes[i] === undefined);
  const near = different.length <= mostPictures ? await nearCopies(pictures, different, pause) : [];
  const groups = new Map<number, number[]>();
  copyGroups(firsts, near).forEach((first, i) => {
    const group = groups.get(first);
    if (group === undefined) groups.set(first, [i]);
    else group.push(i);
  });
  return [...groups.values()]
    .filter(({ length }) => length > 1)
    .map((samples) => ({ samples, sameLabel: samples.every((i) => labels[i] === labels[samples[0]!]) }));
}

/** Pairs among pictures that differ in their pixels. */
async function nearCopies(
  pictures: readonly GrayImage[],
  different: readonly number[],
  pause: () => Promise<void>,
): Promise<{ first: number; second: number }[]> {
  const side = pictures[0]?.width ?? 0;
  if (side !== pictures[0]?.height || side % 2 !== 0) return []; // alignment halves squares
  const thumbnails = different.map((i) => thumbnailOf(pictures[i]!.data, side));
  const pyramids = new Map<number, Pyramid>();
  const pyramidOf = (i: number): Pyramid => {
    const pyramid = pyramids.get(i) ?? toPyramid(pictures[i]!.data, side);
    pyramids.set(i, pyramid);
    return pyramid;
  };
  const pairs: { first: number; second: number }[] = [];
  for (const [a, first] of different.entries()) {
    if (a % 16 === 0) await pause();
    const alike = different
      .slice(0, a)
      .map((second, b) => ({ second, cosine: dot(thumbnails[a]!, thumbnails[b]!) }))
      .filter(({ cosine }) => cosine >= leastAlike)
      .sort((x, y) => y.cosine - x.cosine);
    for (const { second } of alike.slice(0, mostCompared))
      if (comparePictures(pyramidOf(second), pyramidOf(first)).similarity >= leastSimilarity)
        pairs.push({ first: second, second: first });
  }
  return pairs;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

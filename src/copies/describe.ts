// One pass over all pictures: how blank each is, how unlike the others, and what near copies of it are looked for by: a
// vector and a coarse picture.

import { Random } from '../random/random.js';
import { CoarsePictures } from './coarse.js';
import { Components, thumbnailOf, thumbnailSide, thumbnailSize } from './components.js';
import type { AuditImages, Pace } from './images.js';
import { SimilarityIndex } from './similar.js';
import { Thumbnailer, wholePicture } from './thumbnails.js';

/** Grey levels (of 255) of standard deviation up to which a picture counts as blank. */
export const blankDeviation = 2;
/** Components are fitted to at most this many pictures, drawn at random. */
const mostFitted = 4096;
const mostComponents = 48;
/** Fewer pictures than this per component would be learnt by heart. */
const picturesPerComponent = 8;

/** Grey levels that count as one. */
const oneGrey = 5;
const levels = 256;

/** What is known of every picture. */
export interface Description {
  components: Components;
  /** Standard deviation of each picture's grey values. */
  deviations: Float32Array;
  /**
   * How unlike the others each picture is, 0 to 1; 0 for blank ones. The mean of two shares: of its variance that the
   * components leave out (hats, hands, text), and of its pixels that have one grey (paper, plain grounds).
   */
  unlike: Float32Array;
  /** The vectors of `different`, in that order; all zeros for blank ones. */
  index: SimilarityIndex;
  /** The pictures of `different`, in that order. */
  coarse: CoarsePictures;
}

/** Standard deviation of grey values. */
function deviationOf(pixels: Uint8Array): number {
  let sum = 0;
  let squares = 0;
  for (const value of pixels) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / pixels.length;
  return Math.sqrt(Math.max(0, squares / pixels.length - mean * mean));
}

/** Share of the pixels in the commonest few neighbouring grey levels: paper, a plain ground, a flat drawing. */
export function plainShare(pixels: Uint8Array): number {
  const histogram = new Int32Array(levels);
  for (const value of pixels) histogram[value]!++;
  let most = 0;
  let within = 0;
  for (let level = 0; level < levels; level++) {
    within += histogram[level]! - (histogram[level - oneGrey] ?? 0);
    most = Math.max(most, within);
  }
  return most / pixels.length;
}

async function fitComponents(images: AuditImages, different: Int32Array): Promise<Components> {
  const chosen = new Random(0, 'audit', 'components').shuffle(different.slice()).subarray(0, mostFitted);
  const thumbnails: Float32Array[] = [];
  for (const i of chosen.sort()) {
    const pixels = await images.bytes(i);
    if (deviationOf(pixels) > blankDeviation) thumbnails.push(thumbnailOf(pixels, images.side));
  }
  if (thumbnails.length === 0) thumbnails.push(new Float32Array(thumbnailSize));
  const most = Math.floor(thumbnails.length / picturesPerComponent);
  return Components.fit(thumbnails, Math.max(1, Math.min(mostComponents, most)));
}

/**
 * Describes every picture.
 *
 * @param different numbers of the pictures that the index holds, rising: one of each set of exact copies.
 */
export async function describeImages(
  images: AuditImages,
  different: Int32Array,
  pace: Pace,
): Promise<Description> {
  const components = await fitComponents(images, different);
  const deviations = new Float32Array(images.count);
  const unlike = new Float32Array(images.count);
  const index = new SimilarityIndex(different.length, components.count);
  const coarse = new CoarsePictures(different.length, images.side);
  const thumbnailer = new Thumbnailer(images.side, thumbnailSide);
  const thumbnail = new Float32Array(thumbnailSize);
  const coordinates = new Float32Array(components.count);
  let place = 0;
  await images.forEach((i, pixels) => {
    const deviation = deviationOf(pixels);
    deviations[i] = deviation;
    const blank = deviation <= blankDeviation;
    if (blank) coordinates.fill(0);
    else {
      thumbnailer.load(pixels);
      thumbnailer.write(wholePicture, thumbnail);
      unlike[i] = (components.describe(thumbnail, coordinates) + plainShare(pixels)) / 2;
    }
    if (different[place] !== i) return;
    coarse.set(place, pixels);
    index.set(place++, coordinates);
  }, pace);
  index.build();
  return { components, deviations, unlike, index, coarse };
}

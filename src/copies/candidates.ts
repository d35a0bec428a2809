// Pairs of pictures that may show one photograph: an approximate search over vectors of 48 numbers, of every picture and
// of crops of it, and a first look at the coarsest resolution. near.ts compares what is left.

import { thumbnailSide, thumbnailSize } from './components.js';
import { blankDeviation, type Description } from './describe.js';
import type { AuditImages, Pace } from './images.js';
import { type Box, Thumbnailer, wholePicture } from './thumbnails.js';

/** Cosine between vectors from which pictures are compared. */
const leastCosine = 0.75;
/**
 * Of one picture's candidates in each split, so many of the highest cosine are compared. Those of one split don't crowd out
 * those of another: a held-out image with dozens of siblings beside it is compared with training images all the same.
 */
const mostCandidates = 16;
/** In sets up to this size every pair is compared. */
const allPairsUpTo = 64;
const cropShare = 0.935;
const cropRest = 1 - cropShare;
/** The picture and crops of it; the set of boxes mirrored is the same set. */
const boxes: readonly Box[] = [
  wholePicture,
  { share: cropShare, left: cropRest / 2, top: cropRest / 2 },
  { share: cropShare, left: 0, top: cropRest / 2 },
  { share: cropShare, left: cropRest, top: cropRest / 2 },
  { share: cropShare, left: cropRest / 2, top: 0 },
  { share: cropShare, left: cropRest / 2, top: cropRest },
];

/** A pair of pictures by their numbers, `first` the lower, and whether the second is mirrored. */
export interface Candidate {
  first: number;
  second: number;
  mirrored: boolean;
}

/** Candidates in few bytes: each as one number over places in `different`; exact up to 67 million pictures. */
export class CandidateList {
  private codes = new Float64Array(1024);
  /** Number of candidates. */
  length = 0;

  constructor(private readonly different: Int32Array) {}

  add(a: number, b: number, mirrored: boolean): void {
    if (this.length === this.codes.length) {
      const longer = new Float64Array(2 * this.length);
      longer.set(this.codes);
      this.codes = longer;
    }
    this.codes[this.length++] =
      (Math.min(a, b) * this.different.length + Math.max(a, b)) * 2 + (mirrored ? 1 : 0);
  }

  /** Sorts by `first`, `second` and `mirrored`, and leaves out repetitions. */
  sort(): this {
    const sorted = this.codes.subarray(0, this.length).sort();
    let kept = 0;
    for (const [k, code] of sorted.entries()) if (k === 0 || code !== sorted[kept - 1]) sorted[kept++] = code;
    this.length = kept;
    return this;
  }

  at(k: number): Candidate {
    const code = this.codes[k]!;
    const pair = Math.floor(code / 2);
    const first = Math.floor(pair / this.different.length);
    const second = pair - first * this.different.length;
    return { first: this.different[first]!, second: this.different[second]!, mirrored: code % 2 === 1 };
  }
}

/** The best of what was found for one picture, by place and cosine: so many of each split. */
function bestOfEachSplit(found: ReadonlyMap<number, number>, splitOf: (key: number) => number): number[] {
  const taken: number[] = [];
  const best: number[] = [];
  for (const [key] of [...found].sort((a, b) => b[1] - a[1])) {
    const split = splitOf(key);
    taken[split] = (taken[split] ?? 0) + 1;
    if (taken[split] <= mostCandidates) best.push(key);
  }
  return best;
}

/**
 * Finds candidates.
 *
 * @param different numbers of the pictures to compare, rising: one of each set of exact copies.
 * @param leastCoarse similarity that a candidate needs at the coarsest resolution.
 * @returns sorted, blank pictures left out; at most `mostCandidates` in each split on any picture's own account.
 */
export async function findCandidates(
  images: AuditImages,
  different: Int32Array,
  { components, deviations, index, coarse }: Description,
  leastCoarse: number,
  pace: Pace,
): Promise<CandidateList> {
  const list = new CandidateList(different);
  const blank = (place: number) => deviations[different[place]!]! <= blankDeviation;
  const consider = (a: number, b: number, mirrored: boolean) => {
    const fit = coarse.similarity(Math.min(a, b), Math.max(a, b), mirrored);
    if (fit >= leastCoarse) list.add(a, b, mirrored);
  };
  if (different.length <= allPairsUpTo) {
    const places = Array.from(different.keys()).filter((place) => !blank(place));
    for (const a of places) {
      for (const b of places) {
        if (a >= b) continue;
        consider(a, b, false);
        consider(a, b, true);
      }
    }
    return list.sort();
  }
  const thumbnailer = new Thumbnailer(images.side, thumbnailSide);
  const thumbnail = new Float32Array(thumbnailSize);
  const coordinates = new Float32Array(components.count);
  /** Cosines by place, doubled and odd where mirrored. */
  const found = new Map<number, number>();
  const splitOf = (key: number) => images.splitOf[different[Math.floor(key / 2)]!]!;
  let place = -1;
  const search = (mirrored: boolean) =>
    index.query(coordinates, leastCosine, (other, cosine) => {
      if (other === place) return;
      const key = other * 2 + (mirrored ? 1 : 0);
      if (cosine > (found.get(key) ?? 0)) found.set(key, cosine);
    });
  await images.forEach((i, pixels) => {
    if (different[place + 1] !== i) return;
    place++;
    if (blank(place)) return;
    found.clear();
    thumbnailer.load(pixels);
    for (const box of boxes) {
      thumbnailer.write(box, thumbnail);
      components.describe(thumbnail, coordinates);
      search(false);
      components.mirror(coordinates);
      search(true);
    }
    for (const key of bestOfEachSplit(found, splitOf)) consider(place, Math.floor(key / 2), key % 2 === 1);
  }, pace);
  return list.sort();
}

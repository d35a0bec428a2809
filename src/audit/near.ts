// Finds pictures of one photograph among many different ones: another crop, size, brightness, contrast or JPEG quality,
// a caption or watermark, or mirrored. Candidates come from an approximate search over vectors of 48 numbers, of the
// picture and of crops of it; each is then verified on the pixels. Rotated copies are not looked for, and faces of
// one person in different photographs are meant not to be found.

import { align, type Pyramid, showCrop, toPyramid } from './align.js';
import { thumbnailSide, thumbnailSize } from './components.js';
import { blankDeviation, type Description } from './describe.js';
import { detailSimilarity } from './detail.js';
import type { AuditImages, Pace } from './images.js';
import { type Box, Thumbnailer, wholePicture } from './thumbnails.js';

/**
 * Similarity of detail (see detail.ts) from which two pictures count as one photograph. On FER2013 98% of copies reach
 * 0.85; of different photographs that are alike as a whole, half stay below 0.4 and 95% below 0.6.
 */
export const samePhotograph = 0.8;
/**
 * NCC of the pictures as such, after the best crop, that is needed for the comparison to go on to the next finer
 * resolution and at last to their detail, the finest first. It alone would not do: different faces that are lit alike
 * reach 0.93, drawings 0.97.
 */
const enoughAt = [0.9, 0.91, 0.86];
/** Cosine between vectors from which pictures are compared. */
const leastCosine = 0.75;
/** Of one picture's candidates, so many of the highest cosine are compared. */
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

/** Two pictures of one photograph, by their numbers; `first` is the lower. */
export interface NearMatch {
  first: number;
  second: number;
  similarity: number;
  mirrored: boolean;
  overlap: number;
}

/** A pair of places in `different`, and whether one is mirrored, as one number; exact up to 67 million pictures. */
class PairCode {
  constructor(private readonly count: number) {}

  encode(a: number, b: number, mirrored: boolean): number {
    return (Math.min(a, b) * this.count + Math.max(a, b)) * 2 + (mirrored ? 1 : 0);
  }

  decode(code: number): { first: number; second: number; mirrored: boolean } {
    const pair = Math.floor(code / 2);
    const first = Math.floor(pair / this.count);
    return { first, second: pair - first * this.count, mirrored: code % 2 === 1 };
  }
}

function allPairs(count: number, code: PairCode): number[] {
  const codes: number[] = [];
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) codes.push(code.encode(a, b, false), code.encode(a, b, true));
  }
  return codes;
}

async function findCandidates(
  images: AuditImages,
  different: Int32Array,
  { components, deviations, index }: Description,
  code: PairCode,
  pace: Pace,
): Promise<number[]> {
  const codes: number[] = [];
  const thumbnailer = new Thumbnailer(images.side, thumbnailSide);
  const thumbnail = new Float32Array(thumbnailSize);
  const coordinates = new Float32Array(components.count);
  const found = new Map<number, number>();
  let place = -1;
  const add = (mirrored: boolean) =>
    index.query(coordinates, leastCosine, (other, cosine) => {
      if (other === place) return;
      const key = other * 2 + (mirrored ? 1 : 0);
      if (cosine > (found.get(key) ?? 0)) found.set(key, cosine);
    });
  await images.forEach((i, pixels) => {
    if (different[place + 1] !== i) return;
    place++;
    if (deviations[i]! <= blankDeviation) return;
    found.clear();
    thumbnailer.load(pixels);
    for (const box of boxes) {
      thumbnailer.write(box, thumbnail);
      components.describe(thumbnail, coordinates);
      add(false);
      components.mirror(coordinates);
      add(true);
    }
    const best = [...found].sort((a, b) => b[1] - a[1]).slice(0, mostCandidates);
    for (const [key] of best) codes.push(code.encode(place, Math.floor(key / 2), key % 2 === 1));
  }, pace);
  return codes;
}

/** Similarity of detail one way; 0 where the pictures as such don't fit. */
function compareOneWay(from: Pyramid, to: Pyramid): { similarity: number; overlap: number } {
  const found = align(from, to, enoughAt);
  if (found.similarity < enoughAt[0]!) return { similarity: 0, overlap: 0 };
  return { similarity: detailSimilarity(showCrop(from, found), to[0]!.values), overlap: found.overlap };
}

/** Compares either way: the one that shows more may be either. */
function compare(a: Pyramid, b: Pyramid): { similarity: number; overlap: number } {
  const found = compareOneWay(a, b);
  if (found.similarity === 0 || found.similarity >= samePhotograph) return found;
  const other = compareOneWay(b, a);
  return other.similarity > found.similarity ? other : found;
}

/**
 * Finds near copies.
 *
 * @param different numbers of the pictures to compare, rising: one of each set of exact copies.
 * @param paces for the search, and for the comparison of `total` candidates.
 * @returns matches of at least `samePhotograph`, by `first` and `second`. No picture is compared with more than
 *   `mostCandidates` others on its own account.
 */
export async function findNearMatches(
  images: AuditImages,
  different: Int32Array,
  description: Description,
  paces: { search: Pace; compare: (total: number) => Pace },
): Promise<NearMatch[]> {
  const code = new PairCode(different.length);
  const codes = Float64Array.from(
    different.length <= allPairsUpTo
      ? allPairs(different.length, code)
      : await findCandidates(images, different, description, code, paces.search),
  ).sort();
  const pace = paces.compare(codes.length);
  const matches: NearMatch[] = [];
  const blank = (place: number) => description.deviations[different[place]!]! <= blankDeviation;
  let from: Pyramid = [];
  let fromPlace = -1;
  for (const [k, pair] of codes.entries()) {
    if (pair === codes[k - 1]) continue;
    const { first, second, mirrored } = code.decode(pair);
    if (blank(first) || blank(second)) continue;
    if (first !== fromPlace) {
      from = toPyramid(await images.bytes(different[first]!), images.side);
      fromPlace = first;
    }
    const to = toPyramid(await images.bytes(different[second]!), images.side, mirrored);
    const { similarity, overlap } = compare(from, to);
    if (similarity >= samePhotograph) {
      const match = { first: different[first]!, second: different[second]!, similarity, mirrored, overlap };
      const last = matches.at(-1);
      // The code of a mirrored pair follows that of the pair itself.
      if (last?.first !== match.first || last.second !== match.second) matches.push(match);
      else if (similarity > last.similarity) matches[matches.length - 1] = match;
    }
    if (pace.due()) await pace.breathe(k + 1);
  }
  return matches;
}

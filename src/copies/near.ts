// Finds pictures of one photograph among many different ones: another crop, size, brightness, contrast or JPEG quality,
// a caption or watermark, or mirrored. Candidates come from candidates.ts; each is verified on the pixels here. Rotated
// copies are not looked for, and faces of one person in different photographs are meant not to be found.

import { align, halvings, type Pyramid, showCrop, toPyramid } from './align.js';
import { type CandidateList, findCandidates } from './candidates.js';
import type { Description } from './describe.js';
import { detailSimilarity } from './detail.js';
import type { AuditImages, Pace } from './images.js';

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

/** Two pictures of one photograph, by their numbers; `first` is the lower. */
export interface NearMatch {
  first: number;
  second: number;
  similarity: number;
  mirrored: boolean;
  overlap: number;
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

/** Candidates whose pictures are decoded together where they aren't kept. */
const pairsAtOnce = 2048;

/** The pictures of the candidates from `start` on, as many as are compared next. */
async function loadPictures(
  images: AuditImages,
  candidates: CandidateList,
  start: number,
): Promise<Map<number, Uint8Array>> {
  const numbers = new Set<number>();
  for (let k = start; k < Math.min(candidates.length, start + pairsAtOnce); k++) {
    const { first, second } = candidates.at(k);
    numbers.add(first).add(second);
  }
  return images.load(numbers);
}

/**
 * Finds near copies.
 *
 * @param different numbers of the pictures to compare, rising: one of each set of exact copies.
 * @param paces for the search, and for the comparison of `total` candidates.
 * @returns matches of at least `samePhotograph`, by `first` and `second`. Each picture is compared with a limited number of
 *   candidates in each split (see candidates.ts), so not all pairs among many copies of one photograph are found.
 */
export async function findNearMatches(
  images: AuditImages,
  different: Int32Array,
  description: Description,
  paces: { search: Pace; compare: (total: number) => Pace },
): Promise<NearMatch[]> {
  const leastCoarse = enoughAt[halvings(images.side)] ?? -1;
  const candidates = await findCandidates(images, different, description, leastCoarse, paces.search);
  const pace = paces.compare(candidates.length);
  const matches: NearMatch[] = [];
  let from: Pyramid = [];
  let fromNumber = -1;
  let next = loadPictures(images, candidates, 0);
  for (let start = 0; start < candidates.length; start += pairsAtOnce) {
    const pictures = await next;
    // The workers decode the next ones while these are compared.
    next = loadPictures(images, candidates, start + pairsAtOnce);
    next.catch(() => {}); // seen when it is awaited
    for (let k = start; k < Math.min(candidates.length, start + pairsAtOnce); k++) {
      const { first, second, mirrored } = candidates.at(k);
      if (first !== fromNumber) {
        from = toPyramid(pictures.get(first)!, images.side);
        fromNumber = first;
      }
      const { similarity, overlap } = compare(from, toPyramid(pictures.get(second)!, images.side, mirrored));
      if (similarity >= samePhotograph) addMatch(matches, { first, second, similarity, mirrored, overlap });
      if (pace.due()) await pace.breathe(k + 1);
    }
  }
  return matches;
}

/** Of a pair and its mirrored form, which follow each other, the better one counts. */
function addMatch(matches: NearMatch[], match: NearMatch): void {
  const last = matches.at(-1);
  if (last?.first !== match.first || last.second !== match.second) matches.push(match);
  else if (match.similarity > last.similarity) matches[matches.length - 1] = match;
}

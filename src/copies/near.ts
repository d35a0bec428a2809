// Finds pictures of one photograph among many different ones: another crop, size, brightness, contrast or JPEG quality,
// a caption or watermark, or mirrored. Candidates come from candidates.ts; each is verified on the pixels here. Rotated
// copies are not looked for, and faces of one person in different photographs are meant not to be found.

import { halvings, type Pyramid, toPyramid } from './align.js';
import { type CandidateList, findCandidates } from './candidates.js';
import { comparePictures, enoughAt, samePhotograph } from './compare.js';
import type { Description } from './describe.js';
import type { AuditImages, Pace } from './images.js';

/** Two pictures of one photograph, by their numbers; `first` is the lower. */
export interface NearMatch {
  first: number;
  second: number;
  similarity: number;
  mirrored: boolean;
  overlap: number;
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
      const { similarity, overlap } = comparePictures(
        from,
        toPyramid(pictures.get(second)!, images.side, mirrored),
      );
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

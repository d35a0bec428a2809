// How many faces a stage keeps by its threshold, against how many proposals; and the threshold that keeps enough.

import type { LabelledFace } from '../../../data/faces/types.js';
import { overlap, squared } from '../../../faces/boxes.js';
import type { Box } from '../../../faces/face.js';

export interface Proposal {
  readonly box: Box;
  readonly score: number;
}

/** What a stage found in photographs, as far as thresholds go. */
export interface Found {
  /** The highest score of a proposal on each face; -Infinity for faces without any. */
  faces: number[];
  /** Scores of all proposals. */
  proposals: number[];
  photos: number;
}

export interface RecallPoint {
  threshold: number;
  /** Share of the faces with a proposal of at least that score, 0 to 1. */
  recall: number;
  /** Proposals of at least that score, per photograph. */
  proposals: number;
}

/** Overlap (IoU) from which a proposal is one of a face; between the squares about both. */
const hit = 0.5;

export const nothingFound = (): Found => ({ faces: [], proposals: [], photos: 0 });

/** Adds a photograph's proposals; faces whose longer side is smaller than `minFace` aren't asked for. */
export function addFound(
  found: Found,
  faces: readonly LabelledFace[],
  proposals: readonly Proposal[],
  minFace: number,
): void {
  const squares = proposals.map(({ box, score }) => ({ box: squared(box), score }));
  for (const { box } of faces) {
    if (Math.max(box.width, box.height) < minFace) continue;
    const face = squared(box);
    let best = Number.NEGATIVE_INFINITY;
    for (const square of squares)
      if (square.score > best && overlap(square.box, face) >= hit) best = square.score;
    found.faces.push(best);
  }
  for (const { score } of proposals) found.proposals.push(score);
  found.photos++;
}

/** Recall and proposals at thresholds from low to high. */
export function recallCurve(
  { faces, proposals, photos }: Found,
  thresholds: readonly number[],
): RecallPoint[] {
  const share = (scores: readonly number[], threshold: number, of: number): number =>
    of === 0 ? 0 : scores.filter((score) => score >= threshold).length / of;
  return thresholds.map((threshold) => ({
    threshold,
    recall: share(faces, threshold, faces.length),
    proposals: share(proposals, threshold, photos),
  }));
}

/**
 * The highest threshold, in steps of a hundredth, that keeps a share of the faces that have a proposal at all: what an
 * earlier stage lost, no threshold brings back.
 *
 * @returns `lowest` where no face was found.
 */
export function thresholdFor({ faces }: Found, keep: number, lowest: number): number {
  const scores = faces.filter((score) => score >= lowest).sort((a, b) => b - a);
  if (scores.length === 0) return lowest;
  const last = scores[Math.min(scores.length, Math.ceil(keep * scores.length)) - 1]!;
  return Math.max(lowest, Math.floor(100 * last) / 100);
}

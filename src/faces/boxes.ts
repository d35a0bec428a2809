// Arithmetic of boxes. One convention throughout: half-open, with fractions (face.ts), so that a width is right - left and
// nothing ever adds or takes away one. What published code does otherwise (MATLAB's inclusive ends, w = x2 - x1 + 1) is
// changed to this where numbers come in.

import type { Box, Point } from './face.js';

/** Where the edges of a box lie after a regression: offsets of its left, upper, right and lower edge, in shares of its sides. */
export type BoxOffsets = readonly [left: number, top: number, right: number, bottom: number];

/** Boxes of more than so many candidates aren't compared: the ones of the highest scores are. */
const mostCandidates = 4096;

export function area({ width, height }: Box): number {
  return Math.max(0, width) * Math.max(0, height);
}

/** The area that both cover. */
export function intersection(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union, from 0 to 1. 0 where both are empty. */
export function overlap(a: Box, b: Box): number {
  const common = intersection(a, b);
  return common === 0 ? 0 : common / (area(a) + area(b) - common);
}

/** Intersection over the smaller of both, from 0 to 1: 1 where one lies inside the other. */
export function overlapOfSmaller(a: Box, b: Box): number {
  const common = intersection(a, b);
  return common === 0 ? 0 : common / Math.min(area(a), area(b));
}

export function centre({ x, y, width, height }: Box): Point {
  return [x + width / 2, y + height / 2];
}

/** The square with the same centre whose side is the longer one of the box. */
export function squared(box: Box): Box {
  const side = Math.max(box.width, box.height);
  return { x: box.x + (box.width - side) / 2, y: box.y + (box.height - side) / 2, width: side, height: side };
}

/** Moves the edges of a box by offsets. Undoes `offsetsTo`. */
export function regressed(box: Box, [left, top, right, bottom]: BoxOffsets): Box {
  return {
    x: box.x + left * box.width,
    y: box.y + top * box.height,
    width: box.width * (1 + right - left),
    height: box.height * (1 + bottom - top),
  };
}

/** The offsets by which `box` becomes `target`: the labels that a network for boxes learns. `box` isn't empty. */
export function offsetsTo(box: Box, target: Box): BoxOffsets {
  return [
    (target.x - box.x) / box.width,
    (target.y - box.y) / box.height,
    (target.x + target.width - box.x - box.width) / box.width,
    (target.y + target.height - box.y - box.height) / box.height,
  ];
}

/** A point of the picture in shares of a box, from its left upper corner; `pointIn` undoes it. */
export function pointRelative(box: Box, [x, y]: Point): Point {
  return [(x - box.x) / box.width, (y - box.y) / box.height];
}

/** A point that is given in shares of a box, in the picture. */
export function pointIn(box: Box, [x, y]: Point): Point {
  return [box.x + x * box.width, box.y + y * box.height];
}

/** The box of a picture that was resized by `factor`. */
export function scaledBox({ x, y, width, height }: Box, factor: number): Box {
  return { x: x * factor, y: y * factor, width: width * factor, height: height * factor };
}

/**
 * Places of the highest scores, highest first; of equal ones, those that come first. Takes time in proportion to the number of
 * scores and memory in proportion to `most`, whatever the threshold.
 *
 * @param threshold lower scores are left out, and those that aren't numbers.
 */
export function strongest(scores: ArrayLike<number>, threshold: number, most = mostCandidates): number[] {
  // A heap whose top is the weakest of what is kept.
  const heap: number[] = [];
  const isWeaker = (a: number, b: number) => scores[a]! < scores[b]! || (scores[a] === scores[b] && a > b);
  const sink = () => {
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && isWeaker(heap[child]!, heap[least]!)) least = child;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  };
  const rise = () => {
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isWeaker(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  };
  for (let i = 0; i < scores.length; i++) {
    if (!(scores[i]! >= threshold)) continue;
    if (heap.length < most) {
      heap.push(i);
      rise();
    } else if (scores[i]! > scores[heap[0]!]!) {
      heap[0] = i;
      sink();
    }
  }
  return heap.sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/**
 * Non-maximum suppression: of candidates that overlap by more than `limit`, the one of the highest score stays. Of more than
 * `mostCandidates` the others are left out beforehand, so that time is bounded.
 *
 * @param measure `overlap`, or `overlapOfSmaller`, which also removes a small box inside a large one.
 * @returns what stays, highest score first.
 */
export function suppress<Candidate extends { readonly box: Box; readonly score: number }>(
  candidates: readonly Candidate[],
  limit: number,
  measure: (a: Box, b: Box) => number = overlap,
): Candidate[] {
  const order = strongest(
    candidates.map(({ score }) => score),
    Number.NEGATIVE_INFINITY,
  );
  const kept: Candidate[] = [];
  next: for (const place of order) {
    const candidate = candidates[place]!;
    for (const other of kept) if (measure(other.box, candidate.box) > limit) continue next;
    kept.push(candidate);
  }
  return kept;
}

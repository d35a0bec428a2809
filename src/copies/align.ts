// Decides whether two small grey pictures are crops of one photograph: finds the crop of one that fits the other best,
// and how well it fits. Not a search: two pictures at a time.
//
// Gauss-Newton registration (Lucas and Kanade 1981; coarse to fine, as Bouguet 2000) of an axis-aligned box: shift and
// scale along either axis. Brightness and contrast are taken out in closed form at every step, so that the measure
// is the normalised cross-correlation (NCC) over the pixels that both pictures show.

import { solvePositive } from '../math/solve.js';

/** The box of `from` that `to` shows: `to(x, y) = from(scaleX x + shiftX, scaleY y + shiftY)`, from the centre, in pixels. */
export interface Crop {
  scaleX: number;
  scaleY: number;
  shiftX: number;
  shiftY: number;
}

/** How two pictures fit. */
export interface Alignment extends Crop {
  /** NCC over the common pixels, -1 to 1; -1 where there are too few. */
  similarity: number;
  /** Share of the pixels of `to` that `from` shows too, 0 to 1. */
  overlap: number;
}

/** Grey values of one resolution, with the gradients that registration needs. */
export interface Level {
  side: number;
  values: Float32Array;
  gradientX: Float32Array;
  gradientY: Float32Array;
}

/** A square picture at halving resolutions, the finest first. */
export type Pyramid = readonly Level[];

const coarsestSide = 12;
/** Steps per resolution, the finest first: most of the way is made where it costs little. */
const steps = [4, 6, 8];
const stepsAt = (level: number) => steps[level] ?? steps.at(-1)!;
const wholeCrop: Crop = { scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0 };
/** Less common area than this is no crop of the same picture. */
const leastOverlap = 0.6;
/** Boxes outside these are refused: an overlap that small, or a degenerate fit. */
const scaleRange = [0.7, 1.43] as const;

/** One resolution of a picture, of `side * side` values. */
export function toLevel(values: Float32Array, side: number): Level {
  const gradientX = new Float32Array(side * side);
  const gradientY = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    const up = Math.max(0, y - 1);
    const down = Math.min(side - 1, y + 1);
    for (let x = 0; x < side; x++) {
      const left = Math.max(0, x - 1);
      const right = Math.min(side - 1, x + 1);
      const i = y * side + x;
      gradientX[i] = (values[y * side + right]! - values[y * side + left]!) / (right - left);
      gradientY[i] = (values[down * side + x]! - values[up * side + x]!) / (down - up);
    }
  }
  return { side, values, gradientX, gradientY };
}

function halve({ side, values }: Level): Level {
  const half = side / 2;
  const smaller = new Float32Array(half * half);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const i = 2 * y * side + 2 * x;
      smaller[y * half + x] = (values[i]! + values[i + 1]! + values[i + side]! + values[i + side + 1]!) / 4;
    }
  }
  return toLevel(smaller, half);
}

/** How often a picture of this side is halved. */
export function halvings(side: number): number {
  let depth = 0;
  for (let rest = side; rest % 2 === 0 && rest / 2 >= coarsestSide; rest /= 2) depth++;
  return depth;
}

/**
 * Prepares a picture for comparison.
 *
 * @param pixels `side * side` grey values, row by row; `side` even.
 * @param mirrored left for right.
 */
export function toPyramid(pixels: ArrayLike<number>, side: number, mirrored = false): Pyramid {
  const values = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      values[y * side + (mirrored ? side - 1 - x : x)] = pixels[y * side + x]!;
    }
  }
  const levels = [toLevel(values, side)];
  for (let depth = halvings(side); depth > 0; depth--) levels.push(halve(levels.at(-1)!));
  return levels;
}

/** Sums over the pixels that `to` and the box of `from` have in common. */
class Comparison {
  count = 0;
  meanFrom = 0;
  meanTo = 0;
  varianceFrom = 0;
  varianceTo = 0;
  covariance = 0;
  /** Values of `from` where `to`'s pixels lie; not a number outside. */
  readonly sampled: Float32Array;

  constructor(
    readonly from: Level,
    readonly to: Level,
  ) {
    this.sampled = new Float32Array(to.side * to.side);
  }

  get similarity(): number {
    const scale = Math.sqrt(this.varianceFrom * this.varianceTo);
    if (this.count < leastOverlap * this.sampled.length || scale === 0) return -1;
    return this.covariance / scale;
  }

  sample({ scaleX, scaleY, shiftX, shiftY }: Crop): void {
    const { from, to, sampled } = this;
    const { side } = to;
    const centre = (side - 1) / 2;
    let count = 0;
    let sumFrom = 0;
    let sumTo = 0;
    let squaresFrom = 0;
    let squaresTo = 0;
    let products = 0;
    for (let y = 0; y < side; y++) {
      const v = scaleY * (y - centre) + shiftY + centre;
      const top = Math.min(side - 2, Math.max(0, Math.floor(v)));
      const down = v - top;
      const outside = v < -0.5 || v > side - 0.5;
      for (let x = 0; x < side; x++) {
        const u = scaleX * (x - centre) + shiftX + centre;
        const i = y * side + x;
        if (outside || u < -0.5 || u > side - 0.5) {
          sampled[i] = Number.NaN;
          continue;
        }
        const left = Math.min(side - 2, Math.max(0, Math.floor(u)));
        const right = u - left;
        const p = top * side + left;
        const { values } = from;
        const above = values[p]! + right * (values[p + 1]! - values[p]!);
        const below = values[p + side]! + right * (values[p + side + 1]! - values[p + side]!);
        const value = above + down * (below - above);
        const other = to.values[i]!;
        sampled[i] = value;
        count++;
        sumFrom += value;
        sumTo += other;
        squaresFrom += value * value;
        squaresTo += other * other;
        products += value * other;
      }
    }
    this.count = count;
    const n = Math.max(1, count);
    this.meanFrom = sumFrom / n;
    this.meanTo = sumTo / n;
    this.varianceFrom = squaresFrom / n - this.meanFrom ** 2;
    this.varianceTo = squaresTo / n - this.meanTo ** 2;
    this.covariance = products / n - this.meanFrom * this.meanTo;
  }
}

/** One Gauss-Newton step, by the gradients of `to` (the inverse step, composed); null at a dead end. */
function improve(comparison: Comparison, crop: Crop): Crop | null {
  const { to, sampled, meanFrom, meanTo, varianceFrom, varianceTo } = comparison;
  const gain = Math.sqrt(varianceTo / varianceFrom);
  const { side } = to;
  const centre = (side - 1) / 2;
  const normal = new Float64Array(16);
  const right = new Float64Array(4);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const i = y * side + x;
      const value = sampled[i]!;
      if (Number.isNaN(value)) continue;
      const error = gain * (value - meanFrom) - (to.values[i]! - meanTo);
      const gx = to.gradientX[i]!;
      const gy = to.gradientY[i]!;
      const sx = gx * (x - centre);
      const sy = gy * (y - centre);
      normal[0]! += sx * sx;
      normal[1]! += sx * sy;
      normal[2]! += sx * gx;
      normal[3]! += sx * gy;
      normal[5]! += sy * sy;
      normal[6]! += sy * gx;
      normal[7]! += sy * gy;
      normal[10]! += gx * gx;
      normal[11]! += gx * gy;
      normal[15]! += gy * gy;
      right[0]! += sx * error;
      right[1]! += sy * error;
      right[2]! += gx * error;
      right[3]! += gy * error;
    }
  }
  for (let i = 1; i < 4; i++) for (let j = 0; j < i; j++) normal[i * 4 + j] = normal[j * 4 + i]!;
  const delta = solvePositive(normal, right);
  if (!delta) return null;
  // crop after the inverse of the step: to(W(x)) fits from(crop(x)), so the better crop is crop(W^-1(x)).
  const scaleX = crop.scaleX / (1 + delta[0]!);
  const scaleY = crop.scaleY / (1 + delta[1]!);
  const better = {
    scaleX,
    scaleY,
    shiftX: crop.shiftX - scaleX * delta[2]!,
    shiftY: crop.shiftY - scaleY * delta[3]!,
  };
  const inRange = (scale: number) => scale > scaleRange[0] && scale < scaleRange[1];
  return inRange(scaleX) && inRange(scaleY) ? better : null;
}

/**
 * Finds the box of `from` that fits `to` best, beginning with the whole picture: shifts of up to about a tenth of the
 * side and scales of 0.85 to 1.18 are found.
 *
 * @param enough similarity needed at each resolution, the finest first, to go on to the next finer one; the search
 *   ends early without it, and the similarity is that of the resolution reached. Default: nothing ends early.
 */
export function align(from: Pyramid, to: Pyramid, enough: readonly number[] = []): Alignment {
  let crop = wholeCrop;
  for (let level = from.length - 1; ; level--) {
    const factor = 2 ** level;
    const start = { ...crop, shiftX: crop.shiftX / factor, shiftY: crop.shiftY / factor };
    const found = alignAt(from[level]!, to[level]!, start, stepsAt(level));
    crop = { ...found, shiftX: found.shiftX * factor, shiftY: found.shiftY * factor };
    if (level === 0 || found.similarity < (enough[level] ?? -1)) return { ...found, ...crop };
  }
}

/**
 * The first part of `align`: the crop found at the coarsest resolution alone.
 *
 * @param depth how often the pictures were halved.
 */
export function alignCoarsest(from: Level, to: Level, depth: number): Alignment {
  return alignAt(from, to, wholeCrop, stepsAt(depth));
}

/**
 * The picture `from` as a crop shows it.
 *
 * @returns `side * side` values at the finest resolution; not a number where the crop reaches beyond the picture.
 */
export function showCrop(from: Pyramid, crop: Crop): Float32Array {
  const comparison = new Comparison(from[0]!, from[0]!);
  comparison.sample(crop);
  return comparison.sampled;
}

/** Improves a crop at one resolution while the similarity rises, at most `most` times. */
function alignAt(from: Level, to: Level, start: Crop, most: number): Alignment {
  const comparison = new Comparison(from, to);
  let best: Alignment = { ...start, similarity: -1, overlap: 0 };
  let crop = start;
  for (let step = 0; step <= most; step++) {
    comparison.sample(crop);
    const { similarity } = comparison;
    if (similarity <= best.similarity) break;
    best = { ...crop, similarity, overlap: comparison.count / comparison.sampled.length };
    const next = improve(comparison, crop);
    if (!next) break;
    crop = next;
  }
  return best;
}

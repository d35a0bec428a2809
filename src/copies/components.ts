// Principal components of a dataset's thumbnails (Turk and Pentland 1991), of the images and their mirror images alike.
// Such components are even or odd from left to right, so mirroring a picture turns the sign of its odd coordinates and
// does nothing else: the two halves are fitted, and kept, apart.

import { symmetricEigen } from '../math/eigen.js';
import { Thumbnailer } from './thumbnails.js';

/** Side of the thumbnails. */
export const thumbnailSide = 16;
export const thumbnailSize = thumbnailSide * thumbnailSide;
const halfWidth = thumbnailSide / 2;
const halfSize = thumbnailSize / 2;
/** Added to every variance before its root is divided by; the whole variance is below 1. */
const regularisation = 1e-4;

/** A thumbnail's even part (left and right added) and odd part (subtracted), one half of each, in the same units. */
function halves(thumbnail: ArrayLike<number>, even: Float32Array, odd: Float32Array): void {
  for (let y = 0; y < thumbnailSide; y++) {
    for (let x = 0; x < halfWidth; x++) {
      const left = thumbnail[y * thumbnailSide + x]!;
      const right = thumbnail[y * thumbnailSide + thumbnailSide - 1 - x]!;
      even[y * halfWidth + x] = (left + right) * Math.SQRT1_2;
      odd[y * halfWidth + x] = (left - right) * Math.SQRT1_2;
    }
  }
}

function covariance(rows: readonly Float32Array[], mean: Float32Array): Float64Array {
  const sums = new Float64Array(halfSize * halfSize);
  const centred = new Float64Array(halfSize);
  for (const row of rows) {
    for (let i = 0; i < halfSize; i++) centred[i] = row[i]! - mean[i]!;
    for (let i = 0; i < halfSize; i++) {
      const value = centred[i]!;
      for (let j = 0; j <= i; j++) sums[i * halfSize + j]! += value * centred[j]!;
    }
  }
  for (let i = 0; i < halfSize; i++) {
    for (let j = 0; j <= i; j++) {
      sums[i * halfSize + j]! /= rows.length;
      sums[j * halfSize + i] = sums[i * halfSize + j]!;
    }
  }
  return sums;
}

/** Coordinates of thumbnails among the components of a dataset. */
export class Components {
  private readonly even = new Float32Array(halfSize);
  private readonly odd = new Float32Array(halfSize);

  private constructor(
    /** Mean of the even halves; that of the odd ones is 0. */
    private readonly mean: Float32Array,
    /** Components, one row of `halfSize` each: `evenCount` even ones, then odd ones. */
    private readonly rows: Float32Array,
    readonly evenCount: number,
    readonly count: number,
    /** What each coordinate is multiplied by, so that all vary alike over the dataset. */
    private readonly scales: Float32Array,
  ) {}

  /**
   * Fits components to thumbnails of length 1 (or 0).
   *
   * @param thumbnails at least one, `thumbnailSize` values each.
   * @param most number of components, those of the largest variance.
   */
  static fit(thumbnails: readonly Float32Array[], most: number): Components {
    const evens = thumbnails.map(() => new Float32Array(halfSize));
    const odds = thumbnails.map(() => new Float32Array(halfSize));
    thumbnails.forEach((thumbnail, i) => {
      halves(thumbnail, evens[i]!, odds[i]!);
    });
    const mean = new Float32Array(halfSize);
    for (const row of evens) for (let i = 0; i < halfSize; i++) mean[i]! += row[i]! / evens.length;
    const even = symmetricEigen(covariance(evens, mean), halfSize);
    const odd = symmetricEigen(covariance(odds, new Float32Array(halfSize)), halfSize);
    const all = [even, odd].flatMap(({ values, vectors }, parity) =>
      Array.from(values, (value, k) => ({
        value,
        parity,
        row: vectors.subarray(k * halfSize, (k + 1) * halfSize),
      })),
    );
    const chosen = all.sort((a, b) => b.value - a.value).slice(0, most);
    chosen.sort((a, b) => a.parity - b.parity);
    const rows = new Float32Array(chosen.length * halfSize);
    chosen.forEach(({ row }, k) => {
      rows.set(row, k * halfSize);
    });
    return new Components(
      mean,
      rows,
      chosen.filter(({ parity }) => parity === 0).length,
      chosen.length,
      Float32Array.from(chosen, ({ value }) => 1 / Math.sqrt(Math.max(0, value) + regularisation)),
    );
  }

  /**
   * Writes a thumbnail's coordinates, scaled to equal variance and then to length 1, into `target` (`count` values).
   *
   * @returns the share of the thumbnail's variance that the components leave out, 0 to 1.
   */
  describe(thumbnail: Float32Array, target: Float32Array): number {
    const { even, odd, mean, rows, evenCount, count, scales } = this;
    halves(thumbnail, even, odd);
    let whole = 0;
    for (let i = 0; i < halfSize; i++) {
      even[i]! -= mean[i]!;
      whole += even[i]! * even[i]! + odd[i]! * odd[i]!;
    }
    let within = 0;
    let length = 0;
    for (let k = 0; k < count; k++) {
      const half = k < evenCount ? even : odd;
      const from = k * halfSize;
      let sum = 0;
      for (let i = 0; i < halfSize; i++) sum += rows[from + i]! * half[i]!;
      within += sum * sum;
      const scaled = sum * scales[k]!;
      target[k] = scaled;
      length += scaled * scaled;
    }
    const scale = length > 0 ? 1 / Math.sqrt(length) : 0;
    for (let k = 0; k < count; k++) target[k]! *= scale;
    return whole > 0 ? Math.max(0, 1 - within / whole) : 0;
  }

  /** Turns the coordinates of a picture into those of its mirror image, in place. */
  mirror(coordinates: Float32Array): void {
    for (let k = this.evenCount; k < this.count; k++) coordinates[k] = -coordinates[k]!;
  }
}

/** The thumbnail of a whole picture, on its own. */
export function thumbnailOf(pixels: ArrayLike<number>, side: number): Float32Array {
  const thumbnailer = new Thumbnailer(side, thumbnailSide);
  const target = new Float32Array(thumbnailSize);
  thumbnailer.load(pixels);
  thumbnailer.write({ share: 1, left: 0, top: 0 }, target);
  return target;
}

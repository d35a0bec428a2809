// Every picture at the coarsest resolution of its pyramid, 12x12 for 48x48, kept whether or not the pixels are: most
// pictures that only resemble each other part there, without being decoded. Not a pyramid: see align.ts.

import { alignCoarsest, halvings, type Level, toLevel } from './align.js';

/** Largest number of halvings of which sums over a pixel's area still go into 16 bits. */
const mostHalvings = 4;

/** Sums over areas rather than means: whole numbers, so that nothing is lost to rounding. */
export class CoarsePictures {
  private readonly depth: number;
  private readonly coarse: number;
  private readonly sums: Uint16Array;

  /** @param side of the pictures in pixels; they are square. */
  constructor(
    readonly count: number,
    readonly side: number,
  ) {
    this.depth = halvings(side);
    if (this.depth > mostHalvings)
      throw new RangeError(
        `CoarsePictures: expected a side that is halved at most ${mostHalvings} times, found ${side}`,
      );
    this.coarse = side / 2 ** this.depth;
    this.sums = new Uint16Array(count * this.coarse ** 2);
  }

  /** Stores picture i, `side * side` grey values. */
  set(i: number, pixels: Uint8Array): void {
    const { side, coarse, sums, depth } = this;
    const first = i * coarse * coarse;
    sums.fill(0, first, first + coarse * coarse);
    for (let y = 0; y < side; y++) {
      const row = first + (y >> depth) * coarse;
      for (let x = 0; x < side; x++) sums[row + (x >> depth)]! += pixels[y * side + x]!;
    }
  }

  private level(i: number, mirrored: boolean): Level {
    const { coarse, sums, depth } = this;
    const values = new Float32Array(coarse * coarse);
    const area = 4 ** depth;
    const first = i * values.length;
    for (let y = 0; y < coarse; y++) {
      for (let x = 0; x < coarse; x++) {
        values[y * coarse + (mirrored ? coarse - 1 - x : x)] = sums[first + y * coarse + x]! / area;
      }
    }
    return toLevel(values, coarse);
  }

  /** How well picture b, `mirrored` or not, fits the best crop of picture a: what `align` finds at this resolution. */
  similarity(a: number, b: number, mirrored: boolean): number {
    return alignCoarsest(this.level(a, false), this.level(b, mirrored), this.depth).similarity;
  }
}

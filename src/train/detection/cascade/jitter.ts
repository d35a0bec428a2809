// What training changes about crops: mirrored or not, lighter or darker, sometimes grey.

import type { Random } from '../../../random/random.js';
import type { CropTargets } from './crop-set.js';

/** How a crop is changed. */
export interface Jitter {
  /** Left and right mirrored. */
  flip: boolean;
  grey: boolean;
  /** Factor of the distance from middle grey, and what is added; levels of 0 to 255. */
  contrast: number;
  brightness: number;
  /** Factors of red, green and blue. */
  tint: readonly [number, number, number];
}

/** Half of the crops are mirrored, a fifth lose their colour; light changes by up to a fifth. */
export function drawJitter(random: Random): Jitter {
  return {
    flip: random.uniform() < 0.5,
    grey: random.uniform() < 0.2,
    contrast: random.uniform(0.75, 1.25),
    brightness: random.uniform(-30, 30),
    tint: [random.uniform(0.93, 1.07), random.uniform(0.93, 1.07), random.uniform(0.93, 1.07)],
  };
}

export const noJitter: Jitter = { flip: false, grey: false, contrast: 1, brightness: 0, tint: [1, 1, 1] };

/** Writes a crop of three planes as levels from 0 to 255 to `out` from `offset`. */
export function jitterPixels(
  pixels: Uint8Array,
  size: number,
  { flip, grey, contrast, brightness, tint }: Jitter,
  out: Float32Array,
  offset: number,
): void {
  const plane = size * size;
  const add = 127.5 * (1 - contrast) + brightness;
  for (let channel = 0; channel < 3; channel++) {
    const factor = contrast * (grey ? 1 : tint[channel]!);
    for (let row = 0; row < size; row++) {
      const start = row * size;
      let to = offset + channel * plane + start + (flip ? size - 1 : 0);
      for (let column = 0; column < size; column++) {
        const from = start + column;
        const level = grey
          ? 0.299 * pixels[from]! + 0.587 * pixels[plane + from]! + 0.114 * pixels[2 * plane + from]!
          : pixels[channel * plane + from]!;
        const value = factor * level + add;
        out[to] = value < 0 ? 0 : value > 255 ? 255 : value;
        to += flip ? -1 : 1;
      }
    }
  }
}

/** Where each point comes from in the mirror: eyes and corners of the mouth change places. */
const mirrored = [1, 0, 2, 4, 3];

/** Targets of the mirrored crop. */
export function mirrorTargets({ box, points, known }: CropTargets): CropTargets {
  const [left, top, right, bottom] = box;
  return {
    box: [-right, top, -left, bottom],
    points: mirrored.flatMap((from) =>
      known[from] === 1 ? [1 - points[2 * from]!, points[2 * from + 1]!] : [0, 0],
    ),
    known: mirrored.map((from) => known[from]!),
  };
}

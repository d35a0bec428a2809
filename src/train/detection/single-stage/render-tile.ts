// Pixels of a training tile: photographs resampled into their cells, with colours, contrast and noise drawn at random.

import type { Random } from '../../../random/random.js';
import type { Placement } from './tile-plan.js';

/** A photograph at its own size and at halves of it: RGB, 8 bits, `height * width * 3` from `offset`. */
export interface PhotoLevel {
  readonly data: Uint8Array;
  readonly offset: number;
  readonly width: number;
  readonly height: number;
}

/** Shares of photographs that are changed so, and by how much. */
const changes = {
  grey: 0.15,
  /** Resampled from half the resolution that the scale asks for. */
  soft: 0.15,
  noise: { share: 0.15, most: 12 },
  /** Factors of all channels and of each, and of the distance from middle grey. */
  brightness: [0.6, 1.35],
  channel: [0.9, 1.1],
  contrast: [0.65, 1.3],
} as const;

interface Look {
  grey: boolean;
  soft: boolean;
  noise: number;
  /** Level = pixel gain + offset, by channel: red, green, blue. */
  gains: readonly [number, number, number];
  offset: number;
  /** Around the photograph, the three channels alike: black is what detectors see around pictures. */
  around: number;
}

function drawLook(random: Random): Look {
  const brightness = random.uniform(...changes.brightness);
  const contrast = random.uniform(...changes.contrast);
  const gain = (): number => brightness * contrast * random.uniform(...changes.channel);
  const gains = [gain(), gain(), gain()] as const;
  return {
    grey: random.uniform() < changes.grey,
    soft: random.uniform() < changes.soft,
    noise: random.uniform() < changes.noise.share ? random.uniform(0, changes.noise.most) : 0,
    gains,
    offset: 128 * (1 - contrast),
    around: random.uniform() < 0.6 ? 0 : random.integer(256),
  };
}

const clamp = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

/** The level from which a scale is resampled: the smallest that isn't enlarged. */
function levelFor(levels: readonly PhotoLevel[], scale: number, soft: boolean): number {
  const halvings = Math.floor(Math.log2(1 / Math.min(1, scale)) + 0.25) + (soft ? 1 : 0);
  return Math.min(levels.length - 1, Math.max(0, halvings));
}

/**
 * Fills a tile.
 *
 * @param photos the levels of the placements' photographs, largest first.
 * @param into receives `[3, side, side]` from `start`: blue, green, red, from 0 to 255.
 */
export function renderTile(
  placements: readonly Placement[],
  photos: readonly (readonly PhotoLevel[])[],
  side: number,
  random: Random,
  into: Float32Array,
  start: number,
): void {
  for (const [i, placement] of placements.entries())
    renderCell(placement, photos[i]!, side, drawLook(random), random, into, start);
}

function renderCell(
  { cell, transform, scale }: Placement,
  levels: readonly PhotoLevel[],
  side: number,
  look: Look,
  random: Random,
  into: Float32Array,
  start: number,
): void {
  const level = levelFor(levels, scale, look.soft);
  const { data, offset, width, height } = levels[level]!;
  const { a, b, c, d, e, f } = transform;
  const determinant = a * d - b * c;
  const own = levels[0]!;
  // From the tile to the level: the inverse of the transform, then the level's own scale.
  const [sx, sy] = [width / own.width, height / own.height];
  const [ax, bx] = [(d / determinant) * sx, (-b / determinant) * sx];
  const [cy, dy] = [(-c / determinant) * sy, (a / determinant) * sy];
  const area = side * side;
  const [gr, gg, gb] = look.gains;
  const noise = look.noise;
  for (let row = cell.y; row < cell.y + cell.height; row++) {
    for (let column = cell.x; column < cell.x + cell.width; column++) {
      const [px, py] = [column + 0.5 - e, row + 0.5 - f];
      const x = ax * px + bx * py - 0.5;
      const y = cy * px + dy * py - 0.5;
      const at = start + row * side + column;
      if (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5) {
        into[at] = into[at + area] = into[at + 2 * area] = look.around;
        continue;
      }
      const x0 = x < 0 ? 0 : Math.floor(x);
      const y0 = y < 0 ? 0 : Math.floor(y);
      const x1 = x0 + 1 < width ? x0 + 1 : x0;
      const y1 = y0 + 1 < height ? y0 + 1 : y0;
      const wx = x < 0 ? 0 : x - x0;
      const wy = y < 0 ? 0 : y - y0;
      const p00 = offset + (y0 * width + x0) * 3;
      const p01 = offset + (y0 * width + x1) * 3;
      const p10 = offset + (y1 * width + x0) * 3;
      const p11 = offset + (y1 * width + x1) * 3;
      const w00 = (1 - wx) * (1 - wy);
      const w01 = wx * (1 - wy);
      const w10 = (1 - wx) * wy;
      const w11 = wx * wy;
      let red = data[p00]! * w00 + data[p01]! * w01 + data[p10]! * w10 + data[p11]! * w11;
      let green = data[p00 + 1]! * w00 + data[p01 + 1]! * w01 + data[p10 + 1]! * w10 + data[p11 + 1]! * w11;
      let blue = data[p00 + 2]! * w00 + data[p01 + 2]! * w01 + data[p10 + 2]! * w10 + data[p11 + 2]! * w11;
      if (look.grey) red = green = blue = 0.299 * red + 0.587 * green + 0.114 * blue;
      const shift = look.offset + (noise === 0 ? 0 : random.uniform(-noise, noise));
      into[at] = clamp(blue * gb + shift);
      into[at + area] = clamp(green * gg + shift);
      into[at + 2 * area] = clamp(red * gr + shift);
    }
  }
}

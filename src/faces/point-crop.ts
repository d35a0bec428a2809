// The crop on which the points of a face are refined, in training and in use: a square around the box, turned so that the
// face stands upright in it.

import type { RgbImage } from '../image/rgb.js';
import { sampleRgb, type TurnedSquare } from '../image/sample-rgb.js';
import type { Box, Point } from './face.js';

/** Side of the square, in means of the box's sides: boxes are higher than wide, and fit now and then badly. */
const margin = 1.3;
/** Pixels of the crop that stand for more of the picture are made of 2x2 samples: large faces needn't be free of all aliasing. */
const fewestForSamples = 1.5;

/**
 * @param middle of the square, in pixels of the picture.
 * @param roll clockwise, in degrees.
 */
export function pointSquare({ width, height }: Box, [x, y]: Point, roll: number): TurnedSquare {
  return { x, y, side: ((width + height) / 2) * margin, roll };
}

/** Cuts a square out, at `size` x `size` pixels. Outside the picture its outermost pixels are repeated. */
export function cutPointCrop(image: RgbImage, square: TurnedSquare, size: number): RgbImage {
  const samples = square.side / size < fewestForSamples ? 1 : 2;
  return sampleRgb(image, square, { width: size, height: size }, 'edge', samples);
}

/** The image with left and right exchanged. */
export function mirrorRgb({ width, height, data }: RgbImage): RgbImage {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let from = ((y + 1) * width - 1) * 3, x = 0; x < width; x++, from -= 3, to += 3) {
      mirrored[to] = data[from]!;
      mirrored[to + 1] = data[from + 1]!;
      mirrored[to + 2] = data[from + 2]!;
    }
  }
  return { width, height, data: mirrored };
}

/** A point of the picture, from the square's centre in sides of the square. */
export function toSquare({ x, y, side, roll }: TurnedSquare, [px, py]: Point): Point {
  const angle = (roll * Math.PI) / 180;
  const [dx, dy] = [(px - x) / side, (py - y) / side];
  return [dx * Math.cos(angle) + dy * Math.sin(angle), dy * Math.cos(angle) - dx * Math.sin(angle)];
}

/** The other way round. */
export function fromSquare({ x, y, side, roll }: TurnedSquare, [u, v]: Point): Point {
  const angle = (roll * Math.PI) / 180;
  return [
    x + side * (u * Math.cos(angle) - v * Math.sin(angle)),
    y + side * (u * Math.sin(angle) + v * Math.cos(angle)),
  ];
}

// A square of a colour image that may be turned and may lie outside, at another size. Made smaller, each pixel is the mean of
// samples spread over the area that it stands for; nothing is stretched.

import type { Outside } from './cut-rgb.js';
import type { RgbImage } from './rgb.js';
import type { ImageSize } from './size.js';

/** A square of an image, in its pixels: (0, 0) is the outer corner of the first. */
export interface TurnedSquare {
  /** Of its centre. */
  x: number;
  y: number;
  side: number;
  /** Clockwise, in degrees: by how much what stands upright in the square is turned in the image. */
  roll: number;
}

/** Samples along each side of a pixel: a pixel that stands for more of the image has fewer than one for each source pixel. */
const mostSamples = 16;

/**
 * @param size of the result. Where it isn't square, the square becomes its shorter side and the longer one shows more.
 * @param outside what lies outside the image.
 * @param most samples along each side of a pixel.
 */
export function sampleRgb(
  image: RgbImage,
  { x, y, side, roll }: TurnedSquare,
  { width, height }: ImageSize,
  outside: Outside = 'edge',
  most = mostSamples,
): RgbImage {
  const perPixel = side / Math.min(width, height);
  const samples = Math.min(most, Math.max(1, Math.ceil(perPixel - 1e-6)));
  const angle = (roll * Math.PI) / 180;
  // One sample to the right, and one down, in the image.
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)].map((part) => (part * perPixel) / samples) as [
    number,
    number,
  ];
  const data = new Uint8Array(width * height * 3);
  const sums = [0, 0, 0];
  for (let row = 0, out = 0; row < height; row++) {
    for (let column = 0; column < width; column++, out += 3) {
      sums.fill(0);
      for (let i = 0; i < samples; i++) {
        const v = (row - height / 2) * samples + i + 0.5;
        for (let j = 0; j < samples; j++) {
          const u = (column - width / 2) * samples + j + 0.5;
          addSample(image, x + u * cos - v * sin, y + u * sin + v * cos, outside, sums);
        }
      }
      for (let c = 0; c < 3; c++) data[out + c] = sums[c]! / samples ** 2 + 0.5;
    }
  }
  return { width, height, data };
}

/** Adds the levels at a place, interpolated between the four centres of pixels around it. */
function addSample(
  { width, height, data }: RgbImage,
  x: number,
  y: number,
  outside: Outside,
  sums: number[],
): void {
  if (outside === 'black' && !(x >= 0 && x < width && y >= 0 && y < height)) return;
  const fromX = Math.min(width - 1, Math.max(0, x - 0.5));
  const fromY = Math.min(height - 1, Math.max(0, y - 0.5));
  const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
  const [right, down] = [fromX - left, fromY - top];
  const at = (top * width + left) * 3;
  const next = left < width - 1 ? 3 : 0;
  const below = top < height - 1 ? width * 3 : 0;
  for (let c = 0; c < 3; c++) {
    const upper = data[at + c]! + (data[at + next + c]! - data[at + c]!) * right;
    const lower = data[at + below + c]! + (data[at + below + next + c]! - data[at + below + c]!) * right;
    sums[c]! += upper + (lower - upper) * down;
  }
}

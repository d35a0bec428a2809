// Pixels as networks take them: one plane for each channel.

import type { RgbImage } from '../image/rgb.js';
import type { Window } from '../image/warp.js';

/** Which channel comes first, and what becomes of a level: `(level - mean) * scale`. */
export interface PixelForm {
  order: 'rgb' | 'bgr';
  mean: number;
  scale: number;
}

/** 0 to 255, blue first: YuNet's. */
export const plainBgr: PixelForm = { order: 'bgr', mean: 0, scale: 1 };

/**
 * Writes a window of an image as [3, height, width] to `target` from `offset`. What lies outside the image is black.
 *
 * @param window whole pixels; it begins inside the image or left of and above it.
 */
export function writePlanes(
  image: RgbImage,
  { left, top, width, height }: Window,
  { order, mean, scale }: PixelForm,
  target: Float32Array,
  offset: number,
): void {
  const plane = width * height;
  const black = -mean * scale;
  target.fill(black, offset, offset + 3 * plane);
  const [red, blue] = order === 'rgb' ? [offset, offset + 2 * plane] : [offset + 2 * plane, offset];
  const green = offset + plane;
  const first = Math.max(0, -left);
  const end = Math.min(width, image.width - left);
  const { data } = image;
  for (let y = Math.max(0, -top); y < Math.min(height, image.height - top); y++) {
    let at = ((top + y) * image.width + left + first) * 3;
    for (let to = y * width + first; to < y * width + end; to++, at += 3) {
      target[red + to] = (data[at]! - mean) * scale;
      target[green + to] = (data[at + 1]! - mean) * scale;
      target[blue + to] = (data[at + 2]! - mean) * scale;
    }
  }
}

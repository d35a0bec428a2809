// Windows and quarter turns of colour images.

import type { RgbImage } from './rgb.js';
import type { Window } from './warp.js';

/** What lies outside a picture: black, or its outermost pixels again. */
export type Outside = 'black' | 'edge';

/**
 * A window of an image; it may reach outside or lie there altogether. Nothing is stretched.
 *
 * @param window whole pixels.
 */
export function cutRgb(image: RgbImage, window: Window, outside: Outside = 'black'): RgbImage {
  const { left, top, width, height } = window;
  const data = new Uint8Array(width * height * 3);
  const last = { column: image.width - 1, row: image.height - 1 };
  // The columns that lie inside: from `first` to before `end`, counted in the window.
  const first = Math.min(width, Math.max(0, -left));
  const end = Math.max(first, Math.min(width, image.width - left));
  for (let y = 0; y < height; y++) {
    const row = top + y;
    if (outside === 'black' && (row < 0 || row > last.row)) continue;
    const from = Math.min(last.row, Math.max(0, row)) * image.width * 3;
    const to = y * width * 3;
    if (end > first)
      data.set(image.data.subarray(from + (left + first) * 3, from + (left + end) * 3), to + first * 3);
    if (outside === 'black') continue;
    for (let x = 0; x < width; x++) {
      if (x >= first && x < end) continue;
      const at = from + Math.min(last.column, Math.max(0, left + x)) * 3;
      for (let c = 0; c < 3; c++) data[to + x * 3 + c] = image.data[at + c]!;
    }
  }
  return { width, height, data };
}

/** The image turned clockwise by 90 degrees so many times. */
export function turnRgb(image: RgbImage, turns: 0 | 1 | 2 | 3): RgbImage {
  if (turns === 0) return image;
  const [width, height] = turns === 2 ? [image.width, image.height] : [image.height, image.width];
  const data = new Uint8Array(image.data.length);
  // Where the first pixel of the result comes from, and how far one goes for the next column and row.
  const { first, column, row } = {
    1: { first: (image.height - 1) * image.width, column: -image.width, row: 1 },
    2: { first: image.height * image.width - 1, column: -1, row: -image.width },
    3: { first: image.width - 1, column: image.width, row: -1 },
  }[turns];
  for (let y = 0, out = 0; y < height; y++) {
    for (let x = 0, at = (first + y * row) * 3; x < width; x++, at += column * 3, out += 3) {
      data[out] = image.data[at]!;
      data[out + 1] = image.data[at + 1]!;
      data[out + 2] = image.data[at + 2]!;
    }
  }
  return { width, height, data };
}

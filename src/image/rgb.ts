// Colour images, for finding faces. Expressions are recognised in grey (gray.ts).

import { checkPixels } from './check-pixels.js';
import type { ImageSize } from './size.js';

/** An image of three channels. */
export interface RgbImage {
  width: number;
  height: number;
  /** `height * width * 3` values from 0 to 255, row by row: red, green, blue. */
  data: Uint8Array;
}

/** A picture, which may have been decoded at a smaller size than it has. */
export interface Picture {
  /** Of the upright picture itself, in pixels. */
  width: number;
  height: number;
  /** Its pixels, or the picture made smaller, with the same proportions but for rounding. */
  image: RgbImage;
}

/** The size at which a picture has at most `most` pixels: its own, a half of it, a third and so on. */
export function keptSize(size: ImageSize, most: number): ImageSize {
  const factor = Math.max(1, Math.ceil(Math.sqrt((size.width * size.height) / most)));
  const side = (length: number) => Math.max(1, Math.round(length / factor));
  return { width: side(size.width), height: side(size.height) };
}

/**
 * Converts interleaved 8-bit pixels to RGB; grey becomes three equal channels.
 *
 * @param pixels `height * width * channels` values, row by row. Alpha is ignored.
 * @param channels 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
 * @returns a new image; for three channels its `data` is a view of `pixels`, not a copy.
 * @throws FerlabError `usage` where the number of values doesn't fit the size.
 */
export function toRgb(
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: 1 | 2 | 3 | 4,
): RgbImage {
  checkPixels('toRgb', pixels, width, height, channels);
  const count = width * height;
  if (channels === 3)
    return { width, height, data: new Uint8Array(pixels.buffer, pixels.byteOffset, count * 3) };
  const data = new Uint8Array(count * 3);
  const [green, blue] = channels === 4 ? [1, 2] : [0, 0];
  for (let i = 0, p = 0, q = 0; i < count; i++, p += channels, q += 3) {
    data[q] = pixels[p]!;
    data[q + 1] = pixels[p + green]!;
    data[q + 2] = pixels[p + blue]!;
  }
  return { width, height, data };
}

// Grey images and the conversion of colour pixels to grey. Not decoding: bytes of a file become pixels in data/ (Node)
// or on a canvas (browser). Luma: ITU-R BT.601 in the 16-bit fixed point of Pillow's convert('L'), which Keras uses.

import { checkPixels } from './check-pixels.js';

/** An image of one grey channel. */
export interface GrayImage {
  width: number;
  height: number;
  /** `height * width` values from 0 (black) to 255, row by row. */
  data: Uint8Array;
}

/**
 * Converts interleaved 8-bit pixels to grey: `L = (19595 R + 38470 G + 7471 B + 32768) >> 16`.
 *
 * @param pixels `height * width * channels` values, row by row. Alpha is ignored, as in Pillow and Keras.
 * @param channels 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
 * @param into where the levels go, `height * width` bytes; new memory by default. May be the beginning of `pixels`.
 * @returns a new image; for one channel its `data` is a view of `pixels`, not a copy.
 * @throws FerlabError `usage` where the number of values doesn't fit the size.
 */
export function toGray(
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: 1 | 2 | 3 | 4,
  into?: Uint8Array,
): GrayImage {
  checkPixels('toGray', pixels, width, height, channels);
  const count = width * height;
  if (channels === 1) {
    return { width, height, data: new Uint8Array(pixels.buffer, pixels.byteOffset, count) };
  }
  const data = into ?? new Uint8Array(count);
  if (channels === 2) {
    for (let i = 0; i < count; i++) data[i] = pixels[i * 2]!;
  } else {
    for (let i = 0, p = 0; i < count; i++, p += channels) {
      data[i] = (pixels[p]! * 19595 + pixels[p + 1]! * 38470 + pixels[p + 2]! * 7471 + 0x8000) >> 16;
    }
  }
  return { width, height, data };
}

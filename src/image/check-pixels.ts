// Whether pixels in memory are what they are said to be.

import { checkArgument, oneOfNumbers, pixelBytes, wholeNumber } from '../check-options.js';
import { FerlabError } from '../errors.js';

/** The widest and highest image that is taken from memory, in pixels. */
const longestSide = 1_000_000;

/**
 * Checks interleaved 8-bit pixels.
 *
 * @param where names the call in messages.
 * @throws FerlabError `usage` unless there are `width * height * channels` of them.
 */
export function checkPixels(
  where: string,
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  channels: number,
): void {
  checkArgument(`${where}: pixels`, pixels, pixelBytes);
  checkArgument(`${where}: width`, width, wholeNumber(1, longestSide));
  checkArgument(`${where}: height`, height, wholeNumber(1, longestSide));
  checkArgument(`${where}: channels`, channels, oneOfNumbers([1, 2, 3, 4]));
  const count = width * height * channels;
  if (pixels.length === count) return;
  throw new FerlabError(
    'usage',
    `${where}: expected ${width} x ${height} x ${channels} = ${count} values, found ${pixels.length}. Give the size and ` +
      'the channels that the pixels have.',
  );
}

// Image files and rows become grey pixels here (Node only; a browser decodes on a canvas). What a file is, its first
// bytes decide: small grey baseline JPEGs, the usual form of face datasets, and BMP have decoders of our own; the other
// promised formats go through sharp (libvips), and nothing else does. Failures are one-line reasons for people, not
// stack traces: a damaged image is an everyday thing.

import { readFileSync, statSync } from 'node:fs';
import type { GrayImage } from '../image/gray.js';
import { decodeBaselineJpeg } from './baseline-jpeg.js';
import { decodeBmp } from './bmp.js';
import { decodeRow } from './csv-row.js';
import { DecodeError } from './decode-error.js';
import { decodeGenerally } from './general-decoder.js';
import { imageFormat, notAnImage } from './image-format.js';
import { readFailure } from './read-failure.js';
import type { SampleSource } from './sample-source.js';

/** Images of more pixels are refused by their header, before any memory is taken: 50 megapixels by default. */
export const defaultMaxPixels = 50_000_000;

/** Decoding one image is given up after so many seconds: the largest takes about three. */
export const defaultDecodeSeconds = 30;

/** Larger files are refused without reading: 512 MiB. */
const maxFileBytes = 512 * 1024 * 1024;

function readImageFile(path: string): Uint8Array {
  try {
    const found = statSync(path);
    if (!found.isFile()) {
      throw new DecodeError(
        `expected an image file, found ${found.isDirectory() ? 'a folder' : 'no regular file'}`,
      );
    }
    if (found.size > maxFileBytes) {
      throw new DecodeError(`expected at most ${maxFileBytes} bytes, found ${found.size}`);
    }
    return readFileSync(path);
  } catch (error) {
    throw error instanceof DecodeError ? error : readFailure(error);
  }
}

async function decodeBytes(bytes: Uint8Array, maxPixels: number, seconds: number): Promise<GrayImage> {
  if (bytes.length === 0) throw new DecodeError('expected an image, found an empty file (0 bytes)');
  const small = decodeBaselineJpeg(bytes, Math.min(65_536, maxPixels));
  if (small) return small;
  const format = imageFormat(bytes);
  if (format === null) throw new DecodeError(notAnImage(bytes));
  if (format === 'BMP') return decodeBmp(bytes, maxPixels);
  return decodeGenerally(bytes, format, { maxPixels, seconds });
}

/**
 * Decodes one image to grey at its own size: EXIF orientation applied, first frame of an animation, 16 bits, CMYK and
 * palettes converted to 8-bit sRGB, alpha ignored. Levels from which no 8-bit grey can be made (floating point, 12 bits)
 * are refused.
 *
 * @param source a file's path, a file's bytes, or the source of a sample.
 * @param maxPixels larger images are refused by their header.
 * @param seconds decoding is given up after so long.
 * @throws FerlabError (data); for a path its message begins with it.
 */
export async function decodeGray(
  source: string | Uint8Array | SampleSource,
  maxPixels: number = defaultMaxPixels,
  seconds: number = defaultDecodeSeconds,
): Promise<GrayImage> {
  if (source instanceof Uint8Array) return decodeBytes(source, maxPixels, seconds);
  if (typeof source === 'string') {
    try {
      return await decodeBytes(readImageFile(source), maxPixels, seconds);
    } catch (error) {
      throw error instanceof DecodeError ? new DecodeError(error.reason, source) : error;
    }
  }
  switch (source.kind) {
    case 'file':
      return decodeBytes(readImageFile(source.path), maxPixels, seconds);
    case 'row':
      return decodeRow(source);
    case 'pixels':
      return { width: source.width, height: source.height, data: source.pixels };
  }
}

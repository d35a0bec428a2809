// Image files and rows become pixels here, grey for recognising and colours for finding faces (Node only; a browser decodes on a canvas). What a file is, its first
// bytes decide: small grey baseline JPEGs, the usual form of face datasets, and BMP have decoders of our own; the other
// promised formats go through sharp (libvips), and nothing else does. Failures are one-line reasons for people, not
// stack traces: a damaged image is an everyday thing.

import { readFileSync, statSync } from 'node:fs';
import {
  checkArgument,
  checkOptions,
  either,
  fileBytes,
  type OptionRule,
  path,
  positive,
} from '../check-options.js';
import type { GrayImage } from '../image/gray.js';
import { resizeRgb } from '../image/resize-rgb.js';
import { keptSize, type Picture, type RgbImage, toRgb } from '../image/rgb.js';
import { decodeBaselineJpeg } from './baseline-jpeg.js';
import { decodeBmp, decodeBmpRgb } from './bmp.js';
import { decodeRow } from './csv-row.js';
import { DecodeError, readFailure } from './decode-error.js';
import { decodeGenerally, decodePictureGenerally } from './general-decoder.js';
import { imageFormat, notAnImage } from './image-format.js';
import { inTurn } from './large-images.js';
import type { SampleSource } from './sample-source.js';

/** Images of more pixels are refused by their header, before any memory is taken: 50 megapixels by default. */
export const defaultMaxPixels = 50_000_000;

/** Photographs, in which faces are looked for, may have 100 megapixels: the largest cameras' and phones'. */
export const defaultMaxPhotoPixels = 100_000_000;

/**
 * Of larger photographs a smaller picture is decoded: a half of 100 megapixels, in which a face of 20 pixels still has ten.
 * Takes 75 MB in colour.
 */
export const defaultKeptPixels = 25_000_000;

/**
 * Decoding one image is given up after so many seconds of a CPU, or ten times as many by the clock: the largest takes about
 * three.
 */
export const defaultDecodeSeconds = 30;

/** Larger files are refused without reading: 512 MiB. */
const maxFileBytes = 512 * 1024 * 1024;

const limitRules = { maxPixels: positive, seconds: positive };

/** What decodeGray reads from. Of the parts of a source those are checked that a mistake would make a wrong answer of. */
const graySource: OptionRule = {
  expected: 'a path, the bytes of an image file, or the source of a sample',
  accepts(value) {
    if (either(path, fileBytes).accepts(value)) return true;
    if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
    const source = value as SampleSource;
    if (source.kind !== 'pixels')
      return (source.kind === 'file' || source.kind === 'row') && path.accepts(source.path);
    const { pixels, width, height } = source;
    return pixels instanceof Uint8Array && width > 0 && pixels.length === width * height;
  },
};

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
  if (format === 'BMP')
    // Three bytes a pixel, as nearly all have.
    return inTurn({ pixels: bytes.length / 3, bytes: bytes.length }, async () => decodeBmp(bytes, maxPixels));
  return decodeGenerally(bytes, format, { maxPixels, seconds });
}

/**
 * Decodes one image to grey at its own size: EXIF orientation applied, first frame of an animation, 16 bits, CMYK and
 * palettes converted to 8-bit sRGB, alpha ignored. Levels from which no 8-bit grey can be made (floating point, 12 bits)
 * are refused.
 *
 * @param source a file's path, a file's bytes, or the source of a sample.
 * @param maxPixels larger images are refused by their header.
 * @param seconds decoding is given up after so long on a CPU, or ten times as long where the machine is busy.
 * @throws FerlabError (data); for a path its message begins with it. (usage) for a source or limits that are none.
 */
export async function decodeGray(
  source: string | Uint8Array | SampleSource,
  maxPixels: number = defaultMaxPixels,
  seconds: number = defaultDecodeSeconds,
): Promise<GrayImage> {
  checkArgument('decodeGray: source', source, graySource);
  checkOptions('decodeGray', { maxPixels, seconds }, limitRules);
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

export interface DecodePictureOptions {
  /** Larger pictures are refused by their header. Default: 100 megapixels. */
  maxPixels?: number | undefined;
  /** Pictures of more pixels are decoded at a half, a third and so on of their size. Default: 25 megapixels. */
  keep?: number | undefined;
  /** Decoding is given up after so long on a CPU, or ten times as long where the machine is busy. Default: 30. */
  seconds?: number | undefined;
}

async function decodePictureBytes(
  bytes: Uint8Array,
  {
    maxPixels = defaultMaxPhotoPixels,
    keep = defaultKeptPixels,
    seconds = defaultDecodeSeconds,
  }: DecodePictureOptions,
): Promise<Picture> {
  if (bytes.length === 0) throw new DecodeError('expected an image, found an empty file (0 bytes)');
  const small = decodeBaselineJpeg(bytes, Math.min(65_536, maxPixels));
  if (small) return keptPicture(toRgb(small.data, small.width, small.height, 1), keep);
  const format = imageFormat(bytes);
  if (format === null) throw new DecodeError(notAnImage(bytes));
  if (format === 'BMP') return keptPicture(decodeBmpRgb(bytes, maxPixels), keep);
  return decodePictureGenerally(bytes, format, { maxPixels, keep, seconds });
}

function keptPicture(image: RgbImage, keep: number): Picture {
  const { width, height } = image;
  const size = keptSize({ width, height }, keep);
  return { width, height, image: resizeRgb(image, size.width, size.height) };
}

/**
 * Decodes a photograph to colours, a large one at a smaller size, so that memory is bounded. Formats, orientation and levels
 * as decodeGray; of grey pictures all three channels are equal. BMP files are decoded whole.
 *
 * @param source a file's path, or a file's bytes.
 * @throws FerlabError (data); for a path its message begins with it. (usage) for a source or limits that are none.
 */
export async function decodePicture(
  source: string | Uint8Array,
  options: DecodePictureOptions = {},
): Promise<Picture> {
  checkArgument('decodePicture: source', source, either(path, fileBytes));
  checkOptions('decodePicture', options, { ...limitRules, keep: positive });
  if (source instanceof Uint8Array) return decodePictureBytes(source, options);
  try {
    return await decodePictureBytes(readImageFile(source), options);
  } catch (error) {
    throw error instanceof DecodeError ? new DecodeError(error.reason, source) : error;
  }
}

/** Decodes a photograph to colours at its own size; otherwise as decodePicture. */
export async function decodeRgb(
  source: string | Uint8Array,
  options: Omit<DecodePictureOptions, 'keep'> = {},
): Promise<RgbImage> {
  checkOptions('decodeRgb', options, limitRules);
  return (await decodePicture(source, { ...options, keep: Number.POSITIVE_INFINITY })).image;
}

// Image files and rows become grey pixels here (Node only; a browser decodes on a canvas). The general decoder is
// sharp (libvips); small grey baseline JPEGs, the usual form of face datasets, take a short cut that gives the same
// pixels. Failures are one-line reasons for people, not stack traces: a damaged image is an everyday thing.

import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { type GrayImage, toGray } from '../image/gray.js';
import { decodeBaselineJpeg } from './baseline-jpeg.js';
import { loadSharp } from './load-sharp.js';
import type { SampleSource } from './sample-source.js';

/** Images of more pixels are refused by their header, before any memory is taken: 50 megapixels unless told. */
export const defaultMaxPixels = 50_000_000;

/** Larger files are refused without reading: 512 MiB. */
const maxFileBytes = 512 * 1024 * 1024;

/** An image that can't be decoded. `message` is one line, "expected ..., found ...", without the file's name. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

function oneLine(text: string): string {
  const line = text.trim().split('\n')[0] ?? '';
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}

function readFailure(error: unknown): DecodeError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new DecodeError('expected a file, found nothing of that name');
  if (code === 'EACCES' || code === 'EPERM')
    return new DecodeError('expected a readable file, found no permission');
  return new DecodeError(`expected a readable file, found: ${oneLine(message)}`);
}

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

function sharpFailure(error: unknown, maxPixels: number): DecodeError {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (/pixel limit/i.test(message)) {
    return new DecodeError(`expected at most ${maxPixels / 1e6} megapixels, found more`);
  }
  if (/unsupported image format/i.test(message)) {
    return new DecodeError('expected a JPEG, PNG, WebP, GIF or TIFF image, found other data');
  }
  return new DecodeError(`expected an undamaged image, found: ${message}`);
}

async function decodeBytes(bytes: Uint8Array, maxPixels: number): Promise<GrayImage> {
  if (bytes.length === 0) throw new DecodeError('expected an image, found an empty file (0 bytes)');
  const small = decodeBaselineJpeg(bytes, Math.min(65_536, maxPixels));
  if (small) return small;
  const sharp = await loadSharp();
  try {
    const { data, info } = await sharp(bytes, {
      limitInputPixels: maxPixels,
      failOn: 'error',
      autoOrient: true,
    })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels > 4) throw new Error(`${info.channels} channels`);
    return toGray(data, info.width, info.height, info.channels as 1 | 2 | 3 | 4);
  } catch (error) {
    throw sharpFailure(error, maxPixels);
  }
}

/** Grey values as text, spaces between, in field `column` of a CSV row. */
function parseRow(row: Uint8Array, column: number, width: number, height: number): GrayImage {
  const data = new Uint8Array(width * height);
  let field = 0;
  let value = -1; // of the number being read, -1 between numbers
  let count = 0;
  for (let i = 0; i <= row.length; i++) {
    const byte = i < row.length ? row[i]! : 0x2c;
    if (byte === 0x2c) {
      if (field === column && value >= 0) data[count++] = value;
      if (field++ === column) break;
      continue;
    }
    if (field !== column) continue;
    if (byte >= 0x30 && byte <= 0x39) {
      value = Math.max(value, 0) * 10 + byte - 0x30;
      if (value > 255) throw new DecodeError(`expected grey values from 0 to 255, found ${value} or more`);
    } else if (byte === 0x20 || byte === 0x22 || byte === 0x0d || byte === 0x09) {
      if (value >= 0) {
        if (count < data.length) data[count] = value;
        count++;
      }
      value = -1;
    } else {
      const found = JSON.stringify(String.fromCharCode(byte));
      throw new DecodeError(`expected grey values with spaces between, found ${found}`);
    }
  }
  if (count !== data.length) {
    throw new DecodeError(`expected ${width} x ${height} = ${data.length} values, found ${count}`);
  }
  return { width, height, data };
}

/** The file that rows were read from last stays open: rows come by the thousand from one file. */
let rowFile: { path: string; fd: number } | null = null;

function readRow(path: string, start: number, length: number): Uint8Array {
  try {
    if (rowFile?.path !== path) {
      if (rowFile) closeSync(rowFile.fd);
      rowFile = null;
      const fd = openSync(path, 'r');
      rowFile = { path, fd };
    }
    const row = new Uint8Array(length);
    let read = 0;
    while (read < length) {
      const bytes = readSync(rowFile.fd, row, read, length - read, start + read);
      if (bytes === 0) throw new DecodeError('expected a row, found the end of the file (was it changed?)');
      read += bytes;
    }
    return row;
  } catch (error) {
    throw error instanceof DecodeError ? error : readFailure(error);
  }
}

/**
 * Decodes one image to grey at its own size: EXIF orientation applied, first frame of an animation, 16 bits, CMYK and
 * palettes converted to 8-bit sRGB, alpha ignored.
 *
 * @param source a file's path, a file's bytes, or the source of a sample.
 * @param maxPixels larger images are refused by their header.
 * @throws DecodeError with a one-line reason.
 */
export async function decodeGray(
  source: string | Uint8Array | SampleSource,
  maxPixels: number = defaultMaxPixels,
): Promise<GrayImage> {
  if (typeof source === 'string') return decodeBytes(readImageFile(source), maxPixels);
  if (source instanceof Uint8Array) return decodeBytes(source, maxPixels);
  switch (source.kind) {
    case 'file':
      return decodeBytes(readImageFile(source.path), maxPixels);
    case 'row':
      return parseRow(
        readRow(source.path, source.start, source.length),
        source.column,
        source.width,
        source.height,
      );
    case 'pixels':
      return { width: source.width, height: source.height, data: source.pixels };
  }
}

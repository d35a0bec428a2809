// Images through sharp (libvips): JPEG, PNG, WebP, GIF and TIFF, which the caller knows them to be by their first bytes.
// Limits hold for each call; no setting of sharp is changed, since all of them are the whole process's.

import { type GrayImage, toGray } from '../image/gray.js';
import { keptSize, type Picture, toRgb } from '../image/rgb.js';
import type { ImageSize } from '../image/size.js';
import { describeDamage } from './damage.js';
import { DecodeError } from './decode-error.js';
import type { ImageFormat } from './image-format.js';
import { maxScanMegapixels, maxScans, readJpegHeaders } from './jpeg-headers.js';
import { inTurn, isLarge } from './large-images.js';
import { loadSharp } from './load-sharp.js';
import { readTiffHeaders, unreadLevels } from './tiff-headers.js';

interface Headers {
  bits: number;
  /** Null where it isn't known before decoding. */
  pixels: number | null;
}

/** Refuses what would take too long, or come out wrong, before the decoder sees it. */
function checkHeaders(bytes: Uint8Array, format: ImageFormat, maxPixels: number): Headers {
  if (format === 'JPEG') {
    const { frame, scans } = readJpegHeaders(bytes);
    if (!frame) return { bits: 8, pixels: null };
    if (frame.precision !== 8)
      throw new DecodeError(
        `expected a JPEG file of 8 bits, found ${frame.precision} bits: save it with 8 bits`,
      );
    if (frame.lossless)
      throw new DecodeError(
        'expected a baseline or progressive JPEG file, found a lossless one: save it as PNG',
      );
    const megapixels = (frame.width * frame.height) / 1e6;
    const mostWork = maxScanMegapixels(maxPixels);
    if (scans > maxScans || scans * megapixels > mostWork) {
      const most = Math.min(maxScans, Math.floor(mostWork / megapixels));
      throw new DecodeError(
        `expected at most ${most} scans in a JPEG file of ${frame.width} x ${frame.height} pixels, found ${scans}: save it anew`,
      );
    }
    return { bits: 8, pixels: frame.width * frame.height };
  }
  if (format === 'PNG') return { bits: bytes[24] ?? 8, pixels: pngPixels(bytes) };
  if (format !== 'TIFF') return { bits: 8, pixels: null };
  const headers = readTiffHeaders(bytes);
  const reason = headers && unreadLevels(headers);
  if (reason) throw new DecodeError(reason);
  return { bits: headers?.bits[0] ?? 8, pixels: null };
}

/** Of the header that every PNG file begins with. */
function pngPixels(bytes: Uint8Array): number | null {
  if (bytes.length < 24) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  return header.getUint32(16) * header.getUint32(20);
}

type SharpFormat = Exclude<ImageFormat, 'BMP'>;

interface Limits {
  /** Larger images are refused by their header. */
  maxPixels: number;
  /** Of a CPU, after which decoding is given up. */
  seconds: number;
}

/**
 * Decoding may take so many times its seconds by the clock, where the machine is busy with other things: a good image isn't to
 * be called a bad one for that. A training would go on without it, and come out otherwise.
 */
const patience = 10;

/**
 * Decodes to grey.
 *
 * @throws DecodeError
 */
export async function decodeGenerally(
  bytes: Uint8Array,
  format: SharpFormat,
  limits: Limits,
): Promise<GrayImage> {
  const { bits, pixels } = checkHeaders(bytes, format, limits.maxPixels);
  return inTurn({ pixels, bytes: bytes.length }, async () => {
    const { data, width, height, channels } = await decodeRaw(bytes, format, 'uchar', limits);
    // Large ones in the colours' own memory: 12 MB more for each photograph would keep the colours of earlier ones alive,
    // since V8 moves what it finds in use while it makes room to where it looks less often.
    const count = width * height;
    const image = toGray(data, width, height, channels, isLarge(count) ? data.subarray(0, count) : undefined);
    if (bits === 16) await checkRange(bytes, format, image.data, limits);
    return image;
  });
}

/**
 * Decodes to colours.
 *
 * @param limits.keep of an image of more pixels a smaller one is made while it is decoded, by a whole factor: JPEG
 *   and WebP give it at a fraction of the time and memory, the other formats row by row.
 * @throws DecodeError
 */
export async function decodePictureGenerally(
  bytes: Uint8Array,
  format: SharpFormat,
  limits: Limits & { keep: number },
): Promise<Picture> {
  const { bits, pixels } = checkHeaders(bytes, format, limits.maxPixels);
  return inTurn({ pixels, bytes: bytes.length }, async () => {
    const size = await uprightSize(bytes, format, limits);
    const kept = keptSize(size, limits.keep);
    const shrunk = kept.width < size.width || kept.height < size.height ? kept : undefined;
    const { data, width, height, channels } = await decodeRaw(bytes, format, 'uchar', limits, shrunk);
    const image = toRgb(data, width, height, channels);
    if (bits === 16) await checkRange(bytes, format, image.data, limits);
    return { ...size, image };
  });
}

/** Of the image as it will be turned, by its header. */
async function uprightSize(bytes: Uint8Array, format: SharpFormat, limits: Limits): Promise<ImageSize> {
  const sharp = await loadSharp();
  try {
    const image = sharp(bytes, { limitInputPixels: limits.maxPixels, failOn: 'error' });
    const { autoOrient, width, height } = await within(limits.seconds, image.metadata());
    if (width * height > limits.maxPixels) throw tooLarge(limits);
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw error instanceof DecodeError ? error : decodingFailure(error, bytes, format, limits);
  }
}

interface Raw {
  data: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
}

async function decodeRaw(
  bytes: Uint8Array,
  format: SharpFormat,
  depth: 'uchar' | 'ushort',
  { maxPixels, seconds }: Limits,
  shrunk?: ImageSize,
): Promise<Raw> {
  const sharp = await loadSharp();
  try {
    let image = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error', autoOrient: true });
    if (shrunk) image = image.resize(shrunk.width, shrunk.height, { fit: 'fill', kernel: 'linear' });
    image = image
      .toColourspace(depth === 'uchar' ? 'srgb' : 'rgb16')
      .raw({ depth })
      // Whole seconds alone; counted while pixels are made. What comes before (headers, scans) is bounded above.
      .timeout({ seconds: Math.max(1, Math.ceil(seconds * patience)) });
    const { data, info } = await within(seconds, image.toBuffer({ resolveWithObject: true }));
    const { width, height, channels } = info;
    if (channels > 4) throw new DecodeError(`expected at most 4 channels, found ${channels}`);
    return { data, width, height, channels: channels as Raw['channels'] };
  } catch (error) {
    throw error instanceof DecodeError
      ? error
      : decodingFailure(error, bytes, format, { maxPixels, seconds });
  }
}

function decodingFailure(
  error: unknown,
  bytes: Uint8Array,
  format: SharpFormat,
  { maxPixels, seconds }: Limits,
): DecodeError {
  const message = error instanceof Error ? error.message : String(error);
  // sharp's own words about this image; other messages may be about another one (see damage.ts).
  if (/^Input image exceeds pixel limit/.test(message)) return tooLarge({ maxPixels });
  if (/^timeout: \d+% complete/.test(message)) return tooSlow(seconds);
  return new DecodeError(`expected an undamaged image, found ${describeDamage(bytes, format)}`);
}

function tooLarge({ maxPixels }: Pick<Limits, 'maxPixels'>): DecodeError {
  return new DecodeError(`expected at most ${maxPixels / 1e6} megapixels, found more`);
}

function tooSlow(seconds: number): DecodeError {
  return new DecodeError(
    `expected an image that is decoded within ${seconds} s, found one that takes longer`,
  );
}

/**
 * The promise, unless it takes longer: what is decoded in another thread can't be ended, but nobody waits for it. As long as
 * the whole process hasn't had so many seconds of a CPU, this image hasn't either, and is waited for, within reason.
 */
export async function within<T>(seconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const [start, before] = [performance.now(), process.cpuUsage()];
  const late = new Promise<never>((_, reject) => {
    const wait = (milliseconds: number): void => {
      timer = setTimeout(() => {
        const { user, system } = process.cpuUsage(before);
        const left = seconds * 1000 - (user + system) / 1000;
        const isOver = left <= 0 || performance.now() - start >= patience * seconds * 1000;
        if (isOver) reject(tooSlow(seconds));
        else wait(Math.max(1, left));
      }, milliseconds);
    };
    wait(seconds * 1000);
  });
  promise.catch(() => {}); // one that fails later is no unhandled rejection
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Levels of 8, 10 or 12 bits in images of 16: all but black once scaled down, so refused. */
const highestOfTwelveBits = 4095;

async function checkRange(
  bytes: Uint8Array,
  format: SharpFormat,
  levels8: Uint8Array,
  limits: Limits,
): Promise<void> {
  if (levels8.some((level) => level > highestOfTwelveBits >> 8)) return;
  const { data, width, height, channels } = await decodeRaw(bytes, format, 'ushort', limits);
  const levels = new Uint16Array(data.buffer, data.byteOffset, width * height * channels);
  const colours = channels > 2 ? 3 : 1; // alpha says nothing
  let highest = 0;
  for (let i = 0; i < levels.length; i += channels) {
    for (let c = 0; c < colours; c++) highest = Math.max(highest, levels[i + c]!);
  }
  if (highest === 0 || highest > highestOfTwelveBits) return;
  throw new DecodeError(
    `expected 16-bit levels up to 65535, found none above ${highest} (levels of fewer bits, kept in 16): save it with ` +
      '8 bits, black 0 and white 255',
  );
}

// A decoder for BMP, which sharp doesn't read: 1 to 32 bits, palettes, bit fields, run lengths, rows from the bottom or
// from the top. Pixels equal Pillow's bit for bit (bmp.test.ts), which is what Keras reads them with.
//
// Sources: Microsoft, "Bitmap Storage" (BITMAPINFOHEADER to BITMAPV5HEADER, run lengths); OS/2's BITMAPCOREHEADER.

import { type GrayImage, toGray } from '../image/gray.js';
import type { RgbImage } from '../image/rgb.js';
import { DecodeError } from './decode-error.js';

const compressions = { none: 0, rle8: 1, rle4: 2, bitFields: 3, jpeg: 4, png: 5, alphaBitFields: 6 } as const;

interface BmpHeader {
  width: number;
  height: number;
  topDown: boolean;
  bits: number;
  compression: number;
  /** Where the pixels start. */
  start: number;
  /** Red, green and blue by palette index; empty for 16 bits and more. */
  palette: Uint8Array;
  /** Of red, green and blue, for 16 and 32 bits. */
  masks: readonly [number, number, number];
}

function damaged(found: string): DecodeError {
  return new DecodeError(`expected an undamaged image, found a BMP file ${found}`);
}

function readHeader(bytes: Uint8Array, maxPixels: number): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerSize = bytes.length >= 18 ? view.getUint32(14, true) : 0;
  if (bytes.length < 14 + headerSize || headerSize < 12) throw damaged('that ends early (within its header)');
  const core = headerSize === 12;
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = core || headerSize < 40 ? compressions.none : view.getUint32(30, true);
  if (width <= 0 || height === 0) throw damaged(`of ${width} x ${height} pixels`);
  if (width * height > maxPixels) {
    throw new DecodeError(
      `expected at most ${maxPixels / 1e6} megapixels, found more (${width} x ${height})`,
    );
  }
  checkForm(bits, compression, headerSize);
  // Bit fields follow a header of 40 bytes; later headers hold them at the same place.
  const withMasks = compression === compressions.bitFields || compression === compressions.alphaBitFields;
  const maskBytes = withMasks && headerSize === 40 ? (compression === compressions.bitFields ? 12 : 16) : 0;
  if (withMasks && bytes.length < 66) throw damaged('that ends early (within its header)');
  const masks = withMasks
    ? ([view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)] as const)
    : bits === 16
      ? ([0x7c00, 0x3e0, 0x1f] as const)
      : ([0xff0000, 0xff00, 0xff] as const);
  const paletteStart = 14 + headerSize + maskBytes;
  const used = core || headerSize < 40 ? 0 : view.getUint32(46, true);
  const palette = bits > 8 ? new Uint8Array(0) : readPalette(bytes, paletteStart, core ? 3 : 4, bits, used);
  const paletteEnd = paletteStart + (palette.length / 3) * (core ? 3 : 4);
  const start = view.getUint32(10, true) || paletteEnd;
  return { width, height, topDown: signedHeight < 0, bits, compression, start, palette, masks };
}

/** Refuses what isn't read: bits of no BMP file, compressions that don't fit them, JPEG and PNG inside. */
function checkForm(bits: number, compression: number, headerSize: number): void {
  const fits: Readonly<Record<number, readonly number[]>> = {
    [compressions.none]: [1, 4, 8, 16, 24, 32],
    [compressions.rle8]: [8],
    [compressions.rle4]: [4],
    [compressions.bitFields]: headerSize === 64 ? [] : [16, 32], // OS/2 gave the number to fax data
    [compressions.alphaBitFields]: [16, 32],
  };
  if (fits[compression]?.includes(bits)) return;
  throw new DecodeError(
    `expected a BMP file of 1, 4, 8, 16, 24 or 32 bits, plain or with run lengths; found ${bits} bits with ` +
      `compression ${compression}: save it as PNG`,
  );
}

function readPalette(
  bytes: Uint8Array,
  start: number,
  entryBytes: number,
  bits: number,
  used: number,
): Uint8Array {
  const count = used === 0 ? 1 << bits : Math.min(used, 1 << bits);
  if (start + count * entryBytes > bytes.length) throw damaged('that ends early (within its palette)');
  const colours = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    const at = start + i * entryBytes; // blue, green, red
    colours.set([bytes[at + 2]!, bytes[at + 1]!, bytes[at]!], i * 3);
  }
  return colours;
}

/** Undoes run lengths. What no run writes has index 0. */
function expandRuns(bytes: Uint8Array, { width, height, bits, start }: BmpHeader): Uint8Array {
  const indices = new Uint8Array(width * height); // rows from the bottom, as in the file
  let x = 0;
  let y = 0;
  let at = start;
  const put = (index: number) => {
    if (x < width && y < height) indices[y * width + x] = index;
    x++;
  };
  const nibble = (byte: number, i: number) => (i % 2 === 0 ? byte >> 4 : byte & 15);
  while (y < height) {
    if (at + 1 >= bytes.length) throw damaged('that ends early (within its pixels)');
    const count = bytes[at]!;
    const value = bytes[at + 1]!;
    at += 2;
    if (count > 0) {
      // Runs end at the row's end, so that the time goes by the pixels.
      const within = Math.min(count, Math.max(0, width - x));
      for (let i = 0; i < within; i++) put(bits === 8 ? value : nibble(value, i));
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      if (at + 1 >= bytes.length) throw damaged('that ends early (within its pixels)');
      x += bytes[at]!;
      y += bytes[at + 1]!;
      at += 2;
    } else {
      const length = bits === 8 ? value : (value + 1) >> 1;
      if (at + length > bytes.length) throw damaged('that ends early (within its pixels)');
      for (let i = 0; i < value; i++) put(bits === 8 ? bytes[at + i]! : nibble(bytes[at + (i >> 1)]!, i));
      at += length + (length & 1); // runs begin at even places
    }
  }
  return indices;
}

/** Indices of 1, 4 or 8 bits, the leftmost in the highest. */
function unpackIndices(bytes: Uint8Array, { width, height, bits, start }: BmpHeader): Uint8Array {
  const indices = new Uint8Array(width * height);
  const stride = rowBytes(width, bits);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  for (let y = 0; y < height; y++) {
    const row = start + y * stride;
    for (let x = 0; x < width; x++) {
      const shift = 8 - bits * ((x % perByte) + 1);
      indices[y * width + x] = (bytes[row + Math.floor(x / perByte)]! >> shift) & mask;
    }
  }
  return indices;
}

/** Bytes of a row, whose length is a multiple of four. */
function rowBytes(width: number, bits: number): number {
  return Math.ceil((width * bits) / 32) * 4;
}

/** Takes the bits of `mask` out of a value and scales them to 0 to 255, rounding down, as Pillow does. */
function levelOf(value: number, mask: number): number {
  if (mask === 0) return 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return Math.floor((((value & mask) >>> shift) * 255) / most);
}

function unpackColours(bytes: Uint8Array, header: BmpHeader): Uint8Array {
  const { width, height, bits, start, masks } = header;
  const colours = new Uint8Array(width * height * 3);
  const stride = rowBytes(width, bits);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [red, green, blue] = masks;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0, at = start + y * stride; x < width; x++, to += 3, at += bits >> 3) {
      if (bits === 24) {
        colours[to] = bytes[at + 2]!;
        colours[to + 1] = bytes[at + 1]!;
        colours[to + 2] = bytes[at]!;
        continue;
      }
      const value = bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true);
      colours[to] = levelOf(value, red);
      colours[to + 1] = levelOf(value, green);
      colours[to + 2] = levelOf(value, blue);
    }
  }
  return colours;
}

/** Rows from the top, for images whose first row is the lowest. */
function flip(data: Uint8Array, stride: number): Uint8Array {
  const flipped = new Uint8Array(data.length);
  for (let from = 0, to = data.length - stride; to >= 0; from += stride, to -= stride)
    flipped.set(data.subarray(from, from + stride), to);
  return flipped;
}

/** Levels of one channel by an image of palette indices, in the indices' place; or three channels, in a new array. */
function lookUp(indices: Uint8Array, palette: Uint8Array, channels: 1 | 3): Uint8Array {
  const colours = palette.length / 3;
  const levels = channels === 1 ? toGray(palette, colours, 1, 3).data : palette;
  const found = channels === 1 ? indices : new Uint8Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index >= colours) throw damaged(`with a colour beyond its palette of ${colours}`);
    if (channels === 1) found[i] = levels[index]!;
    else for (let c = 0; c < 3; c++) found[i * 3 + c] = levels[index * 3 + c]!;
  }
  return found;
}

function decode(bytes: Uint8Array, maxPixels: number, channels: 1 | 3): GrayImage {
  const header = readHeader(bytes, maxPixels);
  const { width, height, bits, compression, start, palette, topDown } = header;
  const runs = compression === compressions.rle8 || compression === compressions.rle4;
  if (start > bytes.length) throw damaged('that ends early (before its pixels)');
  // The filling of the last row may be missing.
  const needed = rowBytes(width, bits) * (height - 1) + Math.ceil((width * bits) / 8);
  if (!runs && start + needed > bytes.length) throw damaged('that ends early (within its pixels)');
  let data: Uint8Array;
  if (bits > 8) {
    data = unpackColours(bytes, header);
    if (channels === 1) ({ data } = toGray(data, width, height, 3));
  } else data = lookUp(runs ? expandRuns(bytes, header) : unpackIndices(bytes, header), palette, channels);
  return { width, height, data: topDown ? data : flip(data, width * channels) };
}

/**
 * Decodes a BMP file to grey.
 *
 * @param bytes the whole file.
 * @param maxPixels larger images are refused by their header, before any memory is taken.
 * @throws DecodeError for damaged files and forms that aren't read.
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): GrayImage {
  return decode(bytes, maxPixels, 1);
}

/** Decodes a BMP file to colours; otherwise as decodeBmp. */
export function decodeBmpRgb(bytes: Uint8Array, maxPixels: number): RgbImage {
  return decode(bytes, maxPixels, 3);
}

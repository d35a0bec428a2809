// What is wrong with an image that a decoder refused, by its own bytes. The general decoder's words aren't used: they
// come from one buffer for the whole process, in which the failures of images decoded at the same time stand too, and
// would be reported for the wrong file.

import { crc32 } from 'node:zlib';
import type { ImageFormat } from './image-format.js';
import { readJpegHeaders } from './jpeg-headers.js';
import { readTiffHeaders } from './tiff-headers.js';

const early = (missing: string) => `that ends early (${missing})`;

function jpegDamage(bytes: Uint8Array): string {
  const { frame, scans, ends } = readJpegHeaders(bytes);
  if (!frame) return 'without a frame header';
  if (frame.width === 0 || frame.height === 0) return `of ${frame.width} x ${frame.height} pixels`;
  if (scans === 0) return ends ? 'without image data' : early('before its image data');
  return ends ? 'with damaged data' : early('its end-of-image marker is missing');
}

function pngDamage(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8)).replace(/[^A-Za-z]/g, '?');
    if (end > bytes.length) return early(`within its chunk ${type}`);
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4))
      return `with a damaged chunk ${type} (its checksum differs)`;
    if (type === 'IEND') return 'with damaged data';
    at = end;
  }
  return early('its last chunk is missing');
}

function tiffDamage(bytes: Uint8Array): string {
  const headers = readTiffHeaders(bytes);
  if (!headers) return early('its directory is missing');
  return headers.whole ? 'with damaged data' : early('it points at data behind its end');
}

function webpDamage(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length >= 12 && view.getUint32(4, true) + 8 <= bytes.length;
  return whole ? 'with damaged data' : early('its header promises more bytes');
}

function gifDamage(bytes: Uint8Array): string {
  return bytes.at(-1) === 0x3b ? 'with damaged data' : early('its end marker is missing');
}

/** "a JPEG file that ends early (...)". */
export function describeDamage(bytes: Uint8Array, format: Exclude<ImageFormat, 'BMP'>): string {
  const describe = { JPEG: jpegDamage, PNG: pngDamage, TIFF: tiffDamage, WebP: webpDamage, GIF: gifDamage };
  return `a ${format} file ${describe[format](bytes)}`;
}

// Requests that a service has to refuse: generated, and the same ones for the same seed.

import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { form } from './requests.js';

/** A request that is given to the service without a socket. */
export interface GeneratedRequest {
  /** Of what kind it is, for messages. */
  kind: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  payload: Buffer;
  /** The images that it holds, where they alone decide whether it is refused: a damaged one may still be whole enough. */
  images?: Buffer[];
}

/** Images of every format that is read, to be damaged. */
async function wholeImages(): Promise<Buffer[]> {
  const pixels = Buffer.from(Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * i) % 251));
  const image = sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } });
  const formats = ['png', 'jpeg', 'webp', 'gif', 'tiff'] as const;
  const bmp = Buffer.concat([
    Buffer.from('424d360000000000000036000000280000000200000002000000010018000000000010000000', 'hex'),
    Buffer.alloc(32),
  ]);
  return [...(await Promise.all(formats.map((name) => image.clone().toFormat(name).toBuffer()))), bmp];
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A small PNG file that says it is enormous, or whose pixels unpack to far more than it says. */
function pngBomb(width: number, height: number, unpacked: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(unpacked))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((data) => Buffer.from(data));

/** Whole images with some bytes changed, left out, or put between, and files of two kinds at once. */
function damagedImage(images: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const image = fc.constantFrom(...images);
  const cut = fc
    .tuple(image, fc.double({ min: 0, max: 0.99, noNaN: true }))
    .map(([data, share]) => data.subarray(0, Math.floor(share * data.length)));
  const changed = fc
    .tuple(image, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 }))
    .map(([data, changes]) => {
      const copy = Buffer.from(data);
      for (const [at, value] of changes) copy[at % copy.length] = value;
      return copy;
    });
  const polyglot = fc.constantFrom(
    'GIF89a/*',
    'BM',
    '\x89PNG\r\n\x1a\n',
    '\xff\xd8\xff\xe0',
    'II*\0',
    'RIFF0000WEBP',
  );
  const mixed = fc
    .tuple(
      polyglot,
      fc.constantFrom('<script>alert(1)</script>', 'PK\x03\x04', '%PDF-1.7', '#!/bin/sh\n'),
      bytes(200),
    )
    .map(([start, middle, rest]) => Buffer.concat([Buffer.from(start + middle, 'latin1'), rest]));
  const side = fc.constantFrom(1, 40, 5000, 65_535, 1_000_000, 0x7fffffff, 0xffffffff, 0);
  const bomb = fc
    .tuple(side, side, fc.constantFrom(0, 10, 1_000_000))
    .map(([width, height, unpacked]) => pngBomb(width, height, unpacked));
  const others = fc.constantFrom(
    gzipSync(Buffer.alloc(1_000_000)),
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9999999" height="9999999"/>'),
    Buffer.from('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>'),
    Buffer.from('{"url":"http://169.254.169.254/latest/meta-data"}'),
    Buffer.from('file:///etc/passwd'),
  );
  return fc.oneof(cut, changed, mixed, bomb, others, bytes(500));
}

const strangeText = fc.oneof(
  fc.constantFrom(
    'NaN',
    'Infinity',
    '-1',
    '1e999',
    '0x10',
    '9'.repeat(400),
    'null',
    '[]',
    '%00',
    '../',
    '#{7*7}',
    "' or 1=1",
    '',
  ),
  fc.string({ maxLength: 30 }),
);

/** A query that isn't one of the service's. */
const wrongQuery = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom('model', 'tta', '__proto__', 'constructor', 'url', 'path'), strangeText),
      strangeText,
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((pairs) => new URLSearchParams([['unknown', '1'], ...pairs]).toString());

const wrongType = fc.oneof(
  fc.constantFrom(
    ...[
      'text/plain',
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/mixed; boundary=a',
      '',
      ';',
    ],
    ...[
      'image',
      'imagepng',
      'multipart/form-dat',
      'application/xml',
      `a/${'b'.repeat(500)}`,
      'text/html; charset=x',
    ],
  ),
);

/** A header that Node lets through. */
const plain = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, '');

function brokenForm(
  images: readonly Buffer[],
): fc.Arbitrary<Pick<GeneratedRequest, 'headers' | 'payload' | 'images'>> {
  const part = fc.record({
    bytes: fc.oneof(fc.constantFrom(...images), bytes(100)),
    name: fc.oneof(
      fc.constantFrom('image', '__proto__', 'constructor', ''),
      fc.string({ maxLength: 20 }).map(plain),
    ),
    file: fc.oneof(
      fc.constant(null),
      fc.constantFrom('../../etc/passwd', 'a\\b.png', 'x'.repeat(300), 'CON', '.'),
    ),
    type: fc.constantFrom('image/png', 'text/html', 'application/json', ''),
  });
  // What is done to a form after it was made. The last takes the first part's boundary away: what comes before the second is
  // then a preamble, and the rest a whole form.
  const breakings: ((payload: Buffer, share: number) => Buffer)[] = [
    (payload, share) => payload.subarray(0, Math.floor(share * (payload.length - 6))),
    (payload) =>
      Buffer.from(payload.toString('latin1').replaceAll('Content-Disposition', 'Content-Position'), 'latin1'),
    (payload) => Buffer.from(payload.toString('latin1').replaceAll('form-data;', 'attachment;'), 'latin1'),
    (payload) =>
      Buffer.from(payload.toString('latin1').replaceAll('boundary', 'x').replaceAll('--', '-'), 'latin1'),
  ];
  const withoutFirst = (payload: Buffer) => payload.subarray(2);
  breakings.push(withoutFirst);
  const field = { bytes: 'x', name: 'extra', file: null };
  return fc
    .tuple(
      fc.array(part, { maxLength: 5 }),
      fc.constantFrom(...breakings),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
    )
    .map(([parts, damage, share, hasField]) => {
      const { headers, payload } = form(hasField ? [field, ...parts] : parts, 'boundary-of-tests');
      if (hasField) return { headers, payload };
      const images = parts.slice(1).map(({ bytes: data }) => data);
      return { headers, payload: damage(payload, share), ...(damage === withoutFirst ? { images } : {}) };
    });
}

/** Requests that each have something wrong with them. */
export async function generatedRequests(): Promise<fc.Arbitrary<GeneratedRequest>> {
  const whole = await wholeImages();
  const [png] = whole as [Buffer];
  const image = {
    method: 'POST',
    url: '/v1/predict',
    headers: { 'content-type': 'image/png' },
    payload: png,
  };
  const damaged = damagedImage(whole);
  return fc.oneof(
    damaged.map((payload) => ({ ...image, kind: 'image', payload, images: [payload] })),
    fc.array(damaged, { minLength: 1, maxLength: 3 }).map((images) => ({
      ...{ ...image, kind: 'form of images', images },
      ...form(images.map((data) => ({ bytes: data }))),
    })),
    brokenForm(whole).map((broken) => ({ ...image, kind: 'form', ...broken })),
    wrongQuery.map((query) => ({ ...image, kind: 'query', url: `/v1/predict?${query}` })),
    wrongType.map((type) => ({ ...image, kind: 'type', headers: { 'content-type': type } })),
    fc
      .tuple(fc.constantFrom('gzip', 'br', 'deflate', 'zstd', 'x'), bytes(200))
      .map(([encoding, payload]) => ({
        ...{ ...image, kind: 'encoding', payload },
        headers: { 'content-type': 'image/png', 'content-encoding': encoding },
      })),
    fc
      .tuple(
        fc.constantFrom('GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'),
        fc.constantFrom(
          '/v1/predict',
          '/v1/predict/',
          '/v1',
          '/v1/model',
          '/../etc/passwd',
          '/%2e%2e/x',
          '//',
          '/v1%2fpredict',
        ),
      )
      .map(([method, url]) => ({ ...image, kind: 'method or path', method, url, payload: Buffer.alloc(0) })),
    fc.constantFrom('evil.example', '127.0.0.1.evil.example', '[::2]', '0').map((host) => ({
      ...{ ...image, kind: 'host' },
      headers: { ...image.headers, host },
    })),
  );
}

// What reaches a decoder and what doesn't, and that every reason is about its own file.

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { FerlabError } from '../errors.js';
import { decodeGray } from './decode.js';
import { DecodeError } from './decode-error.js';
import { loadSharp } from './load-sharp.js';

async function reasonFor(bytes: Uint8Array, maxPixels?: number, seconds?: number): Promise<string> {
  const error = await decodeGray(bytes, maxPixels, seconds).then(
    () => null,
    (failure: unknown) => failure,
  );
  expect(error === null || error instanceof DecodeError).toBe(true);
  if (!(error instanceof DecodeError)) return 'decoded';
  expect(error).toBeInstanceOf(FerlabError);
  expect(error.kind).toBe('data');
  expect(error.reason).not.toContain('\n');
  return error.reason;
}

const noise = (side: number, channels: 1 | 3 = 3) =>
  sharp(
    Uint8Array.from({ length: side * side * channels }, (_, i) => Math.imul(i, 2654435761) >>> 24),
    { raw: { width: side, height: side, channels } },
  );

const latin1 = (text: string) => Buffer.from(text.padEnd(64, ' '), 'latin1');

describe('formats that are not promised', () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="9000"><rect width="1" height="1"/></svg>';
  it.each([
    ['SVG', latin1(svg)],
    ['SVG', latin1(`\xef\xbb\xbf<?xml version="1.0"?><!-- face -->\n${svg}`)],
    ['HEIC: export it as JPEG', latin1('\0\0\0\x18ftypheic\0\0\0\0mif1heic')],
    ['HEIC: export it as JPEG', latin1('\0\0\0\x18ftypmif1\0\0\0\0mif1heic')],
    ['AVIF', latin1('\0\0\0\x20ftypavif')],
    ['a video', latin1('\0\0\0\x18ftypmp42')],
    ['PDF', latin1('%PDF-1.7')],
    ['JPEG XL', latin1('\xff\x0a\0\0')],
    ['JPEG 2000', latin1('\0\0\0\x0cjP  \r\n\x87\n')],
    ['PNM (PBM, PGM, PPM)', latin1('P5 48 48 255\n')],
    ['Photoshop', latin1('8BPS\0\x01')],
    ['a zip archive: unpack it', latin1('PK\x03\x04')],
    ['a Git LFS pointer: run git lfs pull', latin1('version https://git-lfs.github.com/spec/v1')],
    ['a web page', latin1('<!DOCTYPE html><html>')],
    ['nothing but zeros', Buffer.alloc(3000)],
    ['other data', latin1('BM is how this text begins, and it is no bitmap')],
  ])('names %s', async (found, bytes) => {
    expect(await reasonFor(bytes)).toContain(
      `expected a JPEG, PNG, WebP, GIF, TIFF or BMP image, found ${found}`,
    );
  });

  it('never opens a real AVIF or compressed SVG', async () => {
    expect(await reasonFor(await noise(16).avif().toBuffer())).toMatch(/found AVIF: convert it/);
    const { gzipSync } = await import('node:zlib');
    expect(await reasonFor(gzipSync(svg))).toMatch(/found gzip data/);
  });
});

describe('limits', () => {
  it('gives up after the time that is given', async () => {
    const slow = await noise(1000).resize(3000, 3000).png({ compressionLevel: 0 }).toBuffer();
    expect(await reasonFor(slow, undefined, 0.005)).toBe(
      'expected an image that is decoded within 0.005 s, found one that takes longer',
    );
  });

  it('refuses a progressive JPEG of many scans, which takes long in proportion', async () => {
    const whole = await noise(64).jpeg({ progressive: true }).toBuffer();
    expect(await reasonFor(whole)).toBe('decoded');
    let last = whole.length;
    while (!(whole[last] === 0xff && whole[last + 1] === 0xda)) last--;
    const scan = whole.subarray(last, whole.length - 2);
    const bomb = Buffer.concat([
      whole.subarray(0, whole.length - 2),
      ...Array.from({ length: 5000 }, () => scan),
      whole.subarray(whole.length - 2),
    ]);
    const start = performance.now();
    expect(await reasonFor(bomb)).toMatch(
      /expected at most 100 scans in a JPEG file of 64 x 64 pixels, found 50\d\d: save it anew/,
    );
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('levels', () => {
  const gray16 = (levels: number[]) =>
    sharp(Uint16Array.from(levels), { raw: { width: levels.length, height: 1, channels: 1 } }).toColourspace(
      'grey16',
    );

  it('refuses floating point, which would come out black', async () => {
    const float = await sharp(Float32Array.of(0, 0.5, 1, 0.25), { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace('b-w')
      .tiff()
      .toBuffer()
      .then((bytes) => toFloatTiff(bytes));
    expect(await reasonFor(float)).toMatch(/found 32-bit floating-point ones: save it with 8 bits/);
  });

  const plain = { compression: 'none' } as const; // TIFF's default is lossy

  it.each(['png', 'tiff'] as const)('reads 16 bits in %s, but not 12 bits kept in them', async (format) => {
    const full = await gray16([0, 0x4000, 0x8000, 0xffff]).toFormat(format, plain).toBuffer();
    expect([...(await decodeGray(full)).data]).toEqual([0, 64, 128, 255]);
    const low = await gray16([0, 1000, 2000, 4095]).toFormat(format, plain).toBuffer();
    expect(await reasonFor(low)).toMatch(/found none above 4095 \(levels of fewer bits, kept in 16\)/);
    const black = await gray16([0, 0, 0, 0]).toFormat(format).toBuffer();
    expect([...(await decodeGray(black)).data]).toEqual([0, 0, 0, 0]);
  });

  it('refuses a JPEG of 12 bits', async () => {
    const bytes = await noise(16).jpeg().toBuffer();
    bytes[bytes.indexOf(Buffer.from([0xff, 0xc0])) + 4] = 12;
    expect(await reasonFor(bytes)).toBe('expected a JPEG file of 8 bits, found 12 bits: save it with 8 bits');
  });
});

/** A TIFF of one channel whose directory says 32 bits of floating point. */
function toFloatTiff(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const little = changed[0] === 0x49;
  const u16 = (at: number) => (little ? changed.readUInt16LE(at) : changed.readUInt16BE(at));
  const u32 = (at: number) => (little ? changed.readUInt32LE(at) : changed.readUInt32BE(at));
  const directory = u32(4);
  for (let i = 0; i < u16(directory); i++) {
    const entry = directory + 2 + i * 12;
    const value = u16(entry) === 258 ? 32 : u16(entry) === 339 ? 3 : null;
    if (value !== null)
      (little ? changed.writeUInt16LE : changed.writeUInt16BE).call(changed, value, entry + 8);
  }
  return changed;
}

describe('reasons', () => {
  it('are about their own file, however many are decoded at once', async () => {
    const formats = ['jpeg', 'png', 'tiff', 'webp', 'gif'] as const;
    const broken = await Promise.all(
      formats.map(async (format) => {
        const whole = await noise(96).toFormat(format).toBuffer();
        return { format, bytes: whole.subarray(0, Math.min(1500, whole.length >> 1)) };
      }),
    );
    const names = { jpeg: 'JPEG', png: 'PNG', tiff: 'TIFF', webp: 'WebP', gif: 'GIF' };
    const all = Array.from({ length: 20 }, () => broken).flat();
    const reasons = await Promise.all(all.map(({ bytes }) => reasonFor(bytes)));
    reasons.forEach((reason, i) => {
      const name = names[all[i]!.format];
      expect(reason).toMatch(
        new RegExp(`^expected an undamaged image, found a ${name} file that ends early`),
      );
    });
  });

  it('name the damaged chunk of a PNG', async () => {
    const bytes = await noise(32).png().toBuffer();
    bytes[bytes.indexOf('IDAT') + 20]! ^= 0x55;
    expect(await reasonFor(bytes)).toMatch(
      /found a PNG file with a damaged chunk IDAT \(its checksum differs\)/,
    );
  });

  it('begin with the path where one was given', async () => {
    await expect(decodeGray('/nowhere/face.jpg')).rejects.toMatchObject({
      kind: 'data',
      message: '/nowhere/face.jpg: expected a readable file, found no such file',
    });
  });
});

describe('sharp', () => {
  it('keeps the settings that the program around it has chosen', async () => {
    const before = { cache: sharp.cache(), concurrency: sharp.concurrency(), simd: sharp.simd() };
    sharp.cache({ memory: 11, files: 5, items: 7 });
    sharp.concurrency(3);
    try {
      await loadSharp();
      await decodeGray(await noise(100).png().toBuffer());
      const { WorkerPool } = await import('../data/store/worker-pool.js');
      const pool = new WorkerPool(2);
      const png = new Uint8Array(await noise(50).png().toBuffer());
      const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs');
      const folder = mkdtempSync(`${(await import('node:os')).tmpdir()}/ferlab-sharp-`);
      writeFileSync(`${folder}/a.png`, png);
      const task = {
        kind: 'decode',
        sources: [{ kind: 'file', path: `${folder}/a.png` }],
        width: 8,
        height: 8,
        maxPixels: 1e6,
        kept: null,
        firstSlot: 0,
      } as const;
      const results = await Promise.all(
        [1, 2, 3].map(() => pool.run({ ...task, sources: [...task.sources] })),
      );
      expect(results.map(({ bad }) => bad)).toEqual([[], [], []]);
      await pool.close();
      rmSync(folder, { recursive: true });
      const { memory, files, items } = sharp.cache();
      expect([memory.max, files.max, items.max, sharp.concurrency(), sharp.simd()]).toEqual([
        11,
        5,
        7,
        3,
        before.simd,
      ]);
    } finally {
      sharp.cache({
        memory: before.cache.memory.max,
        files: before.cache.files.max,
        items: before.cache.items.max,
      });
      sharp.concurrency(before.concurrency);
    }
  });
});

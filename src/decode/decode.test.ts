import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeGray } from './decode.js';
import { DecodeError } from './decode-error.js';

const folder = mkdtempSync(join(tmpdir(), 'ferlab-decode-'));
afterAll(() => rmSync(folder, { recursive: true }));

function flat(colour: { r: number; g: number; b: number }, width = 6, height = 4) {
  return sharp({ create: { width, height, channels: 3, background: colour } });
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  let crc = 0xffffffff;
  for (const byte of body) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(~crc >>> 0, 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** A PNG written by hand: forms and lies that an encoder won't produce. */
function png(
  width: number,
  height: number,
  depth: number,
  colourType: number,
  rows: Uint8Array,
  extra: Buffer[] = [],
) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[9] = colourType;
  const parts = [
    pngChunk('IHDR', header),
    ...extra,
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), ...parts]);
}

async function reasonFor(source: string | Uint8Array, maxPixels?: number): Promise<string> {
  try {
    await decodeGray(source, maxPixels);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    const { reason: message } = error as DecodeError;
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(220);
    return message;
  }
  return 'decoded';
}

describe('decodeGray', () => {
  const orange = { r: 200, g: 120, b: 40 };
  const luma = Math.round(0.299 * 200 + 0.587 * 120 + 0.114 * 40);

  for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff'] as const) {
    it(`turns a colour ${format} to grey`, async () => {
      const image = await decodeGray(await flat(orange).toFormat(format).toBuffer());
      expect([image.width, image.height, image.data.length]).toEqual([6, 4, 24]);
      for (const level of image.data) expect(Math.abs(level - luma)).toBeLessThanOrEqual(3);
    });
  }

  it('scales 16 bits down to 8', async () => {
    const rows = Buffer.alloc(2 * 5);
    [0x0000, 0x8000].forEach((level, i) => {
      rows.writeUInt16BE(level, 1 + i * 2);
    });
    [0xffff, 0x4000].forEach((level, i) => {
      rows.writeUInt16BE(level, 6 + i * 2);
    });
    const image = await decodeGray(png(2, 2, 16, 0, rows));
    expect([...image.data]).toEqual([0, 128, 255, 64]);
  });

  it('reads 1-bit and palette images', async () => {
    expect([...(await decodeGray(png(8, 1, 1, 0, Uint8Array.of(0, 0b10100000)))).data]).toEqual([
      255, 0, 255, 0, 0, 0, 0, 0,
    ]);
    const palette = pngChunk('PLTE', Buffer.from([10, 10, 10, 200, 200, 200]));
    expect([...(await decodeGray(png(3, 1, 8, 3, Uint8Array.of(0, 1, 0, 1), [palette]))).data]).toEqual([
      200, 10, 200,
    ]);
  });

  it('converts CMYK', async () => {
    const cmyk = await flat({ r: 250, g: 250, b: 250 }, 16, 16)
      .toColourspace('cmyk')
      .jpeg({ quality: 95 })
      .toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    for (const level of (await decodeGray(cmyk)).data) expect(level).toBeGreaterThan(235);
    const dark = await flat({ r: 5, g: 5, b: 5 }, 16, 16)
      .toColourspace('cmyk')
      .jpeg({ quality: 95 })
      .toBuffer();
    for (const level of (await decodeGray(dark)).data) expect(level).toBeLessThan(60);
  });

  it('ignores alpha', async () => {
    const image = await decodeGray(png(2, 1, 8, 4, Uint8Array.of(0, 90, 0, 170, 255)));
    expect([...image.data]).toEqual([90, 170]);
  });

  it('applies the EXIF orientation', async () => {
    const left = sharp(Uint8Array.of(0, 255), { raw: { width: 2, height: 1, channels: 1 } }).resize(16, 8, {
      kernel: 'nearest',
    });
    const turned = await left.withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer();
    const image = await decodeGray(turned);
    expect([image.width, image.height]).toEqual([8, 16]); // turned clockwise: the dark left half comes up
    expect(image.data[0]).toBeLessThan(20);
    expect(image.data[8 * 15]).toBeGreaterThan(235);
  });

  for (const format of ['gif', 'webp'] as const) {
    it(`takes the first frame of an animated ${format}`, async () => {
      const frames = await Promise.all(
        [20, 220].map((v) => flat({ r: v, g: v, b: v }, 10, 10).png().toBuffer()),
      );
      const bytes = await sharp(frames, { join: { animated: true } })
        .toFormat(format, { quality: 100 })
        .toBuffer();
      expect((await sharp(bytes).metadata()).pages).toBe(2);
      const image = await decodeGray(bytes);
      expect([image.width, image.height]).toEqual([10, 10]);
      for (const level of image.data) expect(Math.abs(level - 20)).toBeLessThanOrEqual(3);
    });
  }

  it('gives the same pixels from a path, bytes and the general decoder', async () => {
    const path = join(folder, 'small.jpg');
    const ramp = Uint8Array.from({ length: 48 * 48 }, (_, i) => (i * 7) % 256);
    const bytes = await sharp(ramp, { raw: { width: 48, height: 48, channels: 1 } })
      .toColourspace('b-w')
      .jpeg()
      .toBuffer();
    writeFileSync(path, bytes);
    const expected = new Uint8Array(await sharp(bytes).toColourspace('b-w').raw().toBuffer());
    expect(Buffer.compare((await decodeGray(path)).data, expected)).toBe(0);
    expect(Buffer.compare((await decodeGray({ kind: 'file', path })).data, expected)).toBe(0);
    expect(Buffer.compare((await decodeGray(bytes)).data, expected)).toBe(0);
  });
});

describe('decodeGray refuses', () => {
  it('truncated images of every format', async () => {
    const noise = Uint8Array.from({ length: 300 * 300 * 3 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256);
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff'] as const) {
      const whole = await sharp(noise, { raw: { width: 300, height: 300, channels: 3 } })
        .toFormat(format)
        .toBuffer();
      expect(await reasonFor(whole), format).toBe('decoded');
      expect(await reasonFor(whole.subarray(0, whole.length >> 1)), format).toMatch(/^expected .*, found/);
    }
  });

  it('a truncated small grey JPEG', async () => {
    const bytes = await flat({ r: 9, g: 90, b: 200 }, 48, 48).greyscale().jpeg().toBuffer();
    expect(await reasonFor(bytes.subarray(0, bytes.length - 20))).toMatch(
      /^expected an undamaged image, found/,
    );
  });

  it('empty files and other data', async () => {
    expect(await reasonFor(new Uint8Array(0))).toBe('expected an image, found an empty file (0 bytes)');
    expect(await reasonFor(Buffer.from('hello, I am text'))).toMatch(/found other data/);
    const path = join(folder, 'text.png');
    writeFileSync(path, 'not an image');
    expect(await reasonFor(path)).toMatch(/found other data/);
  });

  it('paths that are no files', async () => {
    expect(await reasonFor(join(folder, 'nothing.png'))).toBe('expected a readable file, found no such file');
    expect(await reasonFor(folder)).toBe('expected an image file, found a folder');
  });

  it('a decompression bomb, by its header and without the memory', async () => {
    const bomb = png(60_000, 60_000, 8, 0, new Uint8Array(1 << 20));
    const before = process.memoryUsage().rss;
    expect(await reasonFor(bomb)).toBe('expected at most 50 megapixels, found more');
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
    expect(await reasonFor(await flat(orangeOf(1), 100, 100).png().toBuffer(), 9_999)).toMatch(/found more/);
  });

  it('rows of the wrong length or with other text', async () => {
    const row = (text: string) => {
      const path = join(folder, `row-${text.length}.csv`);
      writeFileSync(path, text);
      return { kind: 'row', path, start: 0, length: text.length, column: 1, width: 2, height: 2 } as const;
    };
    expect([...(await decodeGray(row('3,1 2 3 255,Training\r'))).data]).toEqual([1, 2, 3, 255]);
    expect([...(await decodeGray(row('3, "0 20 30  40 " ,Training'))).data]).toEqual([0, 20, 30, 40]);
    await expect(decodeGray(row('3,1 2 3,Training'))).rejects.toThrow('expected 2 x 2 = 4 values, found 3');
    await expect(decodeGray(row('3,1 2 3 4 5,Training '))).rejects.toThrow(
      'expected 2 x 2 = 4 values, found 5',
    );
    await expect(decodeGray(row('3,1 2 3 256,Training   '))).rejects.toThrow('from 0 to 255, found 256');
    await expect(decodeGray(row('3,1 2 -3 4,Training    '))).rejects.toThrow('found "-"');
    await expect(decodeGray(row('3'))).rejects.toThrow('found 0');
  });
});

function orangeOf(scale: number) {
  return { r: 200 * scale, g: 120 * scale, b: 40 * scale };
}

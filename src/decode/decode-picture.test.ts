// Colours, for finding faces. What both kinds of decoding share is in decode.test.ts and formats.test.ts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toGray } from '../image/gray.js';
import { decodeGray, decodePicture, decodeRgb } from './decode.js';

const [width, height] = [37, 23];
/** Left half red, right half blue, the upper rows darker. */
const colours = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
  const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
  return (c === 0 && x < width / 2) || (c === 2 && x >= width / 2) ? 100 + y * 6 : 20;
});
const coloured = () => sharp(colours, { raw: { width, height, channels: 3 } });

/** A BMP file of 4 bits with a palette of these colours, rows of its indices from the bottom. */
function paletteBmp(palette: readonly number[][], rows: readonly number[][]): Uint8Array {
  const stride = Math.ceil((rows[0]!.length * 4) / 32) * 4;
  const bytes = new Uint8Array(54 + palette.length * 4 + stride * rows.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, 54 + palette.length * 4, true);
  for (const [at, value] of [
    [14, 40],
    [18, rows[0]!.length],
    [22, rows.length],
    [46, palette.length],
  ] as const)
    view.setUint32(at, value, true);
  view.setUint16(28, 4, true);
  palette.forEach(([red, green, blue], i) => {
    bytes.set([blue!, green!, red!], 54 + i * 4);
  });
  [...rows].reverse().forEach((row, y) => {
    row.forEach((index, x) => {
      bytes[54 + palette.length * 4 + y * stride + (x >> 1)]! |= index << (x % 2 === 0 ? 4 : 0);
    });
  });
  return bytes;
}

describe('decodeRgb', () => {
  it('gives the colours of PNG, TIFF and WebP, with alpha or without', async () => {
    const files = [
      await coloured().png().toBuffer(),
      await coloured().ensureAlpha(0.5).png().toBuffer(),
      await coloured().tiff({ compression: 'none' }).toBuffer(),
      await coloured().webp({ lossless: true }).toBuffer(),
    ];
    for (const file of files) {
      const image = await decodeRgb(file);
      expect([image.width, image.height]).toEqual([width, height]);
      expect(Buffer.compare(image.data, colours)).toBe(0);
    }
  });

  it('makes three equal channels of grey ones, large and small, 8 bits and 16', async () => {
    const grey = coloured().toColourspace('b-w');
    const files = [
      await grey.clone().jpeg().toBuffer(),
      await grey.clone().png().toBuffer(),
      await sharp(
        Uint16Array.from({ length: 64 }, (_, i) => i * 1000),
        { raw: { width: 8, height: 8, channels: 1 } },
      )
        .toColourspace('grey16')
        .png()
        .toBuffer(),
    ];
    for (const file of files) {
      const { data } = await decodeRgb(file);
      const levels = (await decodeGray(file)).data;
      expect(Math.max(...levels)).toBeGreaterThan(50);
      expect([...data]).toEqual([...levels].flatMap((level) => [level, level, level]));
    }
  });

  it('converts CMYK', async () => {
    const { data } = await decodeRgb(
      await coloured().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(),
    );
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    expect(at(5, 20)[0]! - at(5, 20)[2]!).toBeGreaterThan(80);
    expect(at(30, 20)[2]! - at(30, 20)[0]!).toBeGreaterThan(50);
  });

  it('follows EXIF orientation', async () => {
    const turned = await decodeRgb(await coloured().withMetadata({ orientation: 6 }).png().toBuffer());
    const expected = await coloured().rotate(90).raw().toBuffer();
    expect([turned.width, turned.height]).toEqual([height, width]);
    expect(Buffer.compare(turned.data, expected)).toBe(0);
  });

  it('reads the colours of BMP files, and greys as before', async () => {
    const palette = [
      [255, 0, 0],
      [0, 200, 0],
      [0, 0, 100],
    ];
    const file = paletteBmp(palette, [
      [0, 1, 2],
      [2, 2, 0],
    ]);
    const image = await decodeRgb(file);
    expect([...image.data]).toEqual([0, 1, 2, 2, 2, 0].flatMap((i) => palette[i]!));
    expect((await decodeGray(file)).data).toEqual(toGray(image.data, 3, 2, 3).data);
    const beyond = paletteBmp(palette, [[0, 5]]);
    await expect(decodeRgb(beyond)).rejects.toThrow(/colour beyond its palette of 3/);
  });

  it('names the file, and gives reasons for what is no image', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ferlab-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'a.jpg');
    writeFileSync(file, (await coloured().jpeg().toBuffer()).subarray(0, 300));
    await expect(decodeRgb(file)).rejects.toThrow(
      `${file}: expected an undamaged image, found a JPEG file that ends`,
    );
    await expect(decodeRgb(new Uint8Array(0))).rejects.toThrow(/empty file/);
    await expect(decodeRgb(path.join(folder, 'none.jpg'))).rejects.toThrow(/found no such file/);
    await expect(decodeRgb(await coloured().png().toBuffer(), { maxPixels: 500 })).rejects.toThrow(
      /at most 0.0005 megapixels/,
    );
  });
});

describe('decodePicture', () => {
  const large = () =>
    sharp({ create: { width: 400, height: 300, channels: 3, background: '#804020' } }).composite([
      {
        input: { create: { width: 100, height: 100, channels: 3, background: '#ffffff' } },
        left: 300,
        top: 0,
      },
    ]);

  it.each(['jpeg', 'png', 'webp', 'gif'] as const)(
    'makes a smaller picture of a large %s file, upright',
    async (format) => {
      const file = await sharp(await large().png().toBuffer())
        .toFormat(format, { quality: 95 })
        .toBuffer();
      const { image, ...size } = await decodePicture(file, { keep: 20_000 });
      expect(size).toEqual({ width: 400, height: 300 });
      expect([image.width, image.height]).toEqual([133, 100]);
      const at = (x: number, y: number) => image.data[(y * image.width + x) * 3 + 2]!;
      expect(at(116, 16)).toBeGreaterThan(245);
      expect(at(116, 60)).toBeLessThan(45);
      expect(at(50, 16)).toBeLessThan(45);
    },
  );

  it('turns what it makes smaller', async () => {
    const file = await large().jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const { image, ...size } = await decodePicture(file, { keep: 20_000 });
    expect(size).toEqual({ width: 300, height: 400 });
    expect([image.width, image.height]).toEqual([100, 133]);
    // The upper right corner has gone to the lower right.
    expect(image.data[(120 * 100 + 90) * 3 + 2]!).toBeGreaterThan(245);
    expect(image.data[(10 * 100 + 90) * 3 + 2]!).toBeLessThan(45);
  });

  it('leaves others at their size', async () => {
    const { image } = await decodePicture(await large().jpeg().toBuffer());
    expect([image.width, image.height]).toEqual([400, 300]);
  });
});

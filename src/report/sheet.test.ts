import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { contactSheet } from './sheet.js';

const flat = (value: number, size = 4) => ({
  pixels: new Uint8Array(size * size).fill(value),
  width: size,
  height: size,
});

async function read(png: Buffer) {
  const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => data[y * info.width + x]!;
  const dark = (left: number, top: number, width: number, height: number) => {
    let pixels = 0;
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) if (at(x, y) < 130) pixels++;
    }
    return pixels;
  };
  return { ...info, at, dark };
}

describe('contactSheet', () => {
  it('puts every pixel where it belongs, enlarged without smoothing, row by row', async () => {
    const gradient = { pixels: Uint8Array.from([0, 50, 100, 150]), width: 2, height: 2 };
    const items = [gradient, flat(200, 2), { ...gradient, pixels: Float32Array.from([-5, 60.4, 300, 9]) }];
    const sheet = await read(await contactSheet(items, { columns: 2, scale: 10, title: '' }));
    // Two file pixels per screen pixel; tiles of 20 start at (20, 60), 14 apart.
    const pixel = (tileX: number, tileY: number, x: number, y: number) =>
      sheet.at(2 * (20 + tileX * 34 + x * 10) + 9, 2 * (60 + tileY * 34 + y * 10) + 9);
    expect([pixel(0, 0, 0, 0), pixel(0, 0, 1, 0), pixel(0, 0, 0, 1), pixel(0, 0, 1, 1)]).toEqual([
      0, 50, 100, 150,
    ]);
    expect(pixel(1, 0, 1, 1)).toBe(200);
    expect([pixel(0, 1, 0, 0), pixel(0, 1, 1, 0), pixel(0, 1, 0, 1), pixel(0, 1, 1, 1)]).toEqual([
      0, 60, 255, 9,
    ]);
    expect(pixel(1, 1, 0, 0)).toBe(255); // no fourth tile
    expect(sheet.at(2 * 20 + 19, 2 * 60 + 5)).toBe(0); // last file pixel of the first image pixel
    expect(sheet.at(2 * 20 + 20, 2 * 60 + 5)).toBe(50);
  });

  it('keeps the colours of pictures that have some', async () => {
    const colours = { pixels: Uint8Array.from([200, 10, 60, 0, 250, 90]), width: 2, height: 1 };
    const png = await contactSheet([colours], { columns: 1, scale: 10, title: '' });
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number) => [
      ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
    ];
    expect([at(2 * 25, 2 * 65), at(2 * 35, 2 * 65)]).toEqual([
      [200, 10, 60],
      [0, 250, 90],
    ]);
  });

  it('writes title, caption and file name, and nothing outside', async () => {
    const item = {
      ...flat(255, 20),
      caption: 'fear → angry 0.97',
      captionTone: 'bad' as const,
      detail: 'a/b.jpg',
    };
    const sheet = await read(await contactSheet([item], { columns: 1, scale: 5, title: 'Mistakes' }));
    expect(sheet.dark(40, 40, 200, 40)).toBeGreaterThan(300); // title
    expect(sheet.dark(0, 120, sheet.width, 200)).toBe(0); // the white picture
    expect(sheet.dark(0, 322, sheet.width, 32)).toBeGreaterThan(300); // caption
    expect(sheet.dark(0, 354, sheet.width, 30)).toBeGreaterThan(60); // file name
    expect(sheet.dark(0, 0, 36, sheet.height)).toBe(0); // left margin
    expect(sheet.dark(sheet.width - 36, 0, 36, sheet.height)).toBe(0);
  });

  it('shortens names that are too long for their tile', async () => {
    const item = { ...flat(255, 20), detail: `${'folder/'.repeat(20)}image.jpg` };
    const sheet = await read(await contactSheet([item, item], { columns: 2, scale: 5, title: '' }));
    expect(sheet.width).toBe(2 * (190 * 2 + 14 + 40));
    expect(sheet.dark(2 * (20 + 190) + 4, 0, 20, sheet.height)).toBe(0); // the gap
  });

  it('takes captions with characters that XML reserves or forbids', async () => {
    const item = { ...flat(255, 20), caption: '<&\u0000"\u001b' };
    const sheet = await read(await contactSheet([item], { columns: 3, scale: 5, title: '<&>' }));
    expect(sheet.dark(0, 322, sheet.width, 32)).toBeGreaterThan(50);
  });

  it('refuses items that do not fit', async () => {
    const options = { columns: 2, scale: 1, title: '' };
    await expect(contactSheet([], options)).rejects.toThrow(/at least one/);
    await expect(contactSheet([{ ...flat(0), width: 5 }], options)).rejects.toThrow(
      /needs 20 values, or three times as many in colours; got 16/,
    );
    await expect(contactSheet([flat(0)], { ...options, scale: 1.5 })).rejects.toThrow(/scale must be/);
  });
});

import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { cutRgb } from './cut-rgb.js';
import { resizeGray } from './resize.js';
import { resizeRgb, resizeWindow } from './resize-rgb.js';
import { toRgb } from './rgb.js';

function noise(width: number, height: number) {
  const random = new Random(5);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
}

describe('resizeRgb', () => {
  it('takes the mean of areas where it shrinks', () => {
    const image = { width: 4, height: 2, data: new Uint8Array(24) };
    for (let i = 0; i < 8; i++) image.data.set([i * 10, 100, 255 - i], i * 3);
    expect([...resizeRgb(image, 2, 1).data]).toEqual([25, 100, 253, 45, 100, 251]);
    // Parts of pixels count by their part: (0 + 10 / 2) / 1.5, (10 / 2 + 20) / 1.5.
    const row = { width: 3, height: 1, data: Uint8Array.of(0, 0, 0, 10, 10, 10, 20, 20, 20) };
    expect([...resizeRgb(row, 2, 1).data]).toEqual([3, 3, 3, 17, 17, 17]);
  });

  it('interpolates where it grows, as the grey one does', () => {
    const grey = Uint8Array.from({ length: 12 }, (_, i) => (i * 53) % 256);
    const expected = resizeGray({ width: 4, height: 3, data: grey }, 9, 7);
    const { data } = resizeRgb(toRgb(grey, 4, 3, 1), 9, 7);
    for (const [i, level] of expected.data.entries()) {
      for (let c = 0; c < 3; c++) expect(Math.abs(data[i * 3 + c]! - level)).toBeLessThanOrEqual(1);
    }
  });

  it('keeps one colour, whatever the sizes', () => {
    for (const [width, height] of [
      [1, 1],
      [7, 100],
      [53, 31],
      [200, 3],
    ] as const) {
      const image = {
        width: 53,
        height: 31,
        data: new Uint8Array(53 * 31 * 3).map((_, i) => [7, 128, 255][i % 3]!),
      };
      const { data } = resizeRgb(image, width, height);
      expect(
        new Set(Array.from({ length: width * height }, (_, i) => data.slice(i * 3, i * 3 + 3).join())),
      ).toEqual(new Set(['7,128,255']));
    }
  });

  it('keeps the mean of a picture, and gives the picture itself for its own size', () => {
    const image = noise(97, 61);
    const mean = (data: Uint8Array) => data.reduce((sum, value) => sum + value, 0) / data.length;
    expect(Math.abs(mean(resizeRgb(image, 13, 9).data) - mean(image.data))).toBeLessThan(1);
    expect(resizeRgb(image, 97, 61)).toBe(image);
  });

  it('gives windows of what it would give, as far as they lie inside', () => {
    const image = noise(97, 61);
    for (const size of [
      { width: 40, height: 30 },
      { width: 97, height: 61 },
      { width: 200, height: 90 },
    ]) {
      const whole = resizeRgb(image, size.width, size.height);
      const window = { left: 11, top: 7, width: 20, height: 13 };
      expect(resizeWindow(image, size, window)).toEqual(cutRgb(whole, window));
      const beyond = { ...window, width: 500, height: 500 };
      const inside = { ...window, width: size.width - 11, height: size.height - 7 };
      expect(resizeWindow(image, size, beyond)).toEqual(cutRgb(whole, inside));
    }
  });

  it('refuses sizes that are none', () => {
    expect(() => resizeRgb(noise(4, 4), 0, 3)).toThrow(/width/);
    expect(() => resizeRgb(noise(4, 4), 3, 1.5)).toThrow(/height/);
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toGray } from './gray.js';
import { resizeGray } from './resize.js';

interface Golden {
  resize: {
    width: number;
    height: number;
    source: number[];
    toWidth: number;
    toHeight: number;
    pixels: number[];
  }[];
  gray: { width: number; height: number; rgb: number[]; pixels: number[] };
}
const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/resize/resize.json', import.meta.url), 'utf8'),
) as Golden;

function largestDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(found[i]! - expected[i]!));
  return largest;
}

describe('resizeGray', () => {
  for (const { width, height, source, toWidth, toHeight, pixels } of golden.resize) {
    it(`resizes ${width}x${height} to ${toWidth}x${toHeight} as Pillow does`, () => {
      const image = { width, height, data: Uint8Array.from(source) };
      const resized = resizeGray(image, toWidth, toHeight);
      expect([resized.width, resized.height]).toEqual([toWidth, toHeight]);
      expect(largestDifference(resized.data, pixels)).toBeLessThanOrEqual(1);
    });
  }

  it('keeps a flat image flat, whatever the sizes', () => {
    const side = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (w, h, toW, toH, level) => {
        const image = { width: w, height: h, data: new Uint8Array(w * h).fill(level) };
        expect(new Set(resizeGray(image, toW, toH).data)).toEqual(new Set([level]));
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a size that is not a positive integer', () => {
    const image = { width: 2, height: 2, data: new Uint8Array(4) };
    expect(() => resizeGray(image, 0, 4)).toThrow(/width to be a positive integer, found 0/);
    expect(() => resizeGray(image, 4, 1.5)).toThrow(/height to be a positive integer, found 1.5/);
  });
});

describe('toGray', () => {
  it("converts colour as Pillow's convert('L')", () => {
    const { width, height, rgb, pixels } = golden.gray;
    expect([...toGray(Uint8Array.from(rgb), width, height, 3).data]).toEqual(pixels);
  });

  it('ignores alpha', () => {
    expect([...toGray(Uint8Array.of(10, 20, 30, 0, 200, 100, 50, 255), 2, 1, 4).data]).toEqual([
      ...toGray(Uint8Array.of(10, 20, 30, 200, 100, 50), 2, 1, 3).data,
    ]);
    expect([...toGray(Uint8Array.of(7, 0, 9, 255), 1, 2, 2).data]).toEqual([7, 9]);
  });

  it('takes exactly the view it is given', () => {
    const whole = Uint8ClampedArray.of(1, 2, 3, 4, 5, 6);
    expect([...toGray(whole.subarray(2, 6), 2, 2, 1).data]).toEqual([3, 4, 5, 6]);
  });

  it('refuses pixels that do not fit the size', () => {
    expect(() => toGray(new Uint8Array(10), 2, 2, 3)).toThrow(/expected 2 x 2 x 3 = 12 values, found 10/);
  });
});

import { describe, expect, it } from 'vitest';
import { cutRgb, turnRgb } from './cut-rgb.js';
import type { RgbImage } from './rgb.js';

/** Pixel number i of the picture is (i, 100 + i, 200 + i). */
function numbered(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set([i + 1, 101 + i, 201 + i], i * 3);
  return { width, height, data };
}

/** The numbers of the pixels, by row. */
function rows({ width, height, data }: RgbImage): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const at = (y * width + x) * 3;
      if (data[at]! > 0) expect([data[at + 1], data[at + 2]]).toEqual([100 + data[at]!, 200 + data[at]!]);
      return data[at]!;
    }),
  );
}

describe('cutRgb', () => {
  const picture = numbered(3, 2);

  it('gives windows inside, and black outside', () => {
    expect(rows(cutRgb(picture, { left: 1, top: 0, width: 2, height: 2 }))).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect(rows(cutRgb(picture, { left: -1, top: -1, width: 3, height: 2 }))).toEqual([
      [0, 0, 0],
      [0, 1, 2],
    ]);
    expect(rows(cutRgb(picture, { left: 2, top: 1, width: 2, height: 2 }))).toEqual([
      [6, 0],
      [0, 0],
    ]);
    expect(rows(cutRgb(picture, { left: 9, top: 9, width: 1, height: 1 }))).toEqual([[0]]);
    expect(rows(cutRgb(picture, { left: -9, top: 0, width: 2, height: 1 }))).toEqual([[0, 0]]);
  });

  it('or the outermost pixels again', () => {
    expect(rows(cutRgb(picture, { left: -1, top: -1, width: 5, height: 4 }, 'edge'))).toEqual([
      [1, 1, 2, 3, 3],
      [1, 1, 2, 3, 3],
      [4, 4, 5, 6, 6],
      [4, 4, 5, 6, 6],
    ]);
    expect(rows(cutRgb(picture, { left: 9, top: 9, width: 1, height: 1 }, 'edge'))).toEqual([[6]]);
  });
});

describe('turnRgb', () => {
  it('turns clockwise', () => {
    const picture = numbered(3, 2);
    expect(rows(turnRgb(picture, 1))).toEqual([
      [4, 1],
      [5, 2],
      [6, 3],
    ]);
    expect(rows(turnRgb(picture, 2))).toEqual([
      [6, 5, 4],
      [3, 2, 1],
    ]);
    expect(rows(turnRgb(picture, 3))).toEqual([
      [3, 6],
      [2, 5],
      [1, 4],
    ]);
    expect(turnRgb(picture, 0)).toBe(picture);
  });
});

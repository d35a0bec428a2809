import { expect, it } from 'vitest';
import { toRgb } from './rgb.js';

it('repeats grey, drops alpha and keeps RGB as it is', () => {
  expect([...toRgb(Uint8Array.of(7, 9), 2, 1, 1).data]).toEqual([7, 7, 7, 9, 9, 9]);
  expect([...toRgb(Uint8Array.of(7, 255, 9, 0), 1, 2, 2).data]).toEqual([7, 7, 7, 9, 9, 9]);
  expect([...toRgb(Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 0), 2, 1, 4).data]).toEqual([1, 2, 3, 4, 5, 6]);
  const pixels = Uint8Array.of(0, 1, 2, 3);
  expect(toRgb(pixels.subarray(1), 1, 1, 3)).toEqual({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) });
});

it('refuses pixels that do not fit the size', () => {
  expect(() => toRgb(new Uint8Array(5), 1, 2, 3)).toThrow('expected 1 x 2 x 3 = 6 values, found 5');
});

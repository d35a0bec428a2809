import { expect, it } from 'vitest';
import { argmax } from './argmax.js';

it('gives the place of the largest value, the first of equal ones', () => {
  expect(argmax([3])).toBe(0);
  expect(argmax([1, 4, 2])).toBe(1);
  expect(argmax(Float32Array.of(-2, -1, -1, -3))).toBe(1);
  expect(argmax(Int32Array.of(0, 0, 7))).toBe(2);
});

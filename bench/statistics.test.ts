import { expect, it } from 'vitest';
import { median, summarize } from './statistics.js';

it('takes the middle value, whatever the order', () => {
  expect(summarize([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
});

it('takes the mean of two middle values', () => {
  expect(median([4, 1, 10, 2])).toBe(3);
});

it('refuses no values', () => {
  expect(() => summarize([])).toThrow('at least one value');
});

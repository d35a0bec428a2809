import { describe, expect, it } from 'vitest';
import { duration, percent, table, throughput } from './format.js';

describe('duration', () => {
  it.each([
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1:00'],
    [754, '12:34'],
    [3723, '1:02:03'],
    [-1, '0 s'],
    [Number.POSITIVE_INFINITY, '?'],
  ])('%f seconds is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('table', () => {
  it('aligns the first column to the left and the others to the right', () => {
    expect(
      table([
        ['class', 'n'],
        ['happy', '895'],
        ['sad', '7'],
      ]),
    ).toBe('class    n\nhappy  895\nsad      7');
  });
});

it('percent and throughput round for people', () => {
  expect([percent(0.93124), percent(1, 0), throughput(7.26), throughput(151.7)]).toEqual([
    '93.1%',
    '100%',
    '7.3 images/s',
    '152 images/s',
  ]);
});

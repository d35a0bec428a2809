import { describe, expect, it } from 'vitest';
import { bytes, clock, count, duration, flops, percent, throughput } from './numbers.js';

describe('clock', () => {
  it.each([
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1:00'],
    [754, '12:34'],
    [3723, '1:02:03'],
    [-1, '0 s'],
    [Number.POSITIVE_INFINITY, '?'],
  ])('%f seconds is %s', (seconds, text) => {
    expect(clock(seconds)).toBe(text);
  });
});

it('percent and throughput round for people', () => {
  expect([percent(0.93124), percent(1, 0), throughput(7.26), throughput(151.7), throughput(1234)]).toEqual([
    '93.1%',
    '100%',
    '7.3 images/s',
    '152 images/s',
    '1,234 images/s',
  ]);
});

describe('numbers', () => {
  it.each([
    [percent(0.6492), '64.9%'],
    [percent(Number.NaN), 'not a number'],
    [count(28709), '28,709'],
    [duration(4.26), '4.3 s'],
    [duration(59.7), '60 s'],
    [duration(119.6), '2 min 0 s'],
    [duration(3599.9), '1 h 0 min'],
    [duration(4321), '1 h 12 min'],
    [bytes(1.42e9), '1.42 GB'],
    [bytes(5_600_000), '5.6 MB'],
    [flops(116.4e6), '116 MFLOP'],
    [flops(1.8e9), '1.80 GFLOP'],
  ])('%s', (written, expected) => {
    expect(written).toBe(expected);
  });
});

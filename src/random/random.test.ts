import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from './random.js';

const draw = (random: Random, count = 8): number[] => Array.from({ length: count }, () => random.uint32());

describe('Random', () => {
  it('gives the same stream for the same labels, and another for any other', () => {
    expect(draw(new Random(1, 'shuffle', 2))).toEqual(draw(new Random(1, 'shuffle', 2)));
    const streams = [
      new Random(1, 'shuffle', 2),
      new Random(2, 'shuffle', 2),
      new Random(1, 'shuffle', 3),
      new Random(1, 'shufflf', 2),
      new Random(1, 'shuffle', '2'),
      new Random(1, 'shuffle'),
      new Random(1 + 2 ** 32, 'shuffle', 2),
    ].map((random) => draw(random).join());
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('is uniform: every bit is set half the time, and 64 buckets fill evenly', () => {
    const random = new Random(3, 'uniform');
    const bits = new Array<number>(32).fill(0);
    const buckets = new Array<number>(64).fill(0);
    const count = 64_000;
    for (let i = 0; i < count; i++) {
      const value = random.uint32();
      for (let bit = 0; bit < 32; bit++) bits[bit]! += (value >>> bit) & 1;
      buckets[value >>> 26]!++;
    }
    for (const set of bits) expect(Math.abs(set / count - 0.5)).toBeLessThan(0.01); // five standard deviations
    const chiSquare = buckets.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(120); // 63 degrees of freedom: one in 20,000
  });

  it('keeps to the ranges asked for', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1000 }), (seed, below) => {
        const random = new Random(seed);
        const integer = random.integer(below);
        expect(Number.isInteger(integer) && integer >= 0 && integer < below).toBe(true);
        const value = random.uniform(-2, 5);
        expect(value >= -2 && value < 5).toBe(true);
      }),
    );
  });

  it('draws normal numbers of the mean and deviation asked for', () => {
    const random = new Random(5);
    const values = Array.from({ length: 20_000 }, () => random.normal(3, 2));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(3, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(2, 1);
  });

  it('shuffles: the same elements, each equally likely in each place', () => {
    const places = new Array<number>(5).fill(0);
    for (let seed = 0; seed < 5000; seed++) {
      const shuffled = new Random(seed).shuffle([0, 1, 2, 3, 4]);
      expect([...shuffled].sort()).toEqual([0, 1, 2, 3, 4]);
      places[shuffled.indexOf(0)]!++;
    }
    for (const count of places) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('fills words with bits of which the right share is set, each for itself', () => {
    for (const share of [0.1, 0.25, 0.5, 0.7, 0.999]) {
      const words = new Int32Array(20_001).fill(-1);
      new Random(1, 'bits').fillBits(words, share);
      expect(words.every((word) => word >= 0 && word <= 255)).toBe(true);
      const counts = Array.from({ length: 8 }, (_, bit) => words.filter((word) => (word >> bit) & 1).length);
      const spread = Math.sqrt((share * (1 - share)) / words.length);
      for (const count of counts) expect(Math.abs(count / words.length - share)).toBeLessThan(4 * spread);
      // Neighbours don't go together: both bits are set as often as the shares' product says.
      const both = words.filter((word) => (word & 3) === 3).length / words.length;
      expect(Math.abs(both - share * share)).toBeLessThan(0.015);
    }
    const words = new Int32Array(5).fill(7);
    new Random(1).fillBits(words, 0);
    expect([...words]).toEqual([0, 0, 0, 0, 0]);
    new Random(1).fillBits(words, 1);
    expect([...words]).toEqual([255, 255, 255, 255, 255]);
  });
});

import { describe, expect, it } from 'vitest';
import { drawBeta, drawLogGamma } from './beta.js';
import { Random } from './random.js';

const count = 40_000;

function moments(draw: (random: Random) => number): { mean: number; variance: number; values: number[] } {
  const random = new Random(11, 'moments');
  const values = Array.from({ length: count }, () => draw(random));
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { mean, variance, values };
}

describe('drawLogGamma', () => {
  it.each([0.2, 0.9, 1, 3.5, 40])('has mean and variance %d', (shape) => {
    const { mean, variance } = moments((random) => Math.exp(drawLogGamma(shape, random)));
    // Standard errors of the mean, and of the variance (excess kurtosis 6 / shape); five of each.
    expect(Math.abs(mean - shape)).toBeLessThan(5 * Math.sqrt(shape / count));
    expect(Math.abs(variance - shape)).toBeLessThan(5 * shape * Math.sqrt((2 + 6 / shape) / count));
  });

  it('refuses a shape that is none', () => {
    for (const shape of [0, -1, Number.NaN]) {
      expect(() => drawLogGamma(shape, new Random(1))).toThrow(/a shape above 0/);
    }
  });
});

describe('drawBeta', () => {
  it.each([
    [0.2, 0.2],
    [0.4, 0.4],
    [1, 1],
    [2, 5],
  ])('has the moments of Beta(%d, %d)', (a, b) => {
    const { mean, variance, values } = moments((random) => drawBeta(a, b, random));
    const expected = (a * b) / ((a + b) ** 2 * (a + b + 1));
    expect(Math.abs(mean - a / (a + b))).toBeLessThan(5 * Math.sqrt(expected / count));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.03);
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('is uniform for a = b = 1', () => {
    const { values } = moments((random) => drawBeta(1, 1, random));
    const tenths = new Array<number>(10).fill(0);
    for (const value of values) tenths[Math.min(9, Math.floor(value * 10))]!++;
    for (const filled of tenths) expect(Math.abs(filled - count / 10)).toBeLessThan(300); // five deviations
  });

  it('is a number where both draws are far below the smallest number', () => {
    const random = new Random(3);
    const values = Array.from({ length: 500 }, () => drawBeta(1e-4, 1e-4, random));
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(values.filter((value) => value > 0.5).length / 500).toBeCloseTo(0.5, 0);
  });
});

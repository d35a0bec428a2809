import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { fitLogistic } from './logistic.js';

/** Rows around two centres, the second `apart` deviations away along the first column; the third column is constant. */
function rowsOf(counts: readonly [number, number], apart: number) {
  const random = new Random(4);
  const normal = () => Array.from({ length: 12 }, () => random.uniform()).reduce((sum, u) => sum + u, -6);
  const second = Uint8Array.from({ length: counts[0] + counts[1] }, (_, i) => (i < counts[0] ? 0 : 1));
  const rows = Float32Array.from(
    [...second].flatMap((kind) => [100 + 10 * (normal() + kind * apart), normal(), 7]),
  );
  return { rows, second };
}

describe('fitLogistic', () => {
  it('finds the plane between two clouds, whatever the scale of a column', () => {
    const { rows, second } = rowsOf([400, 400], 4);
    const { weights, bias } = fitLogistic(rows, 3, second);
    // By Bayes: log-odds 4 (z - 2), with z = (x - 100) / 10; the decay takes some of it.
    expect(weights[0]).toBeGreaterThan(0.15);
    expect(weights[0]).toBeLessThan(0.45);
    expect(-bias / weights[0]!).toBeCloseTo(120, -1);
    expect(weights[2]).toBe(0);
    const right = [...second].filter((kind, i) => {
      const sum = bias + [0, 1, 2].reduce((total, k) => total + weights[k]! * rows[i * 3 + k]!, 0);
      return sum >= 0 === (kind === 1);
    }).length;
    expect(right / second.length).toBeGreaterThan(0.95);
  });

  it('counts both kinds as much, however many there are', () => {
    const { rows, second } = rowsOf([900, 90], 4);
    const { weights, bias } = fitLogistic(rows, 3, second);
    expect(Math.abs(-(bias + weights[1]! * 0) / weights[0]! - 120)).toBeLessThan(6);
  });

  it('gives the same again', () => {
    const { rows, second } = rowsOf([50, 50], 2);
    expect(fitLogistic(rows, 3, second)).toEqual(fitLogistic(rows, 3, second));
  });
});

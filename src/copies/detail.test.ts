import { describe, expect, it } from 'vitest';
import { render, takePhotograph } from '../../test/audit/pictures.js';
import { detailSimilarity } from './detail.js';

const side = 48;
const [first, second] = [1, 2].map((seed) => Float32Array.from(render(takePhotograph(seed))));
/** A strong light from one side, on which a faint picture lies. */
const lit = (picture: Float32Array, share: number) =>
  picture.map((value, i) => 4 * (i % side) + share * (value - 128));

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const product = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, value, i) => sum + (value - mean(x)) * (y[i]! - mean(y)), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

describe('detailSimilarity', () => {
  it('is 1 for equal pictures, whatever brightness and contrast', () => {
    expect(detailSimilarity(first!, first!)).toBeCloseTo(1, 8);
    expect(
      detailSimilarity(
        first!,
        first!.map((value) => 0.4 * value + 30),
      ),
    ).toBeCloseTo(1, 5);
    expect(
      detailSimilarity(
        first!,
        first!.map((value) => 255 - value),
      ),
    ).toBeCloseTo(-1, 5);
  });

  it('distinguishes pictures that share their light', () => {
    const [a, b] = [lit(first!, 0.15), lit(second!, 0.15)];
    expect(correlation(a, b)).toBeGreaterThan(0.97);
    expect(detailSimilarity(a, b)).toBeLessThan(0.4);
    expect(detailSimilarity(a, lit(first!, 0.1))).toBeGreaterThan(0.95);
  });

  it('leaves out of both what the first does not show', () => {
    const cut = first!.map((value, i) => (i % side < 12 ? Number.NaN : value));
    const other = first!.map((value, i) => (i % side < 12 ? second![i]! : value));
    expect(detailSimilarity(cut, other)).toBeCloseTo(1, 8);
    expect(detailSimilarity(first!, other)).toBeLessThan(0.9);
  });

  it('is 0 without detail', () => {
    expect(detailSimilarity(first!, new Float32Array(side * side).fill(9))).toBe(0);
  });
});

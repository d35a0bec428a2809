import { describe, expect, it } from 'vitest';
import { Random } from '../../random/random.js';
import { mixBatch } from './mixup.js';

const size = 6;
const source = new Random(1);
const pixels = Float32Array.from({ length: size * 5 }, () => source.uniform(0, 255));
/** Row i is one-hot at i, so that a mixed row shows its partner. */
const targets = Float32Array.from({ length: size * size }, (_, k) => (k % (size + 1) === 0 ? 1 : 0));

describe('mixBatch', () => {
  it('mixes pixels and targets of the same pairs with the same weight, and leaves its input alone', () => {
    const kept = [pixels.slice(), targets.slice()];
    const { lambda, ...mixed } = mixBatch(pixels, targets, size, 0.4, new Random(2));
    expect(lambda > 0 && lambda < 1).toBe(true);
    const partners = new Set<number>();
    for (let i = 0; i < size; i++) {
      const row = mixed.targets.subarray(i * size, (i + 1) * size);
      const partner = row.findIndex((value, k) => k !== i && value > 0);
      const other = partner === -1 ? i : partner;
      partners.add(other);
      expect(row[i]).toBeCloseTo(other === i ? 1 : lambda);
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1);
      for (let k = 0; k < 5; k++) {
        const expected = lambda * pixels[i * 5 + k]! + (1 - lambda) * pixels[other * 5 + k]!;
        expect(mixed.pixels[i * 5 + k]).toBeCloseTo(expected, 3);
      }
    }
    expect(partners.size).toBe(size); // a permutation
    expect([pixels, targets]).toEqual(kept);
  });

  it('is decided by its random stream', () => {
    const mix = (...labels: number[]) => mixBatch(pixels, targets, size, 0.4, new Random(...labels));
    expect(mix(3, 1)).toEqual(mix(3, 1));
    expect(mix(3, 2)).not.toEqual(mix(3, 1));
  });

  it('mixes little for a small alpha', () => {
    const random = new Random(4);
    const near = (alpha: number) =>
      Array.from({ length: 300 }, () => mixBatch(pixels, targets, size, alpha, random).lambda).filter(
        (lambda) => Math.min(lambda, 1 - lambda) < 0.05,
      ).length;
    expect(near(0.1)).toBeGreaterThan(180);
    expect(near(5)).toBeLessThan(10);
  });

  it('leaves a batch of one as it is', () => {
    const one = mixBatch(Float32Array.of(3, 4), Float32Array.of(0, 1), 1, 1, new Random(5));
    expect(Array.from(one.pixels, Math.round)).toEqual([3, 4]);
    expect(Array.from(one.targets, Math.round)).toEqual([0, 1]);
  });
});

import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { FeatureBasis } from './feature-basis.js';

const random = new Random(1, 'basis');
const rows = (count: number, size: number): Float32Array =>
  Float32Array.from({ length: count * size }, (_, i) => random.normal((i % size) - 3, 1 + (i % 3)));

function dense(features: Float32Array, kernel: Float32Array, bias: Float32Array): number[] {
  const classes = bias.length;
  const size = kernel.length / classes;
  return Array.from({ length: (features.length / size) * classes }, (_, at) => {
    const [row, k] = [Math.floor(at / classes), at % classes];
    let sum = bias[k]!;
    for (let i = 0; i < size; i++) sum += features[row * size + i]! * kernel[i * classes + k]!;
    return sum;
  });
}

describe('FeatureBasis', () => {
  it.each([1, 4] as const)('folds a layer into one on the features as they are, of %i cells', (cells) => {
    const features = rows(20, 12);
    const basis = FeatureBasis.fit(features, 12, cells);
    const weights = { kernel: rows(12, 2), bias: Float32Array.of(0.5, -1) };
    const folded = basis.fold(weights);
    const expected = dense(basis.apply(features), weights.kernel, weights.bias);
    dense(features, folded.kernel, folded.bias).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 3);
    });
  });

  it('gives every coordinate a mean of 0, and differences half the deviation', () => {
    const applied = FeatureBasis.fit(rows(50, 4), 4, 4).apply(rows(50, 4));
    const deviation = (column: number): number => {
      const values = Array.from({ length: 50 }, (_, i) => applied[i * 4 + column]!);
      return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / 50);
    };
    expect(deviation(0)).toBeGreaterThan(0.7);
    expect(deviation(1)).toBeLessThan(0.7);
  });

  it('leaves a feature that never changes alone', () => {
    const basis = FeatureBasis.fit(new Float32Array(8).fill(3), 2, 1);
    expect([...basis.apply(Float32Array.of(3, 3))]).toEqual([0, 0]);
  });
});

import { describe, expect, it } from 'vitest';
import { balancedWeights, rowsAt, softTargets } from './targets.js';

describe('balancedWeights', () => {
  it("are scikit-learn's, with mean 1 over the images", () => {
    // compute_class_weight('balanced', ...) for 6, 3 and 1 images: 10 / (3 n)
    const labels = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2];
    const weights = balancedWeights(labels, 3);
    expect([...weights].map((weight) => weight.toFixed(4))).toEqual(['0.5556', '1.1111', '3.3333']);
    expect(labels.reduce((sum, label) => sum + weights[label]!, 0) / labels.length).toBeCloseTo(1);
  });

  it('leave out a class without images', () => {
    expect([...balancedWeights([0, 0, 2, 2], 3)]).toEqual([1, 0, 1]);
  });
});

describe('softTargets', () => {
  it('are one-hot without smoothing, and spread it over all classes with it', () => {
    expect([...softTargets([2, 0], 4, 0, null)]).toEqual([0, 0, 1, 0, 1, 0, 0, 0]);
    const smoothed = [...softTargets([1], 4, 0.1, null)].map((value) => value.toFixed(4));
    expect(smoothed).toEqual(['0.0250', '0.9250', '0.0250', '0.0250']);
  });

  it('leave the label the largest of its row, which is what accuracy looks at', () => {
    const labels = [0, 1, 2, 2, 0];
    const rows = softTargets(labels, 3, 0.6, balancedWeights([0, 1, 1, 1, 1, 1, 1, 2], 3));
    const largest = labels.map((_, i) => {
      const row = rows.subarray(i * 3, (i + 1) * 3);
      return row.indexOf(Math.max(...row));
    });
    expect(largest).toEqual(labels);
  });

  it('count an image as often as its class weighs', () => {
    const rows = [...softTargets([1, 0], 2, 0.2, Float32Array.of(0.5, 3))].map((value) => value.toFixed(4));
    expect(rows).toEqual(['0.3000', '2.7000', '0.4500', '0.0500']);
  });

  it('smooth and weigh soft labels as labels, by the class of the label', () => {
    const shares = Float32Array.of(0.75, 0.25, 1, 0);
    expect([...softTargets([0, 1], 2, 0, null, shares)]).toEqual([0.75, 0.25, 1, 0]);
    const rows = softTargets([0, 1], 2, 0.2, Float32Array.of(0.5, 3), shares);
    // 0.5 (0.1 + 0.8 x 0.75), ... 3 (0.1 + 0.8 x 1), ...
    expect([...rows].map((value) => value.toFixed(4))).toEqual(['0.3500', '0.1500', '2.7000', '0.3000']);
  });

  it('are the same for soft labels that are one-hot', () => {
    const labels = [2, 0, 1];
    const weights = Float32Array.of(0.5, 1, 1.5);
    const oneHot = softTargets(labels, 3, 0, null);
    expect([...softTargets(labels, 3, 0.1, weights, oneHot)]).toEqual([
      ...softTargets(labels, 3, 0.1, weights),
    ]);
  });
});

describe('rowsAt', () => {
  it('gives rows of a table in the order of a batch', () => {
    const table = Float32Array.of(0, 1, 10, 11, 20, 21);
    expect([...rowsAt(table, [2, 0, 2], 2)]).toEqual([20, 21, 0, 1, 20, 21]);
  });
});

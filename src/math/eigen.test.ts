import { expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { symmetricEigen } from './eigen.js';

it.each([1, 2, 9, 40])('finds eigenvalues and vectors of a symmetric matrix of %i rows', (n) => {
  const random = new Random(n);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = random.normal();
      matrix[i * n + j] = value;
      matrix[j * n + i] = value;
    }
  }
  const { values, vectors } = symmetricEigen(matrix.slice(), n);
  for (let k = 0; k < n; k++) {
    if (k > 0) expect(values[k]!).toBeLessThanOrEqual(values[k - 1]!);
    const vector = vectors.subarray(k * n, (k + 1) * n);
    for (let i = 0; i < n; i++) {
      let product = 0;
      for (let j = 0; j < n; j++) product += matrix[i * n + j]! * vector[j]!;
      expect(product).toBeCloseTo(values[k]! * vector[i]!, 8);
    }
    for (let other = 0; other <= k; other++) {
      let product = 0;
      for (let i = 0; i < n; i++) product += vectors[other * n + i]! * vector[i]!;
      expect(product).toBeCloseTo(other === k ? 1 : 0, 8);
    }
  }
});

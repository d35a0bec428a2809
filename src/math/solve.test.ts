import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { solvePositive } from './solve.js';

describe('solvePositive', () => {
  it.each([1, 2, 4, 30])('finds what %i equations were made from', (n) => {
    const random = new Random(3, 'solve', n);
    const factor = Float64Array.from({ length: n * n }, () => random.uniform() - 0.5);
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        matrix[i * n + j] = i === j ? 0.1 : 0;
        for (let k = 0; k < n; k++) matrix[i * n + j]! += factor[i * n + k]! * factor[j * n + k]!;
      }
    }
    const x = Float64Array.from({ length: n }, () => random.uniform() - 0.5);
    const right = x.map((_, i) => x.reduce((sum, value, j) => sum + matrix[i * n + j]! * value, 0));
    const solution = solvePositive(matrix, right)!;
    for (const [i, value] of x.entries()) expect(solution[i]).toBeCloseTo(value, 9);
  });

  it('has no solution for a matrix that is not positive definite', () => {
    expect(solvePositive(Float64Array.of(1, 1, 1, 1), Float64Array.of(1, 2))).toBeNull();
    expect(solvePositive(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 2))).toBeNull();
    expect(solvePositive(Float64Array.of(Number.NaN), Float64Array.of(1))).toBeNull();
  });
});

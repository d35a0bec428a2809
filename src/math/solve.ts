// A system of linear equations with a symmetric, positive definite matrix, by elimination, which then needs no pivoting
// (Golub and Van Loan, Matrix Computations, 4.1). For some dozens of rows.

/** A smaller pivot means a matrix that isn't positive definite, or too nearly so. */
const smallestPivot = 1e-9;

/**
 * Solves matrix x = right.
 *
 * @param matrix `n * n`, symmetric; destroyed.
 * @param right `n`; becomes the solution.
 * @returns `right`, or null where there is no stable solution.
 */
export function solvePositive(matrix: Float64Array, right: Float64Array): Float64Array | null {
  const n = right.length;
  for (let k = 0; k < n; k++) {
    const pivot = matrix[k * n + k]!;
    if (!(pivot > smallestPivot)) return null;
    for (let i = k + 1; i < n; i++) {
      const factor = matrix[i * n + k]! / pivot;
      for (let j = k; j < n; j++) matrix[i * n + j]! -= factor * matrix[k * n + j]!;
      right[i]! -= factor * right[k]!;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) right[i]! -= matrix[i * n + j]! * right[j]!;
    right[i]! /= matrix[i * n + i]!;
  }
  return right;
}

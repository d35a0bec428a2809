// Logistic regression of two kinds of rows: the plane that tells them apart, and on which side of it how far.

/** `sigmoid(row . weights + bias)` is the probability that a row is of the second kind. */
export interface LogisticFit {
  weights: Float64Array;
  bias: number;
}

/** Pulls weights of standardised columns towards 0: with fewer rows than columns there are many planes. */
const decay = 1e-3;
const steps = 300;
const stepSize = 0.05;

/** Mean and standard deviation of every column. */
function columnsOf(rows: Float32Array, width: number): { means: Float64Array; deviations: Float64Array } {
  const count = rows.length / width;
  const [means, deviations] = [new Float64Array(width), new Float64Array(width)];
  for (let i = 0; i < rows.length; i++) means[i % width]! += rows[i]! / count;
  for (let i = 0; i < rows.length; i++) deviations[i % width]! += (rows[i]! - means[i % width]!) ** 2 / count;
  // A column that never changes tells nothing: its weight stays 0.
  return { means, deviations: deviations.map((variance) => (variance > 1e-12 ? Math.sqrt(variance) : 0)) };
}

/**
 * Fits by Adam (Kingma and Ba 2015) on all rows at once, from zero, so that the same rows give the same fit. Both kinds count
 * as much as the other, however many rows there are of each.
 *
 * @param rows [count, width], row by row.
 * @param second [count], 1 where a row is of the second kind, else 0; both occur.
 */
export function fitLogistic(rows: Float32Array, width: number, second: Uint8Array): LogisticFit {
  const { means, deviations } = columnsOf(rows, width);
  const inverse = deviations.map((deviation) => (deviation > 0 ? 1 / deviation : 0));
  const scaled = rows.map((value, i) => (value - means[i % width]!) * inverse[i % width]!);
  const seconds = second.reduce((sum, kind) => sum + kind, 0);
  const share = [0.5 / (second.length - seconds), 0.5 / seconds];
  // The last place of each is the bias.
  const [weights, first, square] = [0, 1, 2].map(() => new Float64Array(width + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let step = 1; step <= steps; step++) {
    const gradient = weights.map((weight, k) => (k < width ? decay * weight : 0));
    for (let row = 0; row < second.length; row++) {
      const from = row * width;
      let sum = weights[width]!;
      for (let k = 0; k < width; k++) sum += weights[k]! * scaled[from + k]!;
      const error = (1 / (1 + Math.exp(-sum)) - second[row]!) * share[second[row]!]!;
      for (let k = 0; k < width; k++) gradient[k]! += error * scaled[from + k]!;
      gradient[width]! += error;
    }
    const [shrink1, shrink2] = [1 - 0.9 ** step, 1 - 0.999 ** step];
    for (let k = 0; k <= width; k++) {
      first[k] = 0.9 * first[k]! + 0.1 * gradient[k]!;
      square[k] = 0.999 * square[k]! + 0.001 * gradient[k]! ** 2;
      weights[k]! -= (stepSize * first[k]!) / shrink1 / (Math.sqrt(square[k]! / shrink2) + 1e-8);
    }
  }
  const unscaled = weights.subarray(0, width).map((weight, k) => weight * inverse[k]!);
  const bias = weights[width]! - unscaled.reduce((sum, weight, k) => sum + weight * means[k]!, 0);
  return { weights: unscaled, bias };
}

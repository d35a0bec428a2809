// How alike two pictures are in their detail: eyes, mouth, folds, hair. The shading of a face, its outline and its ground
// take up most of a picture's variance and are much the same in many pictures. So both are normalised by their
// surroundings first (local contrast normalisation, as Jarrett et al. 2009): every pixel less the mean around it, divided
// by the contrast around it, so that a faint mouth counts as much as a strong outline.

/** Pixels on each side of a pixel that count as its surroundings: a window of 7x7. */
const reach = 3;
/** Added to the local contrast, as a share of the whole picture's, so that noise on a plain ground stays small. */
const steadying = 0.1;

/** Sums over a window of `2 reach + 1` in one direction; `stride` is the step along it, `across` between lines. */
function windowSums(values: Float64Array, side: number, stride: number, across: number): Float64Array {
  const sums = new Float64Array(values.length);
  for (let line = 0; line < side; line++) {
    const start = line * across;
    let sum = 0;
    for (let i = -reach; i < side; i++) {
      if (i + reach < side) sum += values[start + (i + reach) * stride]!;
      if (i - reach > 0) sum -= values[start + (i - reach - 1) * stride]!;
      if (i >= 0) sums[start + i * stride] = sum;
    }
  }
  return sums;
}

function surroundings(values: Float64Array, side: number): Float64Array {
  return windowSums(windowSums(values, side, 1, side), side, side, 1);
}

/** Every pixel that counts, normalised by those around it that do; 0 for the others. Plain loops: audits wait for them. */
function detailOf(picture: ArrayLike<number>, counted: Float64Array, counts: Float64Array): Float64Array {
  const side = Math.sqrt(counted.length);
  const values = new Float64Array(counted.length);
  for (let i = 0; i < values.length; i++) if (counted[i] === 1) values[i] = picture[i]!;
  const sums = surroundings(values, side);
  const detail = new Float64Array(values.length);
  const squares = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (counted[i] !== 1) continue;
    const value = values[i]! - sums[i]! / counts[i]!;
    detail[i] = value;
    squares[i] = value * value;
  }
  const contrasts = surroundings(squares, side);
  const least = steadying * deviation(values, counted);
  for (let i = 0; i < values.length; i++) {
    if (detail[i] !== 0) detail[i]! /= Math.sqrt(Math.max(0, contrasts[i]! / counts[i]!)) + least;
  }
  return detail;
}

/** Standard deviation of the values that count. */
function deviation(values: Float64Array, counted: Float64Array): number {
  let [count, sum, squares] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    count += counted[i]!;
    sum += values[i]!;
    squares += values[i]! ** 2;
  }
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}

/**
 * Normalised cross-correlation of two square pictures' detail, -1 to 1.
 *
 * @param first `side * side` values; those that are no number are left out of both pictures.
 * @returns 0 where either has no detail at all.
 */
export function detailSimilarity(first: Float32Array, second: ArrayLike<number>): number {
  const side = Math.sqrt(first.length);
  const counted = new Float64Array(first.length);
  for (let i = 0; i < first.length; i++) counted[i] = Number.isNaN(first[i]!) ? 0 : 1;
  const counts = surroundings(counted, side);
  const a = detailOf(first, counted, counts);
  const b = detailOf(second, counted, counts);
  let count = 0;
  let [sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    count += counted[i]!;
    sumA += a[i]!;
    sumB += b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
    products += a[i]! * b[i]!;
  }
  const covariance = products - (sumA * sumB) / count;
  const scale = Math.sqrt((squaresA - sumA ** 2 / count) * (squaresB - sumB ** 2 / count));
  return scale > 0 ? covariance / scale : 0;
}

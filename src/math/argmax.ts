// The place of the largest value.

/**
 * @param values at least one.
 * @returns the place of the largest; of equal ones, the first. Values that are not numbers (NaN) never count as larger.
 */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

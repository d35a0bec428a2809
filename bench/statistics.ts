// Medians and spreads of a few measurements.

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median and range of at least one value. */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError('summarize: expected at least one value, found none.');
  const ordered = [...values].sort((a, b) => a - b);
  const middle = ordered.length >> 1;
  const median = ordered.length % 2 === 1 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2;
  return { median, min: ordered[0]!, max: ordered.at(-1)! };
}

export function median(values: readonly number[]): number {
  return summarize(values).median;
}

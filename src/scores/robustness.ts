// How a model's answers change where its images are changed: accuracy lost, and answers that become others, both with
// intervals for answers to the same images before and after.

import { wilsonInterval } from './metrics.js';

/** 97.5% quantile of the standard normal distribution. */
const normalQuantile = 1.959963984540054;

/** Under one change. All are shares of the images, from 0 to 1, but `lost`. */
export interface ChangeScores {
  /** As `shrunk-24`. */
  change: string;
  /** In words. */
  name: string;
  accuracy: number;
  /** Accuracy before less accuracy after: below 0 where the change helps. */
  lost: number;
  /** 95% interval of `lost`, for paired answers. */
  lostInterval: [number, number];
  /** Answers that become others, right or wrong. */
  changed: number;
  /** 95% Wilson score interval of `changed`. */
  changedInterval: [number, number];
}

/** A model's scores under changes of the images. */
export interface Robustness {
  /** Images that were scored. */
  n: number;
  /** Of the images as they are. */
  accuracy: number;
  changes: ChangeScores[];
}

/**
 * The 95% interval of the difference between two shares of the same `n` images: those that only the first has (`first`),
 * those that only the second has (`second`). Agresti and Min 2005, "Simple improved confidence intervals for comparing
 * matched proportions": the interval of McNemar's difference with half an image added to each of the four cells, so that it
 * holds where few images or none differ.
 */
export function pairedInterval(first: number, second: number, n: number): [number, number] {
  const [b, c, total] = [first + 0.5, second + 0.5, n + 2];
  const difference = (b - c) / total;
  const half = (normalQuantile * Math.sqrt(b + c - (b - c) ** 2 / total)) / total;
  return [Math.max(-1, difference - half), Math.min(1, difference + half)];
}

/**
 * Compares a model's answers before a change with those after it.
 *
 * @param labels [n], n >= 1, and the answers as well: indices of classes.
 */
export function scoreChange(
  { id, name }: { id: string; name: string },
  labels: Int32Array,
  before: Int32Array,
  after: Int32Array,
): ChangeScores {
  const n = labels.length;
  let [right, spoilt, mended, changed] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    if (after[i] === labels[i]) right++;
    if (before[i] === after[i]) continue;
    changed++;
    if (before[i] === labels[i]) spoilt++;
    else if (after[i] === labels[i]) mended++;
  }
  return {
    change: id,
    name,
    accuracy: right / n,
    lost: (spoilt - mended) / n,
    lostInterval: pairedInterval(spoilt, mended, n),
    changed: changed / n,
    changedInterval: wilsonInterval(changed, n),
  };
}

// Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2): one number that all
// logits are divided by, so that a confidence of 80% is right four times out of five. Which class comes first stays.

import { softmaxRows } from '../math/softmax.js';
import { scorePredictions } from './metrics.js';
import type { Calibration } from './types.js';

/** Logits of n images with their labels. */
export interface LabelledLogits {
  /** [n, classes], row by row. */
  logits: Float32Array;
  /** [n], from 0 to classes - 1. */
  labels: Int32Array;
  classes: number;
}

/** Temperatures are looked for from 1 / widest to widest. */
const widest = 20;
const mostSteps = 100;
/** Relative change of the last step. */
const precision = 1e-12;

/**
 * The temperature T that minimises the mean cross-entropy of softmax(logits / T).
 *
 * In b = 1 / T the loss is convex: its derivative is the mean of E[z] - z[label], its second derivative the mean
 * variance of z, both under softmax(b z). Newton's method finds the zero, kept within a bracket by bisection.
 *
 * @returns null where no temperature from 0.05 to 20 is best: every answer is right, or they are worse than chance, or
 *   there are no images. Such images can't say how sure to be.
 */
export function fitTemperature(data: LabelledLogits): number | null {
  let [low, high] = [1 / widest, widest];
  if (data.labels.length === 0 || slopes(data, low).first >= 0 || slopes(data, high).first <= 0) return null;
  let inverse = 1;
  for (let step = 0; step < mostSteps; step++) {
    const { first, second } = slopes(data, inverse);
    if (first > 0) high = inverse;
    else low = inverse;
    const newton = inverse - first / second;
    const next = newton > low && newton < high ? newton : (low + high) / 2; // also where `second` is 0
    const change = Math.abs(next - inverse);
    inverse = next;
    if (change <= precision * inverse) break;
  }
  return 1 / inverse;
}

/** First and second derivative of the mean loss by the inverse temperature. */
function slopes({ logits, labels, classes }: LabelledLogits, inverse: number) {
  let [first, second] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    const [start, end] = [i * classes, (i + 1) * classes];
    let top = Number.NEGATIVE_INFINITY;
    for (let k = start; k < end; k++) top = Math.max(top, logits[k]!);
    let [weight, sum, squares] = [0, 0, 0];
    for (let k = start; k < end; k++) {
      const z = logits[k]! - top; // at most 0, so that nothing overflows
      const power = Math.exp(inverse * z);
      weight += power;
      sum += power * z;
      squares += power * z * z;
    }
    const mean = sum / weight;
    first += mean - (logits[start + labels[i]!]! - top);
    second += squares / weight - mean * mean;
  }
  return { first: first / labels.length, second: second / labels.length };
}

/**
 * What a temperature does to the images that it was fitted on, and an honest check: each half of the images (every other
 * one) under the temperature of the other half, scored together.
 *
 * @throws FerlabError `model` where a logit isn't a finite number; RangeError without images.
 */
export function calibrationEffect(
  data: LabelledLogits,
  temperature: number,
): Pick<Calibration, 'ece' | 'loss'> {
  const { logits, labels, classes } = data;
  const halves = [0, 1].map((rest) => fitTemperature(everyOther(data, rest)) ?? 1);
  const crossed = new Float32Array(logits.length);
  halves.forEach((fitted, rest) => {
    const scores = softmaxRows(logits, classes, fitted);
    for (let i = 1 - rest; i < labels.length; i += 2) {
      crossed.set(scores.subarray(i * classes, (i + 1) * classes), i * classes);
    }
  });
  const scored = (probabilities: Float32Array) =>
    scorePredictions({
      probabilities,
      labels,
      files: Array.from(labels, (_, i) => `image ${i + 1}`),
      classes: Array.from({ length: classes }, (_, k) => `class ${k}`),
      mistakes: 0,
    });
  const before = scored(softmaxRows(logits, classes));
  const after = scored(softmaxRows(logits, classes, temperature));
  const cross = scored(crossed);
  return {
    ece: { before: before.ece, after: after.ece, crossFitted: cross.ece },
    loss: { before: before.loss, after: after.loss, crossFitted: cross.loss },
  };
}

/** Images `rest`, `rest` + 2, and so on. */
function everyOther({ logits, labels, classes }: LabelledLogits, rest: number): LabelledLogits {
  const places = Array.from(labels.keys()).filter((i) => i % 2 === rest);
  const half = new Float32Array(places.length * classes);
  places.forEach((i, k) => {
    half.set(logits.subarray(i * classes, (i + 1) * classes), k * classes);
  });
  return { logits: half, labels: Int32Array.from(places, (i) => labels[i]!), classes };
}

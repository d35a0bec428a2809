// Scores of a classifier from its probabilities: accuracy, cross-entropy, confusion, per-class scores, calibration.
// Pure arithmetic on arrays that are already there; running the model and reading images happen elsewhere.
//
// Definitions are scikit-learn's (precision_recall_fscore_support, log_loss with zero_division=0); the interval is
// Wilson's (1927); the calibration error is that of Guo et al. 2017, "On Calibration of Modern Neural Networks".

import { FerlabError } from '../errors.js';
import type { ClassScores, EvaluationResult, Mistake, ReliabilityBin } from './types.js';

/** 97.5% quantile of the standard normal distribution. */
const normalQuantile = 1.959963984540054;

/** A float32 probability can underflow to 0; the loss then counts the smallest positive float32 instead. */
const smallestProbability = 2 ** -149;

const reliabilityBins = 15;

export interface Predictions {
  /** [n, classes], row by row; each row sums to 1. */
  probabilities: Float32Array;
  /** [n], indices into `classes`. */
  labels: Int32Array;
  /** [n], names for the list of mistakes. */
  files: readonly string[];
  classes: readonly string[];
  /** How many of the most confident mistakes to list. Default: 25. */
  mistakes?: number;
}

/**
 * Scores `n` predictions, n >= 1. A tie goes to the class that comes first.
 *
 * @throws RangeError where the arrays don't fit each other.
 * @throws FerlabError of kind `model` where a probability isn't a number from 0 to 1.
 */
export function scorePredictions(predictions: Predictions): EvaluationResult {
  checkShapes(predictions);
  const { probabilities, labels, files } = predictions;
  const classes = [...predictions.classes];
  const confusion = classes.map(() => new Array<number>(classes.length).fill(0));
  const bins = emptyBins();
  const wrong: Mistake[] = [];
  let loss = 0; // float64: a million terms lose about 1e-10 of the sum
  for (let i = 0; i < labels.length; i++) {
    const row = probabilities.subarray(i * classes.length, (i + 1) * classes.length);
    const label = labels[i]!;
    const predicted = mostProbable(row, files[i]!);
    const confidence = row[predicted]!;
    loss -= Math.log(Math.max(row[label]!, smallestProbability));
    confusion[label]![predicted]!++;
    const bin = bins[binOf(confidence)]!;
    bin.count++;
    bin.confidence += confidence;
    if (predicted === label) {
      bin.accuracy++;
    } else {
      wrong.push({ file: files[i]!, expected: classes[label]!, predicted: classes[predicted]!, confidence });
    }
  }
  const n = labels.length;
  const correct = n - wrong.length;
  const scores = scoresFromConfusion(confusion);
  return {
    accuracy: correct / n,
    accuracyInterval: wilsonInterval(correct, n),
    n,
    loss: loss / n,
    classes,
    confusion,
    perClass: Object.fromEntries(classes.map((name, k) => [name, scores[k]!])),
    macro: meanScores(scores, (score) => (score.support > 0 ? 1 : 0)),
    weighted: meanScores(scores, (score) => score.support),
    // With sums still in the bins, |sum of confidence - number right| / n is the bin's share of the error.
    ece: bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.accuracy) / n, 0),
    reliability: bins.map(toMeans),
    mistakes: mostConfident(wrong, predictions.mistakes ?? 25),
  };
}

/** 95% Wilson score interval for `correct` of `n`, n >= 1; within 0 to 1. */
export function wilsonInterval(correct: number, n: number): [number, number] {
  const z2 = normalQuantile * normalQuantile;
  const centre = correct + z2 / 2;
  const half = normalQuantile * Math.sqrt((correct * (n - correct)) / n + z2 / 4);
  // Exactly 0 and 1 at the ends, where rounding could step over.
  const lower = correct === 0 ? 0 : (centre - half) / (n + z2);
  const upper = correct === n ? 1 : (centre + half) / (n + z2);
  return [lower, upper];
}

/** Precision, recall, F1 and support of every class of `confusion[actual][predicted]`; 0 where undefined. */
function scoresFromConfusion(confusion: readonly (readonly number[])[]): ClassScores[] {
  return confusion.map((row, k) => {
    const right = row[k]!;
    const support = row.reduce((sum, count) => sum + count, 0);
    const predicted = confusion.reduce((sum, other) => sum + other[k]!, 0);
    return {
      precision: predicted > 0 ? right / predicted : 0,
      recall: support > 0 ? right / support : 0,
      f1: predicted + support > 0 ? (2 * right) / (predicted + support) : 0,
      support,
    };
  });
}

function meanScores(
  scores: readonly ClassScores[],
  weightOf: (score: ClassScores) => number,
): Omit<ClassScores, 'support'> {
  const total = scores.reduce((sum, score) => sum + weightOf(score), 0);
  const mean = (key: 'precision' | 'recall' | 'f1') =>
    scores.reduce((sum, score) => sum + weightOf(score) * score[key], 0) / total;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}

function mostProbable(row: Float32Array, file: string): number {
  let best = 0;
  for (let k = 0; k < row.length; k++) {
    const p = row[k]!;
    // Written so that NaN fails too; softmax in float32 may exceed 1 by its rounding.
    if (!(p >= 0 && p <= 1 + 1e-5)) {
      throw new FerlabError(
        'model',
        `${file}: the model's probabilities must be numbers from 0 to 1, got ${p} for class ${k}. ` +
          'The model is damaged, or its training diverged: use another checkpoint.',
      );
    }
    if (p > row[best]!) best = k;
  }
  return best;
}

function emptyBins(): ReliabilityBin[] {
  return Array.from({ length: reliabilityBins }, (_, m) => ({
    lower: m / reliabilityBins,
    upper: (m + 1) / reliabilityBins,
    count: 0,
    confidence: 0,
    accuracy: 0,
  }));
}

/** Bin m holds confidences in (m / 15, (m + 1) / 15], as in the paper. */
function binOf(confidence: number): number {
  return Math.min(Math.max(Math.ceil(confidence * reliabilityBins) - 1, 0), reliabilityBins - 1);
}

function toMeans(bin: ReliabilityBin): ReliabilityBin {
  if (bin.count === 0) return bin;
  return { ...bin, confidence: bin.confidence / bin.count, accuracy: bin.accuracy / bin.count };
}

function mostConfident(wrong: Mistake[], count: number): Mistake[] {
  const byFile = (a: Mistake, b: Mistake) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
  return wrong.sort((a, b) => b.confidence - a.confidence || byFile(a, b)).slice(0, count);
}

function checkShapes({ probabilities, labels, files, classes }: Predictions): void {
  const n = labels.length;
  if (n === 0 || classes.length === 0) {
    throw new RangeError(`scorePredictions: expected images and classes, got ${n} and ${classes.length}`);
  }
  if (probabilities.length !== n * classes.length || files.length !== n) {
    throw new RangeError(
      `scorePredictions: ${n} labels and ${classes.length} classes need ${n * classes.length} probabilities and ` +
        `${n} files, got ${probabilities.length} and ${files.length}`,
    );
  }
  if (new Set(classes).size !== classes.length) {
    throw new RangeError(`scorePredictions: class names must differ, got ${classes.join(', ')}`);
  }
  const stray = labels.find((label) => label < 0 || label >= classes.length);
  if (stray !== undefined) {
    throw new RangeError(`scorePredictions: labels must be from 0 to ${classes.length - 1}, got ${stray}`);
  }
}

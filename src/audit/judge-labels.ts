// Judges labels by predictions of models that haven't seen the images they predict (cross-validation/ trains them), by
// confident learning (Northcutt, Jiang and Chuang 2021).

import type { AuditImages } from '../copies/images.js';
import { argmax } from '../math/argmax.js';
import { confidentClasses, confidentJoint, estimateTrueCounts } from '../scores/confident-learning.js';
import { type RankedSuspects, type Suspect, sortSuspects } from './suspects.js';

/** Predictions of every image by a model that was trained without it, and how the models were trained. */
export interface OutOfSample {
  /** `[images, classes]`, row by row, by the dataset's numbering of classes. */
  probabilities: Float32Array;
  folds: number;
  /** By image, from 0: the fold whose model predicted it. */
  foldOf: Uint8Array;
  preset: string;
  epochs: number;
  seed: number;
}

/** Labels judged over all splits together. */
export interface CrossValidated extends Pick<OutOfSample, 'folds' | 'preset' | 'epochs' | 'seed'> {
  /** Suspects by split; the thresholds are of all splits together. */
  suspects: RankedSuspects[];
  /** Share of the images whose most probable class is their label; of all, and by fold. */
  accuracy: number;
  foldAccuracy: number[];
  /** Images by given label and confident class, and the estimate of how many truly are that class. */
  joint: number[][];
  estimated: number[][];
}

/** The verdict on the labels of all splits. */
export interface JudgedLabels {
  /** By split. */
  suspects: RankedSuspects[];
  /** Null where one model judged. */
  crossValidated: Omit<CrossValidated, 'suspects'> | null;
}

/** Accuracy by fold (not a number for an empty one), and of all images. */
function accuracies({ probabilities, foldOf, folds }: OutOfSample, labels: Int32Array) {
  const classes = probabilities.length / labels.length;
  const correct = new Float64Array(folds);
  const counts = new Float64Array(folds);
  labels.forEach((label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    counts[foldOf[i]!]!++;
    if (argmax(row) === label) correct[foldOf[i]!]!++;
  });
  const sum = correct.reduce((total, count) => total + count, 0);
  return {
    accuracy: sum / labels.length,
    foldAccuracy: Array.from(correct, (count, f) => count / counts[f]!),
  };
}

/**
 * Judges all labels together. Suspects are the images that the confident joint counts outside its diagonal; they are
 * ranked by the normalised margin.
 */
export function judgeLabels(images: AuditImages, outOfSample: OutOfSample): CrossValidated {
  const { probabilities, folds, preset, epochs, seed } = outOfSample;
  const classes = images.classes.length;
  const { labels } = images;
  const confident = confidentClasses(probabilities, labels, classes);
  const joint = confidentJoint(labels, confident.classes, classes);
  const counts = new Int32Array(classes);
  const suspects = images.splits.map((): Suspect[] => []);
  labels.forEach((label, image) => {
    counts[label]!++;
    const predicted = confident.classes[image]!;
    if (predicted < 0 || predicted === label) return;
    suspects[images.splitOf[image]!]!.push({
      image,
      predicted,
      labelProbability: probabilities[image * classes + label]!,
      predictedProbability: probabilities[image * classes + predicted]!,
    });
  });
  return {
    folds,
    preset,
    epochs,
    seed,
    suspects: suspects.map((own) => ({ thresholds: confident.thresholds, suspects: sortSuspects(own) })),
    ...accuracies(outOfSample, labels),
    joint,
    estimated: estimateTrueCounts(joint, counts),
  };
}

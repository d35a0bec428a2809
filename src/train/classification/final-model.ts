// A classifier at the end of its run: one pass over the validation images gives the temperature of the model file and the
// scores of the report.

import type { ImageStore } from '../../data/store/store.js';
import { onlyImages } from '../../data/store/subset.js';
import { calibrationMetadata, describeCalibration } from '../../evaluate/calibrate.js';
import { measureRobustness } from '../../evaluate/robustness.js';
import { collectScores } from '../../evaluate/score.js';
import { fitUncertain } from '../../evaluate/uncertain.js';
import { softmaxRows } from '../../math/softmax.js';
import type { UncertainRule } from '../../predict/metadata.js';
import { loadModelFromBytes } from '../../predict/model.js';
import { withoutTemperature, withTemperature } from '../../predict/rewrite.js';
import { scorePredictions } from '../../scores/metrics.js';
import type { Robustness } from '../../scores/robustness.js';
import type { Calibration, EvaluationResult } from '../../scores/types.js';
import type { TrainConfig } from '../config/config.js';
import type { TrainHooks } from '../loop/events.js';
import type { Place } from '../loop/task.js';
import { datasetName } from './model-file.js';
import type { TrainingData } from './training-data.js';

export interface FinalModel {
  /** Of the model file, calibrated where the configuration asks for it and a temperature suits. */
  bytes: Uint8Array;
  calibration: Calibration | null;
  /** What its output `uncertain` rests on; null where it has none. */
  uncertain: UncertainRule | null;
  /** Of the calibrated model on the validation split. */
  evaluation: EvaluationResult;
  /** On some of the validation images; null without a report. */
  robustness: Robustness | null;
}

/**
 * Validation images that are scored under every change for the report. With some 25 changes that takes as long as
 * validating seven times does on FER2013, and intervals are about a point wide to each side.
 */
const changedImages = 1000;

/**
 * Scores and calibrates the model of a run. The same file and images give the same bytes, whether it was calibrated
 * before or not.
 *
 * @param file names the model in messages.
 */
export async function finishClassifier(
  bytes: Uint8Array,
  file: string,
  config: TrainConfig,
  { validation, copied }: Pick<TrainingData, 'validation' | 'copied'>,
  { device, threads, report }: Pick<Place, 'device' | 'threads'> & { report: boolean },
  hooks: TrainHooks,
): Promise<FinalModel> {
  const model = await loadModelFromBytes(withoutTemperature(bytes, file), { name: file, threads, device });
  const { classes } = model;
  let logits: Float32Array;
  let robustness: Robustness | null = null;
  const onProgress = (done: number, total: number) => hooks.onProgress?.({ type: 'validate', done, total });
  try {
    logits = await collectScores(model, 'logits', validation, { onProgress });
    if (report) robustness = await measureRobustness(model, validation, { most: changedImages, onProgress });
  } finally {
    await model.close();
  }
  const calibration = config.train.calibrate
    ? calibrate(logits, classes.length, validation, copied, datasetName(config))
    : null;
  if (config.train.calibrate && calibration === null) {
    const message =
      `The probabilities stay as trained: the ${validation.count - copied.size} validation images without a copy in ` +
      'training are all recognised, or worse than by chance, so no temperature is best.';
    hooks.onProgress?.({ type: 'log', message });
  }
  const calibrated =
    calibration === null ? bytes : withTemperature(bytes, file, calibrationMetadata(calibration));
  const rule = config.train.calibrate
    ? await fitUncertain(
        calibrated,
        file,
        { store: unseenImages(validation, copied), dataset: datasetName(config), split: 'validation' },
        { threads, device, onProgress },
      )
    : null;
  const evaluation = scorePredictions({
    probabilities: softmaxRows(logits, classes.length, calibration?.temperature ?? 1),
    labels: validation.labels,
    files: validation.samples.map(({ file: name }) => name),
    classes,
  });
  return {
    bytes: rule?.bytes ?? calibrated,
    uncertain: rule?.uncertain ?? null,
    calibration,
    evaluation,
    robustness,
  };
}

/** By the images that don't stand in training too; null where no temperature suits. */
function calibrate(
  logits: Float32Array,
  classes: number,
  validation: ImageStore,
  copied: ReadonlySet<number>,
  dataset: string,
): Calibration | null {
  const places = unseenPlaces(validation, copied);
  const unseen = unseenImages(validation, copied);
  const rows = new Float32Array(places.length * classes);
  places.forEach((place, i) => {
    rows.set(logits.subarray(place * classes, (place + 1) * classes), i * classes);
  });
  return describeCalibration(rows, classes, { store: unseen, dataset, split: 'validation' });
}

function unseenPlaces(validation: ImageStore, copied: ReadonlySet<number>): number[] {
  return Array.from({ length: validation.count }, (_, i) => i).filter((i) => !copied.has(i));
}

/** The images that don't stand in training too. */
function unseenImages(validation: ImageStore, copied: ReadonlySet<number>): ImageStore {
  return copied.size === 0 ? validation : onlyImages(validation, unseenPlaces(validation, copied));
}

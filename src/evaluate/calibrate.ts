// Calibrates model files: fits a temperature on labelled images and stores it in the file's own graph.

import { basename, resolve } from 'node:path';
import {
  checkArgument,
  checkHooks,
  checkOptions,
  type OptionRules,
  path,
  threadCount,
} from '../check-options.js';
import { FerlabError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import type { ModelCalibration, UncertainRule } from '../predict/metadata.js';
import { loadModelFromBytes } from '../predict/model.js';
import { readModelMetadata } from '../predict/model-file.js';
import { withoutTemperature, withTemperature } from '../predict/rewrite.js';
import { readModelFile } from '../predict-files/load-model.js';
import type { Hooks } from '../progress.js';
import { calibrationEffect, fitTemperature } from '../scores/temperature.js';
import type { Calibration, CalibrationChange } from '../scores/types.js';
import { batchRule, type EvaluateEvent, openSplit, type SplitOptions, splitRules } from './open-split.js';
import { type CalibrationImages, collectScores, type ScoreOptions } from './score.js';
import { fitUncertain } from './uncertain.js';

export interface CalibrateOptions extends SplitOptions {
  /** The model file. */
  model: string;
  /** The calibrated model file; an existing one is replaced. May be `model` itself. */
  out: string;
  /** Images per call of the model. Default: 64. */
  batchSize?: number | undefined;
  /** Threads of the engine. Default: the engine's choice. */
  threads?: number | undefined;
}

const calibrateRules: OptionRules<CalibrateOptions> = {
  ...splitRules,
  model: path,
  out: path,
  batchSize: batchRule,
  threads: threadCount,
};

/** Digits of a temperature after the point: finer than images can determine, and the same on every machine. */
const temperatureDigits = 4;

/** What was fitted to a model. */
export interface CalibratedModel extends Calibration {
  /** What its output `uncertain` rests on; null where there are fewer than 200 images. */
  uncertain: UncertainRule | null;
}

/**
 * The bytes of a model file with the temperature that suits these images best, and with the output `uncertain`, where there are
 * enough images; earlier ones are replaced. The same
 * file, images and threads give the same bytes, whether the file was calibrated before or not.
 *
 * @returns null where no temperature suits, as where every answer is right.
 * @throws FerlabError `model` where the bytes are not a model of this project.
 */
export async function calibrateBytes(
  bytes: Uint8Array,
  where: string,
  images: CalibrationImages,
  { threads, ...options }: ScoreOptions & { threads?: number | undefined } = {},
): Promise<{ bytes: Uint8Array; calibration: Calibration; uncertain: UncertainRule | null } | null> {
  const model = await loadModelFromBytes(withoutTemperature(bytes, where), { name: where, threads });
  let logits: Float32Array;
  try {
    logits = await collectScores(model, 'logits', images.store, options);
  } finally {
    await model.close();
  }
  const calibration = describeCalibration(logits, model.classes.length, images);
  if (calibration === null) return null;
  const calibrated = withTemperature(bytes, where, calibrationMetadata(calibration));
  const rule = await fitUncertain(calibrated, where, images, { threads, ...options });
  return { bytes: rule?.bytes ?? calibrated, calibration, uncertain: rule?.uncertain ?? null };
}

/**
 * The calibration that suits the logits of these images best; null where no temperature does.
 *
 * @param logits of a model without a temperature, [images, classes].
 */
export function describeCalibration(
  logits: Float32Array,
  classes: number,
  { store, dataset, split }: CalibrationImages,
): Calibration | null {
  const data = { logits, labels: store.labels, classes };
  const fitted = fitTemperature(data);
  if (fitted === null) return null;
  const temperature = Number(fitted.toFixed(temperatureDigits));
  return {
    temperature,
    dataset,
    split,
    n: store.count,
    fingerprint: store.fingerprint,
    ...calibrationEffect(data, temperature),
  };
}

/** As model files hold it. */
export function calibrationMetadata({ ece, loss, ...rest }: Calibration): ModelCalibration {
  const change = ({ crossFitted, ...others }: CalibrationChange) => ({
    ...others,
    cross_fitted: crossFitted,
  });
  return { ...rest, ece: change(ece), loss: change(loss) };
}

/**
 * Writes a calibrated copy of a model file: its `logits` are divided by a temperature that is fitted on a split of the
 * dataset, so that its `probabilities` suit these images best by the loss, in every runtime. Predicted classes stay. Its output
 * `uncertain` says which images are nothing like these; see Prediction.
 *
 * @throws FerlabError `model` where the file isn't a model, `data` where the images can't be used or no temperature
 *   suits them, `io` where `out` can't be written.
 */
export async function calibrateModel(
  options: CalibrateOptions,
  hooks: Hooks<EvaluateEvent> = {},
): Promise<CalibratedModel> {
  checkOptions('calibrate', options, calibrateRules);
  for (const name of ['model', 'dataset', 'out'] as const)
    checkArgument(`calibrate: ${name}`, options[name], path);
  checkHooks('calibrate', hooks);
  const { dataset, batchSize, threads } = options;
  const bytes = await readModelFile(options.model);
  const { classes, input } = readModelMetadata(bytes, options.model);
  const opened = await openSplit(
    options,
    { classes, inputSize: { width: input.width, height: input.height } },
    hooks,
  );
  try {
    const images = { store: opened.store, dataset: basename(resolve(dataset)), split: opened.name };
    const calibrated = await calibrateBytes(bytes, options.model, images, {
      batchSize,
      threads,
      onProgress: (done, total) => hooks.onProgress?.({ type: 'predict', done, total }),
      signal: hooks.signal,
    });
    if (calibrated === null) {
      throw new FerlabError(
        'data',
        `${dataset}: expected images that the model recognises in part, found ${opened.store.count} by which no ` +
          'temperature is best: all of its answers are right, or they are worse than chance. Calibrate on more ' +
          'images, that it was not trained on.',
      );
    }
    await writeFileAtomically(options.out, calibrated.bytes);
    return { ...calibrated.calibration, uncertain: calibrated.uncertain };
  } finally {
    await opened.store.close();
  }
}

// Calibration at the end of a run: the final model file, written while training with its logits as they are, is written
// again with the temperature that suits the validation images. Doing it twice gives the same bytes, so that a run may be
// interrupted here too.

import { readFile } from 'node:fs/promises';
import { calibrateBytes } from '../evaluate/calibrate.js';
import type { Calibration } from '../evaluate/types.js';
import { writeFileAtomically } from '../files/atomic.js';
import type { TrainConfig } from './config.js';
import type { TrainHooks } from './events.js';
import { datasetName } from './export.js';
import type { TrainingData } from './training-data.js';

/** Calibrates `modelFile` in place; null where the configuration says not to, or no temperature suits. */
export async function calibrateRun(
  modelFile: string,
  config: TrainConfig,
  { validation }: TrainingData,
  hooks: TrainHooks,
): Promise<Calibration | null> {
  if (!config.train.calibrate) return null;
  const images = { store: validation, dataset: datasetName(config), split: 'validation' };
  const calibrated = await calibrateBytes(await readFile(modelFile), modelFile, images, {
    threads: config.train.threads,
  });
  if (calibrated === null) {
    const message =
      'The probabilities are as trained: by the validation images, all recognised or worse than by chance, no ' +
      'temperature is best.';
    hooks.onProgress?.({ type: 'log', message });
    return null;
  }
  await writeFileAtomically(modelFile, calibrated.bytes);
  return calibrated.calibration;
}

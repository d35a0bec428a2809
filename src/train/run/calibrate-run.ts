// Calibration at the end of a run: the final model file, written while training with its logits as they are, is written
// again with the temperature that suits the validation images that it wasn't trained on. Doing it twice gives the same
// bytes, so that a run may be interrupted here too.

import { readFile } from 'node:fs/promises';
import { findLeaks } from '../../copies/leaks.js';
import { onlyImages } from '../../data/store/subset.js';
import { calibrateBytes } from '../../evaluate/calibrate.js';
import { writeFileAtomically } from '../../files/atomic.js';
import type { Calibration } from '../../scores/types.js';
import type { TrainConfig } from '../config/config.js';
import type { TrainHooks } from '../loop/events.js';
import { datasetName } from './export.js';
import type { TrainingData } from './training-data.js';

/** Calibrates `modelFile` in place; null where the configuration says not to, or no temperature suits. */
export async function calibrateRun(
  modelFile: string,
  config: TrainConfig,
  { training, validation }: TrainingData,
  hooks: TrainHooks,
): Promise<Calibration | null> {
  if (!config.train.calibrate) return null;
  const copies = new Set(findLeaks(training, validation).map((leak) => leak.validation));
  const unseen = Array.from({ length: validation.count }, (_, i) => i).filter((i) => !copies.has(i));
  const store = copies.size === 0 ? validation : onlyImages(validation, unseen);
  const images = { store, dataset: datasetName(config), split: 'validation' };
  const calibrated = await calibrateBytes(await readFile(modelFile), modelFile, images, {
    threads: config.train.threads,
  });
  if (calibrated === null) {
    const message =
      `The probabilities are as trained: by the ${store.count} validation images that don't stand in training too, all ` +
      'recognised or worse than by chance, no temperature is best.';
    hooks.onProgress?.({ type: 'log', message });
    return null;
  }
  await writeFileAtomically(modelFile, calibrated.bytes);
  return calibrated.calibration;
}

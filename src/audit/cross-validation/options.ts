// The options of cross-validation, and the configuration that its models are trained with.

import { FerlabError } from '../../errors.js';
import type { ImageSize } from '../../image/size.js';
import { resolveTrainConfig, type TrainConfigOverrides } from '../../train/config/config.js';
import type { PresetName } from '../../train/config/presets.js';
import type { TrainEvent } from '../../train/loop/events.js';
import { forThisMachine, type RunConfig } from '../../train/loop/run-config.js';

/** Each fold costs a training; with more folds than this the models hardly learn from more images. */
const mostFolds = 20;
export const defaultPreset = 'tiny' satisfies PresetName;

/** What happens while the models of the folds are trained. Folds are counted from 1. */
export type CrossValidationEvent =
  /** The next fold begins, or goes on. */
  | { type: 'fold'; fold: number; folds: number; trainingImages: number; heldOutImages: number }
  | { type: 'training'; fold: number; folds: number; event: TrainEvent }
  /** Its images are predicted; accuracy from 0 to 1. */
  | { type: 'predicted'; fold: number; folds: number; accuracy: number };

/** How every image gets a prediction from a model that hasn't seen it. */
export interface CrossValidationOptions {
  /** Number of models, 2 to 20: each is trained without one of as many parts of the images, and predicts that part. */
  folds: number;
  /** The recipe of the trainings. Default: `tiny`. */
  preset?: PresetName | undefined;
  /** Epochs of each training. Default: the preset's. Warm-up and the like shrink or grow with them. */
  epochs?: number | undefined;
  /** What the folds and all random choices of the trainings derive from. Default: 0. */
  seed?: number | undefined;
  /** Threads of the engine. Default: one per core. */
  threads?: number | undefined;
  /** What else differs from the preset. */
  settings?: Pick<TrainConfigOverrides, 'augment' | 'model' | 'optimizer' | 'schedule' | 'train'> | undefined;
  /** Size that images are resized to. Default: 48x48. */
  imageSize?: ImageSize | undefined;
  /**
   * Folder in which the models are kept, a run folder each: the same call with it goes on where an interrupted one
   * stopped. Default: a temporary folder that is removed.
   */
  work?: string | undefined;
  /** How the audit was started, for the runs' configurations. */
  command?: string | undefined;
}

/**
 * The configuration of every fold's training. Nothing in it looks at the held-out images: the last epoch's weights are
 * kept, no training stops early and no temperature is fitted, whatever the preset and the settings say, since all three
 * would go by the labels that are to be judged.
 *
 * @param path of the dataset.
 * @throws FerlabError `usage` for a number of folds or settings that are out of range or contradict each other.
 */
export function foldConfig(
  path: string,
  options: CrossValidationOptions,
  workers: number | undefined,
  memoryBudget?: number | undefined,
): RunConfig {
  const { folds, preset = defaultPreset, epochs, seed, threads, settings = {}, imageSize } = options;
  if (!Number.isInteger(folds) || folds < 2 || folds > mostFolds) {
    throw new FerlabError(
      'usage',
      `cross-validation: expected a number of folds from 2 to ${mostFolds}, got ${folds}`,
    );
  }
  const train = {
    ...settings.train,
    ...(seed === undefined ? {} : { seed }),
    ...(threads === undefined ? {} : { threads }),
    patience: null,
    restoreBest: false,
    calibrate: false,
  };
  const overrides = { ...settings, train, data: { path, imageSize, workers, memoryBudget } };
  const config = resolveTrainConfig(preset, overrides);
  if (config.schedule.name === 'plateau') {
    throw new FerlabError(
      'usage',
      'schedule.name: expected constant or cosine for cross-validation, since plateau goes by the labels of the ' +
        'held-out images; got plateau',
    );
  }
  if (epochs === undefined) return forThisMachine(config);
  const share = epochs / config.train.epochs;
  const { warmupEpochs } = config.schedule;
  const { mixup } = config.train;
  const stretched = resolveTrainConfig(preset, {
    ...overrides,
    schedule: { ...settings.schedule, warmupEpochs: warmupEpochs * share },
    train: {
      ...train,
      epochs,
      ...(mixup === null ? {} : { mixup: { ...mixup, offEpochs: Math.floor(mixup.offEpochs * share) } }),
    },
  });
  return forThisMachine(stretched);
}

// Rules between settings that are each in range. What belongs to one network, optimizer or schedule alone is no rule but
// a type: see schema.ts.

import { anySizeNames, architectures } from '../../models/architectures.js';
import type { TrainConfig } from './schema.js';

/** What is wrong with one setting. */
export interface ConfigIssue {
  /** Keys joined by dots: `train.epochs`; empty for the whole. */
  path: string;
  message: string;
  /** Another setting that was given and needs this one. */
  neededBy?: string;
}

interface Rule {
  /** The setting that is named in the error. */
  path: string;
  /** What was expected and what was found; null where the rule holds. */
  broken: (config: TrainConfig) => string | null;
  /** Only settings that were given on purpose break it; a default or a preset's doesn't. */
  onlyGiven?: true;
}

const dataRules: readonly Rule[] = [
  {
    path: 'data.path',
    broken: ({ data }) =>
      data.path === null && data.train === null
        ? 'expected a dataset (a folder of images or fer2013.csv), got none'
        : null,
  },
  {
    path: 'data.path',
    broken: ({ data }) =>
      data.path !== null && data.train !== null && data.validation === null && data.validationSplit !== null
        ? 'expected either a dataset or a training folder with a validation split, got both'
        : null,
  },
  {
    path: 'data.validationSplit',
    broken: ({ data }) =>
      data.validationSplit !== null && data.validation !== null
        ? 'expected either a share of the training images or a validation folder, got both'
        : null,
  },
  {
    path: 'data.train',
    broken: ({ data }) =>
      data.train !== null && data.validation === null && data.validationSplit === null
        ? 'expected a validation folder or a validation split beside the training folder, got neither'
        : null,
  },
  {
    path: 'data.validation',
    broken: ({ data }) =>
      data.validation !== null && data.train === null
        ? 'expected a training folder beside the validation folder, got none'
        : null,
  },
];

const augmentRules: readonly Rule[] = [
  {
    path: 'augment.brightness',
    broken: ({ augment: { brightness } }) =>
      brightness && brightness[0] > brightness[1]
        ? `expected the lowest factor first, got ${brightness.join(', ')}`
        : null,
  },
  {
    path: 'augment.isotropicZoom',
    onlyGiven: true,
    broken: ({ augment: { isotropicZoom, zoom } }) =>
      isotropicZoom && zoom === 0 ? 'has no effect without a zoom: give a zoom too' : null,
  },
  {
    path: 'augment.warpProbability',
    onlyGiven: true,
    broken: ({ augment: { shear, zoom, rotation, widthShift, heightShift } }) =>
      [shear, zoom, rotation, widthShift, heightShift].every((range) => range === 0)
        ? 'has no effect without shear, zoom, rotation or shifts: give one of them too'
        : null,
  },
  {
    path: 'augment.jitterProbability',
    onlyGiven: true,
    broken: ({ augment: { brightness, contrast } }) =>
      brightness === null && contrast === 0
        ? 'has no effect without brightness or contrast: give one of them too'
        : null,
  },
];

/** The size that the network sees: the crop's, or the whole image's. */
export function seenSize({ data: { imageSize }, augment: { crop } }: Pick<TrainConfig, 'data' | 'augment'>): {
  width: number;
  height: number;
} {
  return crop === null ? imageSize : { width: crop, height: crop };
}

const sizeOf = ({ width, height }: { width: number; height: number }): string => `${width}x${height}`;

/** What the network sees, for messages: `44x44, the crop of 48x48 images`. */
function described(config: TrainConfig): string {
  const seen = sizeOf(seenSize(config));
  return config.augment.crop === null ? seen : `${seen}, the crop of ${sizeOf(config.data.imageSize)} images`;
}

/** Smallest side that the network takes; of an imported one it shows when it is built. */
function minimumSide({ model }: TrainConfig): number {
  if (model.name === 'imported') return 1;
  return model.name === 'seed' ? 2 ** model.convFilters.length : architectures[model.name].minimumSide;
}

const sizeRules: readonly Rule[] = [
  {
    path: 'augment.crop',
    broken: ({ data: { imageSize }, augment: { crop } }) => {
      if (crop === null) return null;
      const left = [imageSize.width - crop, imageSize.height - crop];
      if (left.some((pixels) => pixels < 0))
        return `expected at most the image size, ${sizeOf(imageSize)}, got ${crop}`;
      return left.some((pixels) => pixels % 2 !== 0)
        ? `expected a side that leaves the same margin on both sides of ${sizeOf(imageSize)}, got ${crop}`
        : null;
    },
  },
  {
    path: 'data.imageSize',
    broken: (config) => {
      const { width, height } = seenSize(config);
      const least = minimumSide(config);
      if (Math.min(width, height) >= least) return null;
      const why =
        config.model.name === 'seed'
          ? `whose ${config.model.convFilters.length} blocks halve the sides each; give larger images, or fewer --conv-filters`
          : 'whose layers would leave nothing of smaller ones; give larger images, or another preset';
      return `expected at least ${least} pixels a side for ${config.model.name}, ${why}; the network would see ${described(config)}`;
    },
  },
];

/** Why an imported network can't see images of the size; null where it can, or none is imported. */
function importedProblem(config: TrainConfig): string | null {
  const { model } = config;
  if (model.name !== 'imported' || model.anySize) return null;
  if (sizeOf(seenSize(config)) === sizeOf(model.size)) return null;
  return (
    `expected the ${sizeOf(model.size)} that the imported network was made for, since its weights fit no other, ` +
    `got ${described(config)}. Leave --image-size and --crop out.`
  );
}

const importedRules: readonly Rule[] = [{ path: 'data.imageSize', broken: importedProblem }];

const trainRules: readonly Rule[] = [
  {
    path: 'optimizer.nesterov',
    broken: ({ optimizer }) =>
      optimizer.name === 'sgd' && optimizer.nesterov && optimizer.momentum === 0
        ? 'expected a momentum above 0 with Nesterov, got 0'
        : null,
  },
  {
    path: 'schedule.minimumLearningRate',
    broken: ({ schedule, optimizer: { learningRate } }) =>
      schedule.name !== 'constant' && schedule.minimumLearningRate > learningRate
        ? `expected at most the learning rate, ${learningRate}, got ${schedule.minimumLearningRate}`
        : null,
  },
  {
    path: 'schedule.warmupEpochs',
    broken: ({ schedule: { warmupEpochs }, train: { epochs } }) =>
      warmupEpochs > 0 && warmupEpochs >= epochs
        ? `expected fewer than the ${epochs} epochs of training, got ${warmupEpochs}`
        : null,
  },
  {
    path: 'train.mixup.offEpochs',
    broken: ({ train: { mixup, epochs } }) =>
      mixup !== null && mixup.offEpochs >= epochs
        ? `expected fewer than the ${epochs} epochs of training, got ${mixup.offEpochs}`
        : null,
  },
  {
    path: 'train.mixup.alpha',
    broken: ({ train: { mixup }, distillation }) =>
      mixup !== null && distillation !== null
        ? `expected off beside teachers, who answer for every image alone and never saw mixed ones, got ${mixup.alpha}`
        : null,
  },
  { path: 'train.growth.startSide', broken: growthProblem },
];

/** Why images can't grow from the side that was given; null where they can, or aren't to. */
function growthProblem(config: TrainConfig): string | null {
  const { growth } = config.train;
  if (growth === null) return null;
  if (config.model.name === 'imported' || !architectures[config.model.name].anySize)
    return `expected a network whose weights fit any size (${anySizeNames.join(', ')}), got ${config.model.name}`;
  const { width, height } = seenSize(config);
  if (width !== height) return `expected square images or a crop, got images of ${width}x${height}`;
  if (growth.startSide >= width)
    return `expected less than the ${width} pixels that the network sees in the end, got ${growth.startSide}`;
  return null;
}

const rules: readonly Rule[] = [...dataRules, ...augmentRules, ...sizeRules, ...importedRules, ...trainRules];

/** Every rule that `config` breaks. `given` holds the paths of the settings that were set on purpose. */
export function brokenRules(config: TrainConfig, given: ReadonlySet<string>): ConfigIssue[] {
  return rules.flatMap(({ path, broken, onlyGiven }) => {
    if (onlyGiven && !given.has(path)) return [];
    const message = broken(config);
    return message === null ? [] : [{ path, message }];
  });
}

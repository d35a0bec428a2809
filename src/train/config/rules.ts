// Settings of a training run that are each in range but contradict each other. The ranges are in config.ts.

import { inputProblem, takesImagesOf } from '../../engine/compile/network.js';
import { createNetwork, residualNames } from '../../models/create.js';
import type { ConfigIssue, TrainConfig } from './config.js';

interface Rule {
  /** The setting that is named in the error. */
  path: string;
  /** What was expected and what was found; null where the rule holds. */
  broken: (config: TrainConfig) => string | null;
  /** Only settings that were given on purpose break it; a default left unused doesn't. */
  whenGiven?: true;
}

const belongs = (
  path: string,
  owner: string,
  found: (config: TrainConfig) => string,
  owners: readonly string[],
): Rule => ({
  path,
  whenGiven: true,
  broken: (config) => (owners.includes(found(config)) ? null : `belongs to ${owner}, got ${found(config)}`),
});
const optimizer = (config: TrainConfig) => config.optimizer.name;
const schedule = (config: TrainConfig) => config.schedule.name;
const model = (config: TrainConfig) => config.model.name;

const rules: readonly Rule[] = [
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
  {
    path: 'augment.brightness',
    broken: ({ augment: { brightness } }) =>
      brightness && brightness[0] > brightness[1]
        ? `expected the lowest factor first, got ${brightness.join(', ')}`
        : null,
  },
  {
    path: 'augment.isotropicZoom',
    whenGiven: true,
    broken: ({ augment: { isotropicZoom, zoom } }) =>
      isotropicZoom && zoom === 0 ? 'belongs to zoom, which is off: give a zoom too' : null,
  },
  {
    path: 'augment.warpProbability',
    whenGiven: true,
    broken: ({ augment: { shear, zoom, rotation, widthShift, heightShift } }) =>
      [shear, zoom, rotation, widthShift, heightShift].every((range) => range === 0)
        ? 'belongs to shear, zoom, rotation and shifts, which are all off'
        : null,
  },
  {
    path: 'augment.jitterProbability',
    whenGiven: true,
    broken: ({ augment: { brightness, contrast } }) =>
      brightness === null && contrast === 0 ? 'belongs to brightness and contrast, which are both off' : null,
  },
  {
    path: 'augment.crop',
    broken: ({ data: { imageSize }, augment: { crop } }) => {
      if (crop === null) return null;
      const size = `${imageSize.width}x${imageSize.height}`;
      const left = [imageSize.width - crop, imageSize.height - crop];
      if (left.some((pixels) => pixels < 0)) return `expected at most the image size, ${size}, got ${crop}`;
      return left.some((pixels) => pixels % 2 !== 0)
        ? `expected a side that leaves the same margin on both sides of ${size}, got ${crop}`
        : null;
    },
  },
  {
    path: 'model.convFilters',
    broken: ({ data: { imageSize }, augment, model }) => {
      if (model.name !== 'seed') return null;
      const width = augment.crop ?? imageSize.width;
      const height = augment.crop ?? imageSize.height;
      const most = Math.floor(Math.log2(Math.min(width, height)));
      return model.convFilters.length > most
        ? `expected at most ${most} blocks for images of ${width}x${height} pixels, ` +
            `since each block halves the sides, got ${model.convFilters.length}`
        : null;
    },
  },
  { path: 'augment.crop', broken: (config) => (config.augment.crop === null ? null : sizeProblem(config)) },
  {
    path: 'data.imageSize',
    broken: (config) => (config.augment.crop === null ? sizeProblem(config) : null),
  },
  ...[
    'convFilters',
    'kernelSize',
    'denseUnits',
    'dropout.conv',
    'dropout.dense',
    'batchNorm.momentum',
    'batchNorm.epsilon',
  ].map((name) => belongs(`model.${name}`, 'model seed', model, ['seed'])),
  belongs('model.extraBlocks', 'models tiny, medium and large', model, residualNames),
  belongs('optimizer.momentum', 'optimizer sgd', optimizer, ['sgd']),
  belongs('optimizer.nesterov', 'optimizer sgd', optimizer, ['sgd']),
  belongs('optimizer.beta1', 'optimizers adam and adamw', optimizer, ['adam', 'adamw']),
  belongs('optimizer.beta2', 'optimizers adam and adamw', optimizer, ['adam', 'adamw']),
  belongs('optimizer.epsilon', 'optimizers adam and adamw', optimizer, ['adam', 'adamw']),
  {
    path: 'optimizer.nesterov',
    broken: ({ optimizer: { name, nesterov, momentum } }) =>
      name === 'sgd' && nesterov && momentum === 0
        ? 'expected a momentum above 0 with Nesterov, got 0'
        : null,
  },
  belongs('schedule.plateauFactor', 'schedule plateau', schedule, ['plateau']),
  belongs('schedule.plateauPatience', 'schedule plateau', schedule, ['plateau']),
  belongs('schedule.minimumLearningRate', 'schedules cosine and plateau', schedule, ['cosine', 'plateau']),
  {
    path: 'schedule.minimumLearningRate',
    broken: (config) =>
      config.schedule.minimumLearningRate > config.optimizer.learningRate
        ? `expected at most the learning rate, ${config.optimizer.learningRate}, got ${config.schedule.minimumLearningRate}`
        : null,
  },
  {
    path: 'schedule.warmupEpochs',
    broken: (config) =>
      config.schedule.warmupEpochs > 0 && config.schedule.warmupEpochs >= config.train.epochs
        ? `expected fewer than the ${config.train.epochs} epochs of training, got ${config.schedule.warmupEpochs}`
        : null,
  },
  {
    path: 'train.mixupOffEpochs',
    whenGiven: true,
    broken: ({ train }) =>
      train.mixup === null && train.mixupOffEpochs > 0
        ? 'belongs to mixup, which is off: give an alpha too'
        : null,
  },
  {
    path: 'train.mixupOffEpochs',
    broken: ({ train: { mixup, mixupOffEpochs, epochs } }) =>
      mixup !== null && mixupOffEpochs >= epochs
        ? `expected fewer than the ${epochs} epochs of training, got ${mixupOffEpochs}`
        : null,
  },
  {
    path: 'train.growShare',
    whenGiven: true,
    broken: ({ train }) =>
      train.startSide === null ? 'belongs to images that grow: give a side to start from too' : null,
  },
  {
    path: 'train.growShare',
    broken: ({ train: { startSide, growShare } }) =>
      startSide !== null && growShare === 0 ? 'expected a share above 0 for images that grow, got 0' : null,
  },
  { path: 'train.startSide', broken: startSideProblem },
  ...['weight', 'minVotes', 'fit'].map(
    (name): Rule => ({
      path: `softLabels.${name}`,
      whenGiven: true,
      broken: ({ softLabels }) =>
        softLabels.file === null ? 'belongs to soft labels, which are off: give their file too' : null,
    }),
  ),
  {
    path: 'softLabels.minVotes',
    whenGiven: true,
    broken: ({ softLabels }) =>
      softLabels.fit ? 'belongs to votes for classes by name; every vote counts where they are fitted' : null,
  },
  ...['weight', 'temperature', 'views'].map(
    (name): Rule => ({
      path: `distillation.${name}`,
      whenGiven: true,
      broken: ({ distillation }) =>
        distillation.teachers.length === 0
          ? 'belongs to distillation, which is off: give a teacher too'
          : null,
    }),
  ),
  {
    path: 'distillation.views',
    broken: ({ distillation, train }) =>
      distillation.views === 'image' && train.mixup !== null
        ? 'expected batch beside mixup, whose mixed images no teacher has seen alone, got image'
        : null,
  },
];

/** Why the model can't take images of the size that it is to see; null where it can, or where a rule of its own says so. */
function sizeProblem({ data: { imageSize }, augment: { crop }, model }: TrainConfig): string | null {
  if (model.name === 'seed') return null;
  const problem = inputProblem(createNetwork(model, imageSize, 2, crop));
  const size = crop === null ? `${imageSize.width}x${imageSize.height}` : `${crop}x${crop}`;
  return problem === null
    ? null
    : `expected images that ${model.name} can take, got ${size} (${problem.replace(/\.$/, '')})`;
}

/** Why images can't grow from the side that was given; null where they can, or none was. */
export function startSideProblem({ data, augment, model, train, distillation }: TrainConfig): string | null {
  const { startSide } = train;
  if (startSide === null) return null;
  const { width, height } = data.imageSize;
  if (augment.crop === null && width !== height)
    return `expected square images or a crop, got images of ${width}x${height}`;
  const last = augment.crop ?? width;
  if (startSide >= last)
    return `expected less than the ${last} pixels that images have in the end, got ${startSide}`;
  if (distillation.teachers.length > 0 && distillation.views === 'batch')
    return "expected no teachers that see every batch, whose images don't grow (distillation.views)";
  const network = createNetwork(model, data.imageSize, 2, augment.crop);
  return takesImagesOf(network, [1, startSide, startSide])
    ? null
    : `expected a model whose weights don't depend on the image's size (tiny, medium, large), got ${model.name}`;
}

/** Every rule that `config` breaks. `given` holds the paths of the settings that were set on purpose. */
export function contradictions(config: TrainConfig, given: ReadonlySet<string>): ConfigIssue[] {
  return rules.flatMap((rule) => {
    if (rule.whenGiven && !given.has(rule.path)) return [];
    const message = rule.broken(config);
    return message === null ? [] : [{ path: rule.path, message }];
  });
}

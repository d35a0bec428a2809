// How the command line spells the settings of src/train/config.ts. Ranges, defaults and contradictions are the
// configuration's; this table only says the flag, how its text becomes a value, and what it means.

import { deviceChoices } from '../engine/runtime/device.js';
import {
  classWeightings,
  monitorModes,
  monitors,
  optimizerNames,
  resolveTrainConfig,
  scheduleNames,
  type TrainConfig,
  type TrainConfigOverrides,
} from '../train/config/config.js';
import { longFlag, type OptionSpec, optionKey } from './command.js';
import {
  asIs,
  orOff,
  readBytes,
  readDropout,
  readList,
  readNumber,
  readSize,
  readTexts,
  showBytes,
  showValue,
} from './option-values.js';

interface TrainOption extends OptionSpec {
  /** Path of the setting in the configuration. */
  setting: string;
  /** The option's text (true and false for flags) as a value. What it can't read it leaves for the checks to refuse. */
  read: (text: string | boolean) => unknown;
  /** The setting's value as the option spells it. */
  show: (value: never) => string;
}

function option(
  flags: string,
  setting: string,
  description: string,
  read: TrainOption['read'],
  show: (value: never) => string = showValue,
): TrainOption {
  return { flags, setting, description, read, show };
}

function group(name: string, options: TrainOption[]): TrainOption[] {
  return options.map((entry) => ({ ...entry, group: `${name}:` }));
}

export const trainOptions: readonly TrainOption[] = [
  ...group('Data', [
    option(
      '--train <folder>',
      'data.train',
      'folder of class folders to train on',
      asIs,
      () => 'found in DATASET',
    ),
    option(
      '--validation <folder>',
      'data.validation',
      'folder of class folders to validate on',
      asIs,
      () => 'found in DATASET',
    ),
    option(
      '--validation-split <share>',
      'data.validationSplit',
      'keep this share of a single folder of class folders for validation',
      readNumber,
    ),
    option(
      '--image-size <pixels>',
      'data.imageSize',
      'side, or WIDTHxHEIGHT, that images are resized to',
      readSize,
      ({ width, height }: TrainConfig['data']['imageSize']) => `${width}x${height}`,
    ),
    option(
      '--max-bad-share <share>',
      'data.maxBadShare',
      "stop when more than this share of the images can't be used",
      readNumber,
    ),
    option('--strict', 'data.strict', "refuse the dataset when any image can't be used", asIs),
    option(
      '--exclude-leaks',
      'data.excludeLeaks',
      'train without the images that stand in validation too',
      asIs,
    ),
    option(
      '--memory-budget <bytes>',
      'data.memoryBudget',
      'decoded images kept in memory, as 512MiB; a larger dataset is streamed',
      readBytes,
      showBytes,
    ),
    option(
      '--workers <n>',
      'data.workers',
      'threads that decode and augment',
      readNumber,
      () => 'one less than the cores, at most 8',
    ),
  ]),
  ...group('Augmentation of the training images, in the units of Keras', [
    option('--shear <degrees>', 'augment.shear', 'largest shear angle', readNumber),
    option('--zoom <share>', 'augment.zoom', 'scale each axis by 1 - share to 1 + share', readNumber),
    option('--horizontal-flip', 'augment.horizontalFlip', 'mirror half of the images', asIs),
    option('--no-horizontal-flip', 'augment.horizontalFlip', 'mirror none', asIs),
    option('--rotation <degrees>', 'augment.rotation', 'largest rotation', readNumber),
    option(
      '--width-shift <size>',
      'augment.widthShift',
      'largest horizontal shift: below 1 a share of the width, else pixels',
      readNumber,
    ),
    option(
      '--height-shift <size>',
      'augment.heightShift',
      'largest vertical shift: below 1 a share of the height, else pixels',
      readNumber,
    ),
    option(
      '--brightness <low,high>',
      'augment.brightness',
      'factors between which the brightness is drawn, as 0.8,1.2, or off',
      orOff(readList),
    ),
    option('--isotropic-zoom', 'augment.isotropicZoom', 'one zoom factor for both axes', asIs),
    option('--no-isotropic-zoom', 'augment.isotropicZoom', 'one zoom factor for each axis', asIs),
    option(
      '--warp-probability <share>',
      'augment.warpProbability',
      'share of the images that shear, zoom, rotation and shifts change',
      readNumber,
    ),
    option(
      '--contrast <share>',
      'augment.contrast',
      "scale the distance from the image's mean by 1 - share to 1 + share",
      readNumber,
    ),
    option(
      '--jitter-probability <share>',
      'augment.jitterProbability',
      'share of the images whose brightness and contrast change',
      readNumber,
    ),
    option(
      '--crop <pixels>',
      'augment.crop',
      'side of a random crop; outside training the model takes the centre; or off',
      orOff(readNumber),
    ),
    option(
      '--erasing <share>',
      'augment.erasing',
      'share of the images in which a random rectangle is filled with noise',
      readNumber,
    ),
  ]),
  ...group('Model', [
    option(
      '--extra-blocks <n>',
      'model.extraBlocks',
      'residual blocks at the end of each stage beside its own; they begin as nothing, so that --start-from takes a model without them. For tiny, medium and large',
      readNumber,
    ),
    option(
      '--conv-filters <list>',
      'model.convFilters',
      'filters of each convolution block, separated by commas',
      readList,
    ),
    option('--kernel-size <pixels>', 'model.kernelSize', "side of the convolutions' kernels", readNumber),
    option(
      '--dense-units <list>',
      'model.denseUnits',
      'units of each dense layer, separated by commas',
      readList,
    ),
    option(
      '--dropout <rate>',
      'model.dropout',
      'dropout rate, or CONVOLUTION,DENSE rates',
      readDropout,
      ({ conv, dense }: TrainConfig['model']['dropout']) => (conv === dense ? `${conv}` : `${conv},${dense}`),
    ),
    option(
      '--batch-norm-momentum <share>',
      'model.batchNorm.momentum',
      'share of the running statistics that each step keeps; lower it where an epoch has few steps',
      readNumber,
    ),
  ]),
  ...group('Optimizer', [
    option('--optimizer <name>', 'optimizer.name', optimizerNames.join(', '), asIs),
    option(
      '--learning-rate <rate>',
      'optimizer.learningRate',
      'learning rate, the highest one of a schedule',
      readNumber,
    ),
    option('--momentum <rate>', 'optimizer.momentum', 'momentum of sgd', readNumber),
    option('--nesterov', 'optimizer.nesterov', "Nesterov's momentum for sgd", asIs),
    option(
      '--weight-decay <rate>',
      'optimizer.weightDecay',
      'decoupled with adamw, else added to the gradient',
      readNumber,
    ),
    option(
      '--clip-norm <norm>',
      'optimizer.clipNorm',
      'largest global norm of the gradients, or off',
      orOff(readNumber),
    ),
    option(
      '--ema <decay>',
      'optimizer.ema',
      'evaluate and save an exponential moving average of the weights, as 0.999, or off',
      orOff(readNumber),
    ),
  ]),
  ...group('Schedule of the learning rate', [
    option('--schedule <name>', 'schedule.name', scheduleNames.join(', '), asIs),
    option('--warmup-epochs <n>', 'schedule.warmupEpochs', 'epochs of linear rise at the start', readNumber),
    option(
      '--plateau-factor <factor>',
      'schedule.plateauFactor',
      'plateau: multiplies the learning rate',
      readNumber,
    ),
    option(
      '--plateau-patience <epochs>',
      'schedule.plateauPatience',
      'plateau: epochs without improvement before it does',
      readNumber,
    ),
    option(
      '--minimum-learning-rate <rate>',
      'schedule.minimumLearningRate',
      'lowest rate of plateau, last rate of cosine',
      readNumber,
    ),
  ]),
  ...group('Training', [
    option('--epochs <n>', 'train.epochs', 'passes over the training images', readNumber),
    option('--batch-size <n>', 'train.batchSize', 'images per step', readNumber),
    option('--seed <n>', 'train.seed', 'what all random choices derive from', readNumber),
    option(
      '--label-smoothing <share>',
      'train.labelSmoothing',
      'share of the label spread over all classes',
      readNumber,
    ),
    option(
      '--mixup <alpha>',
      'train.mixup',
      'mix pairs of images with a weight from Beta(alpha, alpha), as 0.2, or off; ' +
        'training accuracy then counts against the dominant label',
      orOff(readNumber),
    ),
    option('--mixup-off-epochs <n>', 'train.mixupOffEpochs', 'epochs at the end without mixup', readNumber),
    option(
      '--start-side <pixels>',
      'train.startSide',
      'side of the images in the first epochs, which cost less; they grow to their whole size; or off. For tiny, medium and large',
      orOff(readNumber),
    ),
    option(
      '--grow-share <share>',
      'train.growShare',
      'share of the epochs over which images grow',
      readNumber,
    ),
    option(
      '--class-weights <name>',
      'train.classWeights',
      `${classWeightings.join(', ')}: whether rare classes weigh more in the loss`,
      asIs,
    ),
    option('--monitor <name>', 'train.monitor', `what chooses the best epoch: ${monitors.join(', ')}`, asIs),
    option(
      '--mode <name>',
      'train.mode',
      `${monitorModes.join(', ')}: whether larger or smaller is better`,
      asIs,
    ),
    option(
      '--patience <epochs>',
      'train.patience',
      'stop after so many epochs without improvement, or off',
      orOff(readNumber),
    ),
    option(
      '--min-delta <change>',
      'train.minDelta',
      'smallest change that counts as improvement',
      readNumber,
    ),
    option(
      '--no-restore-best',
      'train.restoreBest',
      'end with the weights of the last epoch, not of the best',
      asIs,
    ),
    option(
      '--device <name>',
      'train.device',
      `where the engine runs: ${deviceChoices.join(', ')}; webgpu is any GPU, auto the fastest device that is here`,
      asIs,
    ),
    option(
      '--no-calibrate',
      'train.calibrate',
      "leave the model's probabilities as trained: fit no temperature on the validation images",
      asIs,
    ),
    option('--threads <n>', 'train.threads', 'threads of the engine', readNumber, () => 'one per core'),
  ]),
  ...group('Beside the labels: weights to start from, votes of several people, other models', [
    option(
      '--start-from <model>',
      'start.from',
      'begin with the weights of this model file, or of the model that comes with ferlab (box), rather than random ones; a last layer for other classes begins anew',
      asIs,
      () => 'none',
    ),
    option(
      '--soft-labels <file>',
      'softLabels.file',
      'CSV file of votes for each class, as FER+ has them: labels become distributions over the classes',
      asIs,
    ),
    option(
      '--soft-label-weight <share>',
      'softLabels.weight',
      'share of the votes in the target; the label has the rest',
      readNumber,
    ),
    option(
      '--soft-label-min-votes <n>',
      'softLabels.minVotes',
      'fewer votes for a class than this count as none',
      readNumber,
    ),
    option(
      '--soft-label-fit',
      'softLabels.fit',
      'take votes for what the labels of training images with such votes are, not for the classes of their names',
      asIs,
    ),
    option(
      '--teacher <files>',
      'distillation.teachers',
      'model files, separated by commas, whose mean logits the network is trained towards too; box is the model that comes with ferlab',
      readTexts,
      () => 'none',
    ),
    option(
      '--distill-weight <share>',
      'distillation.weight',
      'share of the teachers in the loss; the labels have the rest',
      readNumber,
    ),
    option(
      '--distill-temperature <t>',
      'distillation.temperature',
      'what logits are divided by, those of the teachers and of the network',
      readNumber,
    ),
    option(
      '--teacher-views <name>',
      'distillation.views',
      'what teachers look at: every batch as the network sees it, or every training image once, as it is and mirrored ' +
        '(batch, image)',
      asIs,
    ),
  ]),
  ...group('Run', [
    option(
      '--out <folder>',
      'run.out',
      'the run folder, new or empty',
      asIs,
      () => 'runs/<dataset>-<preset>, with -2, -3, ... where that exists',
    ),
  ]),
];

/** The value of the setting at a dotted path. */
export function settingAt(config: TrainConfig, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], config);
}

/** The options for the help, with the defaults that `preset` gives. */
export function describedTrainOptions(preset: string): OptionSpec[] {
  const config = resolveTrainConfig(preset, { data: { path: '.' } });
  return trainOptions.map(({ setting, show, ...spec }) => {
    const value = settingAt(config, setting);
    const silent =
      typeof value === 'boolean' && show === showValue && value === spec.flags.startsWith('--no-');
    return silent ? spec : { ...spec, defaultText: show(value as never) };
  });
}

/** What a setting is called in errors: its path, and the option where there is one. */
export function settingName(path: string): string {
  const found = trainOptions.find(({ setting }) => path === setting || path.startsWith(`${setting}.`));
  return found ? `${path} (${longFlag(found.flags)})` : path;
}

/** The settings that the given options make. @throws FerlabError `usage` where an option's text can't be read. */
export function trainOverrides(
  options: Readonly<Record<string, string | boolean | undefined>>,
): TrainConfigOverrides {
  const overrides: Record<string, unknown> = {};
  for (const { flags, setting, read } of trainOptions) {
    const text = options[optionKey(flags)];
    if (text === undefined) continue;
    const keys = setting.split('.');
    const last = keys.pop() as string;
    let section = overrides;
    for (const key of keys) {
      section[key] ??= {};
      section = section[key] as Record<string, unknown>;
    }
    section[last] = read(text);
  }
  return overrides as TrainConfigOverrides;
}

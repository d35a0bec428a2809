// The configuration of a training run: one typed object by sections, its defaults and the checks on it.
// Pure: it looks at no file. Presets are in presets.ts, the command line's spelling of these options in
// src/cli/train-options.ts. The resolved object is stored with the run and in the model file, so that a run
// can be repeated and resumed from it alone.

import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { deviceChoices } from '../../engine/runtime/device.js';
import { FerlabError } from '../../errors.js';
import { modelNames } from '../../models/create.js';
import { type PresetName, presets } from './presets.js';
import { contradictions, startSideProblem } from './rules.js';

/** What can be monitored, to choose the best checkpoint and to stop early. */
export const monitors = ['val_accuracy', 'val_loss', 'accuracy', 'loss'] as const;
export const optimizerNames = ['adam', 'adamw', 'sgd'] as const;
export const scheduleNames = ['constant', 'cosine', 'plateau'] as const;
export const classWeightings = ['none', 'balanced'] as const;
export const monitorModes = ['auto', 'max', 'min'] as const;

/** Largest image side: beyond it the first block's activations alone would take gigabytes. */
const largestSide = 1024;

// Every schema's message is what was expected, and nothing else; `describe` puts path and value around it.
function number(expected: string, holds: (value: number) => boolean) {
  return z.number(expected).refine(holds, expected);
}
const positiveInteger = () => number('a positive integer', (v) => Number.isSafeInteger(v) && v > 0);
const wholeNumber = () => number('an integer, 0 or more', (v) => Number.isSafeInteger(v) && v >= 0);
const positiveNumber = () => number('a number above 0', (v) => v > 0);
const nonNegative = () => number('a number, 0 or more', (v) => v >= 0);
const share = () => number('a number from 0 to 1', (v) => v >= 0 && v <= 1);
/** A rate that must leave something: dropout, smoothing, momentum, the decay of an average. */
const rate = () => number('a number from 0 up to, but not including, 1', (v) => v >= 0 && v < 1);
const flag = () => z.boolean('true or false');
const text = () => z.string('a text').min(1, 'a text that is not empty');
const choice = <const T extends readonly [string, ...string[]]>(names: T) =>
  z.enum(names, `one of ${names.join(', ')}`);
const widths = () =>
  z.array(positiveInteger(), 'a list of positive integers').min(1, 'a list of at least one positive integer');
const side = () =>
  number(
    `an image side, an integer from 8 to ${largestSide} pixels`,
    (v) => Number.isInteger(v) && v >= 8 && v <= largestSide,
  );

/** One section: its keys are all that is allowed, and leaving it out means its defaults. */
function section<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, 'a section with settings');
}

const dataSection = section({
  /** The dataset's folder, or a fer2013.csv; null where `train` names a folder. */
  path: text().nullable().default(null),
  /** Folder of class folders to train on; absolute, or relative to the working folder. With `validation`. */
  train: text().nullable().default(null),
  validation: text().nullable().default(null),
  /** Share of a single folder of class folders that is kept for validation, stratified by class. */
  validationSplit: number('a number above 0 and below 1', (v) => v > 0 && v < 1)
    .nullable()
    .default(null),
  imageSize: section({ width: side().default(48), height: side().default(48) }).prefault({}),
  /** Training stops when more than this share of the images can't be used. */
  maxBadShare: share().default(0.05),
  /** Refuse the dataset when any image can't be used. */
  strict: flag().default(false),
  /** Train without the images whose pixels stand in the validation split too. */
  excludeLeaks: flag().default(false),
  /** Bytes of decoded images kept in memory; a dataset that needs more is decoded again each epoch. */
  memoryBudget: number('a number of bytes, 0 or more', (v) => Number.isSafeInteger(v) && v >= 0).default(
    1024 ** 3,
  ),
  /** Threads that decode and augment. The batches don't depend on their number. */
  workers: positiveInteger().default(() => Math.max(1, Math.min(8, availableParallelism() - 1))),
});

const augmentSection = section({
  /** Keras's `shear_range`: the angle is drawn from [-shear, shear] degrees. */
  shear: nonNegative().default(0),
  /** Keras's `zoom_range`: each axis is scaled by a factor from [1 - zoom, 1 + zoom]. */
  zoom: rate().default(0),
  horizontalFlip: flag().default(false),
  /** Keras's `rotation_range`, degrees. */
  rotation: number('an angle from 0 to 180 degrees', (v) => v >= 0 && v <= 180).default(0),
  /** Keras's `width_shift_range`: a share of the width when below 1, else pixels. */
  widthShift: nonNegative().default(0),
  heightShift: nonNegative().default(0),
  /** Keras's `brightness_range`: factors between which one is drawn; null for none. */
  brightness: z
    .tuple([nonNegative(), nonNegative()], 'two factors, the lowest and the highest, or null')
    .nullable()
    .default(null),
  /** One factor for both axes instead of one each. */
  isotropicZoom: flag().default(false),
  /** Probability that shear, zoom, rotation and shifts are applied, all or none. */
  warpProbability: share().default(1),
  /** torchvision's ColorJitter: the factor about the image's mean is drawn from [max(0, 1 - contrast), 1 + contrast]. */
  contrast: nonNegative().default(0),
  /** Probability that brightness and contrast are applied, both or none. */
  jitterProbability: share().default(1),
  /** Side in pixels of a random crop, part of the warp; outside training the model takes the centre. Null for none. */
  crop: positiveInteger().nullable().default(null),
  /** Probability of erasing a rectangle of 2 to 20% of the image with random values (Zhong et al. 2020). */
  erasing: share().default(0),
});

const modelSection = section({
  name: choice(modelNames).default('seed'),
  /** Filters of each convolution block; every block halves the image's sides. */
  convFilters: widths().default([64, 128, 256]),
  /** Residual blocks at the end of each stage of a residual network, beside its own. */
  extraBlocks: number('an integer from 0 to 16', (v) => Number.isInteger(v) && v >= 0 && v <= 16).default(0),
  kernelSize: number('an odd positive integer', (v) => Number.isInteger(v) && v > 0 && v % 2 === 1).default(
    3,
  ),
  /** Units of each dense layer before the last. */
  denseUnits: widths().default([256, 512]),
  /** Dropout after each convolution block and after each dense layer. */
  dropout: section({ conv: rate().default(0.25), dense: rate().default(0.25) }).prefault({}),
  /** Keras's defaults are momentum 0.99 and epsilon 1e-3. */
  batchNorm: section({ momentum: rate().default(0.99), epsilon: positiveNumber().default(1e-3) }).prefault(
    {},
  ),
});

const optimizerSection = section({
  name: choice(optimizerNames).default('adam'),
  learningRate: positiveNumber().default(1e-3),
  /** SGD's. */
  momentum: rate().default(0),
  nesterov: flag().default(false),
  /** Adam's and AdamW's; Keras's defaults. */
  beta1: rate().default(0.9),
  beta2: rate().default(0.999),
  epsilon: positiveNumber().default(1e-7),
  /** Decoupled from the gradient with adamw, else added to it (L2). */
  weightDecay: nonNegative().default(0),
  /** Largest global norm of the gradients; null for no clipping. */
  clipNorm: positiveNumber().nullable().default(null),
  /** Decay per step of an exponential moving average of the weights, which is then evaluated and saved. */
  ema: rate().nullable().default(null),
});

const scheduleSection = section({
  name: choice(scheduleNames).default('constant'),
  /** Epochs over which the learning rate rises linearly from 0. May be a fraction. */
  warmupEpochs: nonNegative().default(0),
  /** Keras's ReduceLROnPlateau: factor, epochs without improvement, lower bound. */
  plateauFactor: number('a number above 0 and below 1', (v) => v > 0 && v < 1).default(0.2),
  plateauPatience: positiveInteger().default(3),
  /** Lower bound of plateau, last value of cosine. */
  minimumLearningRate: nonNegative().default(0),
});

const trainSection = section({
  epochs: positiveInteger().default(50),
  batchSize: positiveInteger().default(128),
  seed: wholeNumber().default(0),
  labelSmoothing: rate().default(0),
  /** Mixup's alpha, null for none. Training accuracy then counts against the dominant label of each mixed image. */
  mixup: positiveNumber().nullable().default(null),
  /** Epochs at the end without mixup. */
  mixupOffEpochs: wholeNumber().default(0),
  /**
   * Side in pixels of the squares that images are resized to in the first epoch; from there they grow to what the network
   * takes in the end, by 4 pixels at a time ("progressive resizing": Howard 2018; Tan and Le 2021, "EfficientNetV2"). For
   * networks whose weights don't depend on the image's size. Null for the whole size from the start.
   */
  startSide: side().nullable().default(null),
  /** Share of the epochs over which the images grow. */
  growShare: share().default(0.7),
  /** `balanced` weighs the loss of an image inversely to its class's frequency, with a mean weight of 1. */
  classWeights: choice(classWeightings).default('none'),
  monitor: choice(monitors).default('val_accuracy'),
  /** `auto`: the largest accuracy, the smallest loss. */
  mode: choice(monitorModes).default('auto'),
  /** Epochs without improvement after which training stops; null for never. */
  patience: positiveInteger().nullable().default(null),
  /** Smallest change of the monitored value that counts as an improvement. */
  minDelta: nonNegative().default(0),
  /** End with the weights of the best epoch rather than the last. */
  restoreBest: flag().default(true),
  /** Fit a temperature for the final model's probabilities on the validation split (Guo et al. 2017). */
  calibrate: flag().default(true),
  /** Threads of the engine. Sums are ordered by it, so that it belongs to an exact repetition. */
  threads: positiveInteger().default(() => availableParallelism()),
  /** `auto` is replaced by the device that it chose where a run is stored. */
  device: choice(deviceChoices).default('cpu'),
});

const softLabelsSection = section({
  /** CSV file with votes of several people per image, as FER+'s; null for hard labels alone. */
  file: text().nullable().default(null),
  /**
   * Share of the votes in the target; the label has the rest. Up to one half the label keeps the largest part of every
   * target, so that a model is still trained for the labels that it is scored by.
   */
  weight: share().default(0.5),
  /** Fewer votes for a class than this count as none. */
  minVotes: nonNegative().default(2),
  /** Take votes for what the labels of training images with such votes are, not for the classes of their names. */
  fit: flag().default(false),
});

const startSection = section({
  /** A model file, or `box` for the one that comes with ferlab; null for random weights. */
  from: text().nullable().default(null),
});

const distillationSection = section({
  /** Model files whose mean logits the network is trained towards; none for labels alone. */
  teachers: z.array(text(), 'a list of model files').default([]),
  /** Share of the teachers in the loss; the labels have the rest. */
  weight: share().default(0.7),
  /** Both sides' logits are divided by it. */
  temperature: positiveNumber().default(3),
  /**
   * What teachers look at: every `batch` as the network does, augmented and all, or every training `image` once, as it is
   * and mirrored, whose answer is then kept for all that is made of it.
   */
  views: z.enum(['batch', 'image']).default('batch'),
});

const runSection = section({
  /** The run folder; null for the first free `runs/<dataset>-<preset>`. */
  out: text().nullable().default(null),
});

/** The resolved training configuration. Parsing fills defaults and refuses unknown keys. */
export const trainConfigSchema = section({
  preset: text().default('seed'),
  data: dataSection.prefault({}),
  augment: augmentSection.prefault({}),
  model: modelSection.prefault({}),
  optimizer: optimizerSection.prefault({}),
  schedule: scheduleSection.prefault({}),
  train: trainSection.prefault({}),
  start: startSection.prefault({}),
  softLabels: softLabelsSection.prefault({}),
  distillation: distillationSection.prefault({}),
  run: runSection.prefault({}),
});

export type TrainConfig = z.output<typeof trainConfigSchema>;

type Overrides<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: Overrides<T[K]> | undefined }
    : T;

/** Any part of a training configuration; what is left out comes from the preset. */
export type TrainConfigOverrides = Overrides<Omit<TrainConfig, 'preset'>>;

/** What is wrong with one setting. */
export interface ConfigIssue {
  /** Keys joined by dots: `train.epochs`; empty for the whole. */
  path: string;
  message: string;
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );
}

function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isSection(base) || !isSection(over)) return over;
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) merged[key] = merge(base[key], value);
  return merged;
}

/** Paths of every setting that `value` gives, not of sections. */
export function settingPaths(value: unknown, prefix = ''): string[] {
  if (value === undefined) return [];
  if (!isSection(value)) return [prefix];
  return Object.entries(value).flatMap(([key, inner]) =>
    settingPaths(inner, prefix ? `${prefix}.${key}` : key),
  );
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}

function describe(issue: z.core.$ZodIssue, input: unknown): ConfigIssue {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => (path ? `${path}.${key}` : key)).join(', ');
    return { path: '', message: `unknown setting ${keys}` };
  }
  return { path, message: `expected ${issue.message}, got ${show(valueAt(input, issue.path))}` };
}

/** Checks a whole configuration. Returns it with defaults filled in, or every problem found. */
export function checkTrainConfig(
  input: unknown,
  given: ReadonlySet<string> = new Set(),
): { config: TrainConfig; issues: [] } | { config: null; issues: ConfigIssue[] } {
  const parsed = trainConfigSchema.safeParse(input);
  if (!parsed.success)
    return { config: null, issues: parsed.error.issues.map((issue) => describe(issue, input)) };
  const issues = contradictions(parsed.data, given);
  return issues.length > 0 ? { config: null, issues } : { config: parsed.data, issues: [] };
}

function refusal(issues: readonly ConfigIssue[], nameOf: (path: string) => string): string {
  return issues.map(({ path, message }) => (path ? `${nameOf(path)}: ${message}` : message)).join('\n');
}

/** Whether images can grow from the side that stands in these settings. */
function grows(settings: unknown): boolean {
  const parsed = trainConfigSchema.safeParse(settings);
  return !parsed.success || startSideProblem(parsed.data) === null;
}

/**
 * A preset's differences. Its rates are for its optimizer: where another one is asked for, none of them stays but the
 * decay of the weights' average. Its warm-up and its epochs without mixup take at most half of the epochs that are asked
 * for. Growing images and mixup are for networks that begin from nothing: weights to start from know the whole size
 * already and have few epochs to change. Images grow only where those that are asked for have room to, and aren't mixed
 * where teachers are asked once about every image alone.
 */
function settingsFor(preset: PresetName, overrides: TrainConfigOverrides): TrainConfigOverrides {
  const { optimizer, train: asked, start, distillation } = overrides;
  const settings: TrainConfigOverrides = { ...presets[preset].settings };
  const own = settings.optimizer;
  if (own !== undefined && optimizer?.name !== undefined && optimizer.name !== own.name)
    settings.optimizer = { ema: own.ema };
  const train = { ...settings.train };
  const started = typeof start?.from === 'string';
  if (started || distillation?.views === 'image') train.mixup = null;
  const mixup = asked?.mixup === undefined ? train.mixup : asked.mixup;
  if (mixup === undefined || mixup === null) train.mixupOffEpochs = 0;
  if (started || !grows(merge({ ...settings, train }, overrides))) train.startSide = null;
  settings.train = train;
  if (asked?.epochs === undefined || !(asked.epochs > 0)) return settings;
  const half = asked.epochs / 2;
  const warmup = settings.schedule?.warmupEpochs;
  if (warmup !== undefined)
    settings.schedule = { ...settings.schedule, warmupEpochs: Math.min(warmup, half) };
  if (train.mixupOffEpochs !== undefined)
    train.mixupOffEpochs = Math.min(train.mixupOffEpochs, Math.floor(half));
  return settings;
}

/**
 * The configuration of a run: the defaults, the preset's differences, then `overrides`.
 * @param nameOf how a setting is called in error messages; its path (`train.epochs`) unless told.
 * @throws FerlabError `usage`, naming every setting that is unknown, out of range or contradictory.
 */
export function resolveTrainConfig(
  preset: string,
  overrides: TrainConfigOverrides,
  nameOf: (path: string) => string = (path) => path,
): TrainConfig {
  if (!Object.hasOwn(presets, preset)) {
    throw new FerlabError(
      'usage',
      `preset: expected one of ${Object.keys(presets).join(', ')}, got ${show(preset)}`,
    );
  }
  const settings = settingsFor(preset as PresetName, overrides);
  const { config, issues } = checkTrainConfig(
    { ...(merge(settings, overrides) as object), preset },
    new Set(settingPaths(overrides)),
  );
  if (!config) throw new FerlabError('usage', refusal(issues, nameOf));
  return config;
}

/** Is this a whole configuration, with every setting stated? Its values hold together. */
export function isTrainConfig(value: unknown): value is TrainConfig {
  const { config } = checkTrainConfig(value);
  return (
    config !== null && settingPaths(config).every((path) => valueAt(value, path.split('.')) !== undefined)
  );
}

/**
 * Reads back a stored configuration.
 * @param where the file it came from, for the error message.
 * @throws FerlabError `model` where it isn't a configuration that this version can continue.
 */
export function parseTrainConfig(value: unknown, where: string): TrainConfig {
  const { config, issues } = checkTrainConfig(value);
  if (!config) {
    throw new FerlabError(
      'model',
      `${where}: expected the training configuration of a run of this version:\n${refusal(issues, (path) => path)}`,
    );
  }
  return config;
}

import { describe, expect, it } from 'vitest';
import { FerlabError } from '../../errors.js';
import {
  isTrainConfig,
  parseTrainConfig,
  resolveTrainConfig,
  settingPaths,
  type TrainConfigOverrides,
} from './config.js';
import { presetNames } from './presets.js';

const dataset = { data: { path: 'faces' } };

function refusal(overrides: unknown, preset = 'seed'): string {
  try {
    resolveTrainConfig(preset, { ...dataset, ...(overrides as TrainConfigOverrides) });
  } catch (error) {
    expect(error).toBeInstanceOf(FerlabError);
    expect((error as FerlabError).kind).toBe('usage');
    return (error as FerlabError).message;
  }
  return 'accepted';
}

describe('resolveTrainConfig', () => {
  it('fills the defaults, then the preset, then what was given', () => {
    const config = resolveTrainConfig('seed', { ...dataset, train: { epochs: 3 }, augment: { zoom: 0.1 } });
    expect(config.train).toMatchObject({
      epochs: 3,
      batchSize: 128,
      monitor: 'val_accuracy',
      restoreBest: true,
    });
    expect(config.augment).toMatchObject({ zoom: 0.1, shear: 0.2, horizontalFlip: true, rotation: 0 });
    expect(config.model).toMatchObject({ convFilters: [64, 128, 256], denseUnits: [256, 512] });
    expect(config.data).toMatchObject({ path: 'faces', imageSize: { width: 48, height: 48 } });
    expect(config.train.threads).toBeGreaterThan(0);
  });

  it('replaces lists and takes null as a value', () => {
    const config = resolveTrainConfig('seed', {
      ...dataset,
      model: { convFilters: [8, 16] },
      train: { patience: null },
    });
    expect(config.model.convFilters).toEqual([8, 16]);
    expect(config.train.patience).toBeNull();
  });

  it.each([
    [{ train: { epochs: -3 } }, 'train.epochs: expected a positive integer, got -3'],
    [{ train: { epochs: 1.5 } }, 'train.epochs: expected a positive integer, got 1.5'],
    [{ train: { epochs: 'ten' } }, 'train.epochs: expected a positive integer, got "ten"'],
    [
      { optimizer: { learningRate: Number.NaN } },
      'optimizer.learningRate: expected a number above 0, got NaN',
    ],
    [
      { train: { monitor: 'val_acc' } },
      'train.monitor: expected one of val_accuracy, val_loss, accuracy, loss, got "val_acc"',
    ],
    [{ train: { epoch: 3 } }, 'unknown setting train.epoch'],
    [{ training: {} }, 'unknown setting training'],
    [{ data: {} }, 'data.path: expected a dataset (a folder of images or fer2013.csv), got none'],
    [{ data: { path: '' } }, 'data.path: expected a text that is not empty, got ""'],
    [{ model: { convFilters: [64, 0] } }, 'model.convFilters.1: expected a positive integer, got 0'],
    [
      { augment: { brightness: [1.2, 0.8] } },
      'augment.brightness: expected the lowest factor first, got 1.2, 0.8',
    ],
  ])('says where, what was expected and what was found: %j', (overrides, message) => {
    expect(refusal(overrides)).toBe(message);
  });

  it('names every problem at once', () => {
    expect(refusal({ train: { epochs: 0, seed: -1 } }).split('\n')).toHaveLength(2);
  });

  it("takes a preset's rates for its own optimizer alone", () => {
    const own = resolveTrainConfig('medium', dataset).optimizer;
    expect(own).toMatchObject({ name: 'adamw', weightDecay: 0.05, ema: 0.999 });
    const slower = resolveTrainConfig('medium', { ...dataset, optimizer: { learningRate: 1e-4 } }).optimizer;
    expect(slower).toEqual({ ...own, learningRate: 1e-4 });
    const other = resolveTrainConfig('medium', { ...dataset, optimizer: { name: 'sgd', momentum: 0.9 } });
    expect(other.optimizer).toEqual({
      ...resolveTrainConfig('seed', dataset).optimizer,
      name: 'sgd',
      momentum: 0.9,
      ema: 0.999,
    });
  });

  it('shortens the warm-up of a preset where it would take all of the epochs that were asked for', () => {
    const warmup = (overrides: TrainConfigOverrides) =>
      resolveTrainConfig('medium', { ...dataset, ...overrides }).schedule.warmupEpochs;
    expect(warmup({})).toBe(1);
    expect(warmup({ train: { epochs: 4 } })).toBe(1);
    expect(warmup({ train: { epochs: 1 } })).toBe(0.5);
    expect(warmup({ train: { epochs: 1 }, schedule: { warmupEpochs: 0.2 } })).toBe(0.2);
  });

  it('leaves the growing images of a preset out where they have no room to', () => {
    const startSide = (overrides: TrainConfigOverrides) =>
      resolveTrainConfig('tiny', { ...dataset, ...overrides }).train.startSide;
    expect(startSide({})).toBe(28);
    expect(startSide({ augment: { crop: 28 } })).toBeNull();
    expect(startSide({ distillation: { teachers: ['a.onnx'] } })).toBeNull();
    expect(startSide({ distillation: { teachers: ['a.onnx'], views: 'image' } })).toBe(28);
    expect(startSide({ train: { epochs: 3, startSide: 36 } })).toBe(36);
    expect(refusal({ augment: { crop: 28 }, train: { startSide: 28 } }, 'tiny')).toMatch(
      /^train.startSide: /,
    );
  });

  it('leaves growing images and mixup of a preset out where weights to start from are given', () => {
    const start = { from: 'a.onnx' };
    const growing = (train: TrainConfigOverrides['train'], overrides = {}) =>
      resolveTrainConfig('tiny', { ...dataset, ...overrides, train }).train.startSide;
    expect([growing({}), growing({}, { start }), growing({ startSide: 36 }, { start })]).toEqual([
      28,
      null,
      36,
    ]);
    const mixed = (train: TrainConfigOverrides['train'], overrides = {}) =>
      resolveTrainConfig('medium', { ...dataset, ...overrides, train }).train;
    expect(mixed({})).toMatchObject({ mixup: 0.2, mixupOffEpochs: 10 });
    expect(mixed({}, { start })).toMatchObject({ mixup: null, mixupOffEpochs: 0 });
    expect(mixed({ mixup: 0.4, epochs: 12 }, { start })).toMatchObject({ mixup: 0.4, mixupOffEpochs: 6 });
  });

  it('leaves the mixup of a preset out where teachers see images alone', () => {
    const mixup = (views: 'image' | 'batch', train: TrainConfigOverrides['train'] = {}) =>
      resolveTrainConfig('medium', { ...dataset, distillation: { teachers: ['a.onnx'], views }, train }).train
        .mixup;
    expect([mixup('image'), mixup('batch')]).toEqual([null, 0.2]);
    expect(() => mixup('image', { mixup: 0.4 })).toThrow(/^distillation.views: expected batch beside mixup/);
  });

  it("lets a preset's epochs without mixup take at most half of those asked for", () => {
    const unmixed = (train: TrainConfigOverrides['train']) =>
      resolveTrainConfig('medium', { ...dataset, train }).train.mixupOffEpochs;
    expect([unmixed({}), unmixed({ epochs: 40 }), unmixed({ epochs: 9 }), unmixed({ epochs: 1 })]).toEqual([
      10, 10, 4, 0,
    ]);
  });

  it('takes no epochs without mixup where there is none', () => {
    const unmixed = (train: TrainConfigOverrides['train']) =>
      resolveTrainConfig('medium', { ...dataset, train: { mixup: null, ...train } }).train.mixupOffEpochs;
    expect([unmixed({}), unmixed({ mixupOffEpochs: 0 }), unmixed({ epochs: 36 })]).toEqual([0, 0, 0]);
  });

  it('judges filters of the seed by no other model', () => {
    expect(resolveTrainConfig('tiny', { ...dataset, augment: { crop: 6 } }).augment.crop).toBe(6);
  });

  it('knows its presets', () => {
    expect(refusal({}, 'sead')).toBe(`preset: expected one of ${presetNames.join(', ')}, got "sead"`);
    for (const name of presetNames) expect(resolveTrainConfig(name, dataset).preset).toBe(name);
  });

  it.each<[TrainConfigOverrides, RegExp]>([
    [
      { data: { path: 'd', train: 't', validation: 'v', validationSplit: 0.2 } },
      /^data.validationSplit: .*got both$/,
    ],
    [{ data: { path: 'd', train: 't' } }, /^data.train: .*got neither$/],
    [
      { data: { path: 'd', train: 't', validationSplit: 0.2 } },
      /^data.path: expected either a dataset or a training folder with a validation split, got both$/,
    ],
    [
      { model: { name: 'deepid' }, augment: { crop: 24 } },
      /^augment.crop: expected images that deepid can take, got 24x24 \(conv2d: .*\)$/,
    ],
    [
      { model: { name: 'deepface' }, data: { path: 'd', imageSize: { width: 16, height: 16 } } },
      /^data.imageSize: expected images that deepface can take, got 16x16 \(.*\)$/,
    ],
    [
      { model: { name: 'deepface' }, train: { startSide: 16 } },
      /^train.startSide: .*\(tiny, medium, large\), got deepface$/,
    ],
    [
      { model: { name: 'tiny' }, train: { startSide: 32, growShare: 0 } },
      /^train.growShare: expected a share above 0 for images that grow, got 0$/,
    ],
    [
      { model: { name: 'tiny', batchNorm: { epsilon: 0.5 } } },
      /^model.batchNorm.epsilon: belongs to model seed/,
    ],
    [{ data: { path: 'd', validation: 'v' } }, /^data.validation: .*got none$/],
    [{ optimizer: { nesterov: true } }, /^optimizer.nesterov: belongs to optimizer sgd, got adam$/],
    [{ optimizer: { name: 'sgd', nesterov: true } }, /^optimizer.nesterov: .*momentum above 0/],
    [{ optimizer: { name: 'sgd', beta1: 0.8 } }, /^optimizer.beta1: belongs to/],
    [
      { schedule: { name: 'cosine', plateauPatience: 4 } },
      /^schedule.plateauPatience: belongs to schedule plateau/,
    ],
    [
      { schedule: { name: 'constant', minimumLearningRate: 1e-5 } },
      /^schedule.minimumLearningRate: belongs to/,
    ],
    [
      { schedule: { minimumLearningRate: 1 } },
      /^schedule.minimumLearningRate: expected at most the learning rate/,
    ],
    [{ schedule: { name: 'cosine', warmupEpochs: 5 }, train: { epochs: 5 } }, /^schedule.warmupEpochs: /],
    [{ train: { mixupOffEpochs: 2 } }, /^train.mixupOffEpochs: belongs to mixup, which is off/],
    [
      { train: { mixup: 0.2, mixupOffEpochs: 5, epochs: 5 } },
      /^train.mixupOffEpochs: expected fewer than the 5 epochs/,
    ],
    [
      { model: { extraBlocks: 1 } },
      /^model.extraBlocks: belongs to models tiny, medium and large, got seed$/,
    ],
    [
      { model: { name: 'tiny', extraBlocks: -1 } },
      /^model.extraBlocks: expected an integer from 0 to 16, got -1$/,
    ],
    [
      { model: { name: 'tiny', extraBlocks: 17 } },
      /^model.extraBlocks: expected an integer from 0 to 16, got 17$/,
    ],
    [{ train: { growShare: 0.5 } }, /^train.growShare: belongs to images that grow/],
    [{ train: { startSide: 32 } }, /^train.startSide: .*\(tiny, medium, large\), got seed$/],
    [
      { model: { name: 'tiny' }, train: { startSide: 44 }, augment: { crop: 44 } },
      /^train.startSide: expected less than the 44 pixels that images have in the end, got 44$/,
    ],
    [{ model: { name: 'tiny' }, train: { startSide: 4 } }, /^train.startSide: expected an image side/],
    [
      {
        model: { name: 'tiny' },
        train: { startSide: 32 },
        data: { path: 'd', imageSize: { width: 48, height: 64 } },
      },
      /^train.startSide: expected square images or a crop, got images of 48x64$/,
    ],
    [
      { model: { name: 'tiny' }, train: { startSide: 32 }, distillation: { teachers: ['a.onnx'] } },
      /^train.startSide: expected no teachers that see every batch/,
    ],
    [{ model: { convFilters: [4, 4, 4, 4, 4, 4] } }, /^model.convFilters: expected at most 5 blocks/],
    [
      { model: { convFilters: [4, 4, 4, 4, 4] }, augment: { crop: 24 } },
      /^model.convFilters: expected at most 4 blocks for images of 24x24/,
    ],
    [{ model: { name: 'tiny', convFilters: [8] } }, /^model.convFilters: belongs to model seed, got tiny$/],
    [{ augment: { crop: 50 } }, /^augment.crop: expected at most the image size, 48x48, got 50/],
    [{ augment: { crop: 45 } }, /^augment.crop: .*the same margin on both sides of 48x48, got 45/],
    [{ augment: { zoom: 0, isotropicZoom: true } }, /^augment.isotropicZoom: belongs to zoom/],
    [
      { augment: { jitterProbability: 0.5 } },
      /^augment.jitterProbability: belongs to brightness and contrast/,
    ],
    [
      { augment: { zoom: 0, shear: 0, warpProbability: 0.5 } },
      /^augment.warpProbability: belongs to shear, zoom, rotation and shifts/,
    ],
    [{ softLabels: { weight: 0.5 } }, /^softLabels.weight: belongs to soft labels, which are off/],
    [{ softLabels: { minVotes: 1 } }, /^softLabels.minVotes: belongs to soft labels, which are off/],
    [{ softLabels: { fit: true } }, /^softLabels.fit: belongs to soft labels, which are off/],
    [
      { softLabels: { file: 'v.csv', fit: true, minVotes: 1 } },
      /^softLabels.minVotes: belongs to votes for classes by name; every vote counts where they are fitted/,
    ],
    [{ softLabels: { file: 'v.csv', weight: 1.5 } }, /^softLabels.weight: .* from 0 to 1, got 1.5$/],
    [{ distillation: { weight: 0.5 } }, /^distillation.weight: belongs to distillation, which is off/],
    [
      { distillation: { temperature: 2 } },
      /^distillation.temperature: belongs to distillation, which is off/,
    ],
    [
      { distillation: { teachers: ['a.onnx'], temperature: 0 } },
      /^distillation.temperature: expected a number above 0, got 0$/,
    ],
    [{ distillation: { views: 'image' } }, /^distillation.views: belongs to distillation, which is off/],
    [
      { train: { mixup: 0.2 }, distillation: { teachers: ['a.onnx'], views: 'image' } },
      /^distillation.views: expected batch beside mixup/,
    ],
    [{ distillation: { teachers: [''] } }, /^distillation.teachers.0: expected a text that is not empty/],
  ])('refuses contradictions: %j', (overrides, message) => {
    expect(refusal(overrides)).toMatch(message);
  });

  it('accepts the augmentation of the recipes', () => {
    const augment = {
      rotation: 10,
      zoom: 0.15,
      isotropicZoom: true,
      warpProbability: 0.8,
      brightness: [0.7, 1.3],
      contrast: 0.3,
      jitterProbability: 0.5,
      crop: 44,
      erasing: 0.5,
    };
    expect(refusal({ augment })).toBe('accepted');
  });

  it('accepts images that grow, for networks that take any size', () => {
    expect(refusal({ model: { name: 'medium' }, train: { startSide: 28, growShare: 0.5 } })).toBe('accepted');
  });

  it('accepts a patience longer than the training', () => {
    expect(refusal({ train: { epochs: 2, patience: 50 } })).toBe('accepted');
  });

  it('can call settings by other names', () => {
    expect(() => resolveTrainConfig('seed', { ...dataset, train: { epochs: 0 } }, () => '--epochs')).toThrow(
      /^--epochs: expected/,
    );
  });
});

describe('parseTrainConfig', () => {
  it('reads back what was stored, defaults of other options included', () => {
    const config = resolveTrainConfig('seed', { ...dataset, schedule: { name: 'cosine' } });
    expect(parseTrainConfig(JSON.parse(JSON.stringify(config)), 'config.json')).toEqual(config);
  });

  it('refuses what is no configuration, naming the file', () => {
    expect(() => parseTrainConfig([], 'runs/a/config.json')).toThrow(/^runs\/a\/config.json: expected/);
    expect(() => parseTrainConfig({ ...dataset, extra: 1 }, 'c')).toThrow(/unknown setting extra/);
  });
});

describe('isTrainConfig', () => {
  it('tells whole configurations from overrides', () => {
    const config = resolveTrainConfig('seed', dataset);
    expect(isTrainConfig(config)).toBe(true);
    expect(isTrainConfig(dataset)).toBe(false);
    expect(isTrainConfig({ ...config, train: { ...config.train, epochs: 0 } })).toBe(false);
  });
});

describe('settingPaths', () => {
  it('lists leaves, null and lists among them, undefined not', () => {
    expect(settingPaths({ a: { b: null, c: [1] }, d: undefined })).toEqual(['a.b', 'a.c']);
  });
});

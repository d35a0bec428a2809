import { describe, expect, it } from 'vitest';
import { FerlabError } from '../../errors.js';
import { parseTrainConfig, resolveTrainConfig, settingPaths, type TrainConfigOverrides } from './config.js';
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
    expect(config.train.threads).toBeNull();
  });

  it('replaces lists and takes null as a value', () => {
    const config = resolveTrainConfig('seed', {
      ...dataset,
      model: { convFilters: [8, 16] },
      train: { patience: null },
    });
    expect(config.model).toMatchObject({ convFilters: [8, 16] });
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
    expect(own).toMatchObject({ name: 'adamw', weightDecay: 0.05, learningRate: 0.01 });
    const slower = resolveTrainConfig('medium', { ...dataset, optimizer: { learningRate: 1e-4 } }).optimizer;
    expect(slower).toEqual({ ...own, learningRate: 1e-4 });
    const other = resolveTrainConfig('medium', { ...dataset, optimizer: { name: 'sgd', momentum: 0.9 } });
    expect(other.optimizer).toEqual({
      name: 'sgd',
      learningRate: 1e-3,
      weightDecay: 0,
      clipNorm: null,
      momentum: 0.9,
      nesterov: false,
    });
    expect(other.train.ema).toBe(0.999);
  });

  it('knows its presets', () => {
    expect(refusal({}, 'sead')).toBe(`preset: expected one of ${presetNames.join(', ')}, got "sead"`);
    for (const name of presetNames) expect(resolveTrainConfig(name, dataset).preset).toBe(name);
  });

  it.each<[object, RegExp]>([
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
      /^data.imageSize: expected at least 31 pixels a side for deepid, .*; the network would see 24x24, the crop of 48x48 images$/,
    ],
    [
      { model: { name: 'deepface' }, data: { path: 'd', imageSize: { width: 16, height: 16 } } },
      /^data.imageSize: expected at least 29 pixels a side for deepface, .*; the network would see 16x16$/,
    ],
    [
      { model: { name: 'deepface' }, train: { growth: { startSide: 16 } } },
      /^train.growth.startSide: .*\(tiny, medium, large\), got deepface$/,
    ],
    [
      { model: { name: 'tiny' }, train: { growth: { startSide: 32, share: 0 } } },
      /^train.growth.share: expected a number above 0, at most 1, got 0$/,
    ],
    [
      { model: { name: 'tiny', batchNorm: { epsilon: 0.5 } } },
      /^model.batchNorm: expected model seed, which alone has this setting; got tiny$/,
    ],
    [{ data: { path: 'd', validation: 'v' } }, /^data.validation: .*got none$/],
    [
      { optimizer: { nesterov: true } },
      /^optimizer.nesterov: expected optimizer sgd, which alone has this setting; got adam$/,
    ],
    [{ optimizer: { name: 'sgd', nesterov: true } }, /^optimizer.nesterov: .*momentum above 0/],
    [
      { optimizer: { name: 'sgd', beta1: 0.8 } },
      /^optimizer.beta1: expected optimizer adam or adamw, which alone have this setting; got sgd/,
    ],
    [{ schedule: { name: 'cosine', patience: 4 } }, /^schedule.patience: expected schedule plateau, which/],
    [
      { schedule: { name: 'constant', minimumLearningRate: 1e-5 } },
      /^schedule.minimumLearningRate: expected schedule cosine or plateau, which/,
    ],
    [
      { schedule: { minimumLearningRate: 1 } },
      /^schedule.minimumLearningRate: expected at most the learning rate/,
    ],
    [{ schedule: { name: 'cosine', warmupEpochs: 5 }, train: { epochs: 5 } }, /^schedule.warmupEpochs: /],
    [
      { train: { mixup: { offEpochs: 2 } } },
      /^train.mixup.alpha: expected a number above 0, got nothing, which train.mixup.offEpochs needs$/,
    ],
    [
      { train: { mixup: { alpha: 0.2, offEpochs: 5 }, epochs: 5 } },
      /^train.mixup.offEpochs: expected fewer than the 5 epochs/,
    ],
    [
      { model: { extraBlocks: 1 } },
      /^model.extraBlocks: expected model tiny or medium or large, which alone have this setting; got seed$/,
    ],
    [
      { model: { name: 'tiny', extraBlocks: -1 } },
      /^model.extraBlocks: expected an integer from 0 to 16, got -1$/,
    ],
    [
      { model: { name: 'tiny', extraBlocks: 17 } },
      /^model.extraBlocks: expected an integer from 0 to 16, got 17$/,
    ],
    [
      { train: { growth: { share: 0.5 } } },
      /^train.growth.startSide: expected an image side, .*got nothing, which train.growth.share needs$/,
    ],
    [
      { train: { growth: { startSide: 32 } } },
      /^train.growth.startSide: .*\(tiny, medium, large\), got seed$/,
    ],
    [
      { model: { name: 'tiny' }, train: { growth: { startSide: 44 } }, augment: { crop: 44 } },
      /^train.growth.startSide: expected less than the 44 pixels that the network sees in the end, got 44$/,
    ],
    [
      { model: { name: 'tiny' }, train: { growth: { startSide: 4 } } },
      /^train.growth.startSide: expected an image side/,
    ],
    [
      {
        model: { name: 'tiny' },
        train: { growth: { startSide: 32 } },
        data: { path: 'd', imageSize: { width: 48, height: 64 } },
      },
      /^train.growth.startSide: expected square images or a crop, got images of 48x64$/,
    ],
    [
      { model: { convFilters: [4, 4, 4, 4, 4, 4] } },
      /^data.imageSize: expected at least 64 pixels a side for seed, whose 6 blocks halve the sides each; .*see 48x48$/,
    ],
    [
      { model: { convFilters: [4, 4, 4, 4, 4] }, augment: { crop: 24 } },
      /^data.imageSize: expected at least 32 pixels a side for seed, whose 5 blocks/,
    ],
    [
      { model: { name: 'tiny', convFilters: [8] } },
      /^model.convFilters: expected model seed, which alone has this setting; got tiny$/,
    ],
    [{ augment: { crop: 50 } }, /^augment.crop: expected at most the image size, 48x48, got 50/],
    [{ augment: { crop: 45 } }, /^augment.crop: .*the same margin on both sides of 48x48, got 45/],
    [{ augment: { zoom: 0, isotropicZoom: true } }, /^augment.isotropicZoom: has no effect without a zoom/],
    [
      { augment: { jitterProbability: 0.5 } },
      /^augment.jitterProbability: has no effect without brightness or contrast/,
    ],
    [
      { augment: { zoom: 0, shear: 0, warpProbability: 0.5 } },
      /^augment.warpProbability: has no effect without shear, zoom, rotation or shifts/,
    ],
    [
      { softLabels: { weight: 0.5 } },
      /^softLabels.file: expected a text, got nothing, which softLabels.weight needs$/,
    ],
    [{ softLabels: { file: 'v.csv', weight: 1.5 } }, /^softLabels.weight: .* from 0 to 1, got 1.5$/],
    [
      { distillation: { weight: 0.5 } },
      /^distillation.teachers: expected a list of model files, got nothing, which distillation.weight needs$/,
    ],
    [
      { distillation: { teachers: ['a.onnx'], temperature: 0 } },
      /^distillation.temperature: expected a number above 0, got 0$/,
    ],
    [
      { train: { mixup: { alpha: 0.2 } }, distillation: { teachers: ['a.onnx'] } },
      /^train.mixup.alpha: expected off beside teachers, .* got 0.2$/,
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
    const growth = { startSide: 28, share: 0.5 };
    expect(refusal({ model: { name: 'medium' }, train: { growth } })).toBe('accepted');
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

describe('settingPaths', () => {
  it('lists leaves, null and lists among them, undefined not', () => {
    expect(settingPaths({ a: { b: null, c: [1] }, d: undefined })).toEqual(['a.b', 'a.c']);
  });
});

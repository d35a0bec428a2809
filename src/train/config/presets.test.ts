import { describe, expect, it } from 'vitest';
import { resolveTrainConfig, type TrainConfigOverrides } from './config.js';
import { presetNames } from './presets.js';
import { seenSize } from './rules.js';

const resolve = (preset: string, overrides: TrainConfigOverrides = {}) =>
  resolveTrainConfig(preset, { ...overrides, data: { path: 'faces', ...overrides.data } });

const square = (side: number): TrainConfigOverrides => ({
  data: { imageSize: { width: side, height: side } },
});

describe('presets', () => {
  it('are the recipes of the published runs', () => {
    const essence = presetNames.map((name) => {
      const { model, augment, optimizer, schedule, train } = resolve(name);
      const { epochs, batchSize, ema, growth, mixup } = train;
      return [
        name,
        `${model.name} ${augment.crop} ${optimizer.name} ${optimizer.learningRate} ${optimizer.weightDecay} ${schedule.warmupEpochs}`,
        { epochs, batchSize, ema, growth, mixup },
      ];
    });
    expect(essence).toEqual([
      [
        'seed',
        'seed null adam 0.001 0 0',
        { epochs: 24, batchSize: 128, ema: null, growth: null, mixup: null },
      ],
      [
        'quick',
        'tiny 44 adamw 0.016 0.05 1',
        { epochs: 20, batchSize: 128, ema: 0.998, growth: { startSide: 28, share: 0.7 }, mixup: null },
      ],
      [
        'tiny',
        'tiny 44 adamw 0.016 0.05 1',
        { epochs: 40, batchSize: 128, ema: 0.999, growth: { startSide: 28, share: 0.7 }, mixup: null },
      ],
      [
        'medium',
        'medium 44 adamw 0.01 0.05 1',
        {
          epochs: 70,
          batchSize: 128,
          ema: 0.999,
          growth: { startSide: 20, share: 0.8 },
          mixup: { alpha: 0.2, offEpochs: 10 },
        },
      ],
      [
        'large',
        'large 44 adamw 0.005 0.1 3',
        {
          epochs: 72,
          batchSize: 256,
          ema: 0.999,
          growth: { startSide: 28, share: 0.6 },
          mixup: { alpha: 0.4, offEpochs: 10 },
        },
      ],
      [
        'deepid',
        'deepid 44 adamw 0.008 0.05 1',
        { epochs: 40, batchSize: 128, ema: 0.999, growth: null, mixup: null },
      ],
      [
        'deepface',
        'deepface 44 adamw 0.001 0.05 1',
        { epochs: 40, batchSize: 128, ema: 0.999, growth: null, mixup: null },
      ],
    ]);
  });

  it.each([
    [96, 88, 56],
    [64, 58, 37],
    [47, 43, 27],
    [32, 30, 19],
    [24, 22, 14],
    [12, 10, 8],
  ])('scale their pixels with the image size: of %i the network sees %i, from %i on', (side, crop, first) => {
    const config = resolve('tiny', square(side));
    expect(seenSize(config)).toEqual({ width: crop, height: crop });
    expect(config.train.growth?.startSide).toBe(first);
  });

  it('see the whole of images that are not square, which do not grow', () => {
    const config = resolve('tiny', { data: { imageSize: { width: 48, height: 64 } } });
    expect(seenSize(config)).toEqual({ width: 48, height: 64 });
    expect(config.train.growth).toBeNull();
  });

  it.each([
    [96, 44, 28],
    [48, 28, 18],
    [48, null, 28],
    [48, 8, null],
  ])('let images of %i grow up to a crop of %s that was asked for, from %s on', (side, crop, first) => {
    const config = resolve('tiny', { ...square(side), augment: { crop } });
    expect(config.train.growth?.startSide ?? null).toBe(first);
  });

  it('let a crop, a start side and mixup that were asked for stand', () => {
    const config = resolve('medium', {
      ...square(96),
      augment: { crop: 80 },
      train: { growth: { startSide: 40 }, mixup: null },
    });
    expect(config.augment.crop).toBe(80);
    expect(config.train).toMatchObject({ growth: { startSide: 40, share: 0.8 }, mixup: null });
  });

  it('leave at least half of the epochs after the warm-up, and with mixup', () => {
    const of = (epochs?: number) => {
      const { schedule, train } = resolve('medium', epochs === undefined ? {} : { train: { epochs } });
      return [schedule.warmupEpochs, train.mixup?.offEpochs];
    };
    expect([of(), of(4), of(9), of(1)]).toEqual([
      [1, 10],
      [1, 2],
      [1, 4],
      [0.5, 0],
    ]);
    const own = resolve('medium', { train: { epochs: 1 }, schedule: { warmupEpochs: 0.2 } });
    expect(own.schedule.warmupEpochs).toBe(0.2);
  });

  it('neither grow nor mix images where weights to start from are given, unless asked to', () => {
    const startFrom = 'a.onnx';
    expect(resolve('medium', { startFrom }).train).toMatchObject({ growth: null, mixup: null });
    const asked = resolve('medium', {
      startFrom,
      train: { growth: { startSide: 36 }, mixup: { alpha: 0.4 } },
    });
    expect(asked.train).toMatchObject({
      growth: { startSide: 36, share: 0.7 },
      mixup: { alpha: 0.4, offEpochs: 0 },
    });
  });

  it('mix no images beside teachers', () => {
    expect(resolve('medium', { distillation: { teachers: ['a.onnx'] } }).train.mixup).toBeNull();
  });
});

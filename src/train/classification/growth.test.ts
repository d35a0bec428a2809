import { describe, expect, it } from 'vitest';
import { resolveTrainConfig } from '../config/config.js';
import { describeGrowth, growingEpochs, sideAt, workOf } from './growth.js';

const config = (train: object, crop: number | null = 44) =>
  resolveTrainConfig('seed', { data: { path: 'd' }, model: { name: 'tiny' }, augment: { crop }, train });
const sides = (settings: ReturnType<typeof config>) =>
  Array.from({ length: settings.train.epochs }, (_, epoch) => sideAt(settings, epoch));

describe('sideAt', () => {
  it('grows by four pixels, every size for as many epochs, up to the crop', () => {
    expect(sides(config({ growth: { startSide: 32, share: 0.6 }, epochs: 10 }))).toEqual([
      32, 32, 36, 36, 40, 40, 44, 44, 44, 44,
    ]);
  });

  it('reaches the whole size where the difference is no multiple of four, or there is no crop', () => {
    expect(sides(config({ growth: { startSide: 38, share: 0.5 }, epochs: 4 }))).toEqual([38, 42, 44, 44]);
    expect(sides(config({ growth: { startSide: 40, share: 0.5 }, epochs: 4 }, null))).toEqual([
      40, 44, 48, 48,
    ]);
  });

  it('leaves sizes out where epochs are fewer, and may never grow up to the end', () => {
    expect(sides(config({ growth: { startSide: 28, share: 1 }, epochs: 2 }))).toEqual([28, 36]);
  });

  it('leaves an epoch of the whole size where the share is below 1, however few there are', () => {
    expect(sides(config({ growth: { startSide: 28, share: 0.7 }, epochs: 1 }))).toEqual([44]);
    expect(sides(config({ growth: { startSide: 28, share: 0.9 }, epochs: 3 }))).toEqual([28, 36, 44]);
  });

  it('gives no side where images do not grow', () => {
    const settings = config({ epochs: 3 });
    expect(sides(settings)).toEqual([null, null, null]);
    expect(growingEpochs(settings)).toBe(0);
    expect(describeGrowth(settings)).toBeNull();
    expect(workOf(settings, 1)).toBe(workOf(settings, 0));
  });
});

describe('describeGrowth', () => {
  it('says over which epochs images grow, and where none has the whole size', () => {
    expect(describeGrowth(config({ growth: { startSide: 28, share: 0.5 }, epochs: 4 }))).toBe(
      'Images grow from 28 pixels to their whole size over 2 of 4 epochs.',
    );
    expect(describeGrowth(config({ growth: { startSide: 28, share: 1 }, epochs: 4 }))).toBe(
      'Images grow from 28 pixels to 40 in the last of 4 epochs; none has the whole size.',
    );
  });
});

describe('workOf', () => {
  it('goes with the pixels of an epoch', () => {
    const settings = config({ growth: { startSide: 22, share: 0.5 }, epochs: 2 });
    expect(workOf(settings, 1) / workOf(settings, 0)).toBe(4);
  });
});

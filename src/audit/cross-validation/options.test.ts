import { describe, expect, it } from 'vitest';
import { foldConfig } from './options.js';

describe('foldConfig', () => {
  it('lets nothing look at the labels that are to be judged', () => {
    const asked = { folds: 2, settings: { train: { patience: 3, restoreBest: true, calibrate: true } } };
    expect(foldConfig('faces', asked, 1).train).toMatchObject({
      patience: null,
      restoreBest: false,
      calibrate: false,
    });
    expect(() => foldConfig('faces', { folds: 2, settings: { schedule: { name: 'plateau' } } }, 1)).toThrow(
      /schedule.name: expected constant or cosine for cross-validation/,
    );
  });

  it('shrinks warm-up and epochs without mixup with the epochs that are asked for', () => {
    const { schedule, train } = foldConfig('faces', { folds: 2, preset: 'large', epochs: 12 }, 1);
    expect([train.epochs, train.mixup?.offEpochs]).toEqual([12, 1]);
    expect(schedule.warmupEpochs).toBeCloseTo(0.5);
  });

  it('refuses numbers of folds that it cannot make', () => {
    for (const folds of [1, 21, 2.5]) {
      expect(() => foldConfig('faces', { folds }, 1)).toThrow(/expected a number of folds from 2 to 20/);
    }
  });
});

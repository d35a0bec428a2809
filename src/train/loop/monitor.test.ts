import { describe, expect, it } from 'vitest';
import { type HistoryRow, measureName } from '../../scores/history.js';
import { resolveTrainConfig, type TrainConfigOverrides } from '../config/config.js';
import { createLearningRate, plateauStart } from './learning-rate.js';
import { type Best, createMonitor } from './monitor.js';

const config = (overrides: TrainConfigOverrides) =>
  resolveTrainConfig('seed', { ...overrides, data: { path: 'x' } });

const row = (epoch: number, values: HistoryRow['measures']): HistoryRow => ({
  epoch,
  learningRate: 1,
  measures: { loss: 1, accuracy: 0, valLoss: 1, valAccuracy: 0, ...values },
  seconds: 1,
  imagesPerSecond: 1,
  dataWait: 0,
});

const measures = {
  loss: 'smaller',
  accuracy: 'larger',
  valLoss: 'smaller',
  valAccuracy: 'larger',
} as const;

/** The best epoch after each of these values, and the epoch after which training stops. */
function course(
  train: TrainConfigOverrides['train'],
  values: number[],
): { best: (number | null)[]; over: number | null } {
  const { train: settings } = config({ train: { ...train } });
  const monitor = createMonitor(settings, measures);
  let best: Best = null;
  let over: number | null = null;
  const bests = values.map((value, i) => {
    best = monitor.update(best, row(i + 1, { [measureName(settings.monitor)]: value }));
    if (over === null && monitor.isOver(best, i + 1)) over = i + 1;
    return best?.epoch ?? null;
  });
  return { best: bests, over };
}

describe('createMonitor', () => {
  it('takes the largest accuracy and the smallest loss', () => {
    expect(course({ monitor: 'val_accuracy' }, [0.5, 0.4, 0.6]).best).toEqual([1, 1, 3]);
    expect(course({ monitor: 'val_loss' }, [0.5, 0.4, 0.6]).best).toEqual([1, 2, 2]);
  });

  it('asks for more than minDelta, and keeps the first of equals', () => {
    expect(course({ minDelta: 0.1 }, [0.5, 0.55, 0.59, 0.61]).best).toEqual([1, 1, 1, 4]);
    expect(course({}, [0.5, 0.5]).best).toEqual([1, 1]);
  });

  it('never takes what is not a number', () => {
    expect(course({}, [Number.NaN, 0.2, Number.NaN]).best).toEqual([null, 2, 2]);
  });

  it('refuses a measure that the task lacks', () => {
    const { train } = config({ train: { monitor: 'accuracy' } });
    expect(() => createMonitor(train, { loss: 'smaller', valBoxLoss: 'smaller' })).toThrow(
      /train\.monitor: expected a measure of the task, loss, val_box_loss; got accuracy/,
    );
  });

  it('stops after `patience` epochs without improvement, or never', () => {
    expect(course({ patience: 2 }, [0.5, 0.6, 0.6, 0.6, 0.7]).over).toBe(4);
    expect(course({ patience: null }, [0.5, 0.4, 0.3, 0.2]).over).toBeNull();
  });

  it('waits anew from the epoch after which a run that had ended was given more', () => {
    const { train } = config({ train: { patience: 2 } });
    const best = { epoch: 1, value: 0.5 };
    expect(createMonitor(train, measures).isOver(best, 3)).toBe(true);
    const again = createMonitor(train, measures, 3);
    expect([3, 4, 5].map((epoch) => again.isOver(best, epoch))).toEqual([false, false, true]);
  });
});

describe('createLearningRate', () => {
  it('ends its cosine at the last step of the last epoch', () => {
    const rate = createLearningRate(
      config({
        train: { epochs: 4 },
        schedule: { name: 'cosine', warmupEpochs: 1 },
        optimizer: { learningRate: 2 },
      }),
      10,
    );
    expect(rate.at(1, plateauStart)).toBeCloseTo(2 / 11);
    expect(rate.at(11, plateauStart)).toBe(2);
    expect(rate.at(40, plateauStart)).toBeGreaterThan(0);
    expect(rate.at(40, plateauStart)).toBeLessThan(0.02);
  });

  it('follows the validation loss with the plateau schedule alone', () => {
    const plateau = createLearningRate(
      config({ schedule: { name: 'plateau', patience: 1, factor: 0.5 } }),
      10,
    );
    const after = [1, 1].reduce(
      (state, valLoss, i) => plateau.afterEpoch(state, row(i + 1, { valLoss })),
      plateauStart,
    );
    expect(plateau.at(5, after)).toBeCloseTo(0.0005);
    const undefinedFirst = plateau.afterEpoch(plateauStart, row(1, { valLoss: Number.NaN }));
    expect(undefinedFirst.best).toBeNull();
    expect(plateau.afterEpoch(undefinedFirst, row(2, { valLoss: 1 })).best).toBe(1);
    const constant = createLearningRate(config({ schedule: { name: 'constant' } }), 10);
    expect(constant.afterEpoch(plateauStart, row(1, {}))).toBe(plateauStart);
  });
});

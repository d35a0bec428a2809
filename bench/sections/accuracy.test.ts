import { expect, it } from 'vitest';
import { sampleOf } from './accuracy.js';

const curve = [0.3, 0.55, 0.5, 0.6].map((validationAccuracy, i) => ({
  epoch: i + 1,
  validationAccuracy,
  seconds: 10 * (i + 1),
}));
/** Two seconds of start, three an epoch. */
const ended = [{ seconds: 5 }, { seconds: 8 }];

const oneSize = () => null;

/** Three seconds of start and one an epoch on small images, then one and three. */
const growing = [
  { side: 32, seconds: 4 },
  { side: 32, seconds: 5 },
  { side: 44, seconds: 9 },
  { side: 44, seconds: 12 },
];

it('counts the start once and an epoch as often as the curve takes to the target', () => {
  expect(sampleOf(ended, 8, curve, oneSize, 0.5)).toEqual({
    epochSeconds: 24,
    'epochSeconds/all': 24,
    accuracy: 60,
    epochsToTarget: 2,
    secondsToTarget: 2 + 2 * 24,
    recordedSeconds: 30,
  });
});

it('counts every epoch with what one on images of its size takes', () => {
  expect(sampleOf(growing, 8, curve, (epoch) => (epoch < 3 ? 32 : 44), 0.6)).toMatchObject({
    'epochSeconds/32': 8,
    'epochSeconds/44': 24,
    // the first epochs took 3 and 1 seconds longer
    secondsToTarget: 3 + 1 + 3 * 8 + 24,
    epochSeconds: (3 * 8 + 24) / 4,
  });
  expect(() => sampleOf(growing, 8, curve, () => 40, 0.6)).toThrow(/images of 40 pixels/);
});

it('counts no start of a size that the curve does not reach', () => {
  expect(sampleOf(growing, 8, curve, (epoch) => (epoch < 3 ? 32 : 44), 0.5).secondsToTarget).toBe(3 + 2 * 8);
});

it('counts a checkpoint once however many more images a whole epoch has', () => {
  const saved = [{ seconds: 5 }, { seconds: 8, checkpointSeconds: 1 }];
  expect(sampleOf(saved, 8, curve, oneSize, 0.5)).toMatchObject({
    epochSeconds: 2 * 8 + 1,
    secondsToTarget: 2 + 2 * (2 * 8 + 1),
  });
});

it('takes no start where the first epoch was the quicker one', () => {
  expect(sampleOf([{ seconds: 3 }, { seconds: 8 }], 1, curve, oneSize, 0.6).secondsToTarget).toBe(4 * 5);
});

it('leaves the times out where the target was never reached, or is unknown', () => {
  for (const target of [0.61, null]) {
    const sample = sampleOf(ended, 8, curve, oneSize, target);
    expect(Object.keys(sample).sort()).toEqual(['accuracy', 'epochSeconds', 'epochSeconds/all']);
  }
});

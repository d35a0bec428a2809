import { expect, it } from 'vitest';
import { sampleOf } from './accuracy.js';

const curve = [0.3, 0.55, 0.5, 0.6].map((validationAccuracy, i) => ({
  epoch: i + 1,
  validationAccuracy,
  seconds: 10 * (i + 1),
}));
/** Two seconds of start, three an epoch. */
const ended = [{ seconds: 5 }, { seconds: 8 }];

it('counts the start once and an epoch as often as the curve takes to the target', () => {
  expect(sampleOf(ended, 8, curve, 0.5)).toEqual({
    epochSeconds: 24,
    accuracy: 60,
    epochsToTarget: 2,
    secondsToTarget: 2 + 2 * 24,
    recordedSeconds: 30,
  });
});

it('takes no start where the first epoch was the quicker one', () => {
  expect(sampleOf([{ seconds: 3 }, { seconds: 8 }], 1, curve, 0.6).secondsToTarget).toBe(4 * 5);
});

it('leaves the times out where the target was never reached, or is unknown', () => {
  for (const target of [0.61, null]) {
    const sample = sampleOf(ended, 8, curve, target);
    expect(Object.keys(sample).sort()).toEqual(['accuracy', 'epochSeconds']);
  }
});

import { expect, it } from 'vitest';
import { sampleOf } from './accuracy.js';

const epochs = [0.3, 0.55, 0.5, 0.6].map((validationAccuracy, i) => ({
  seconds: 10 * (i + 1),
  validationAccuracy,
}));

it('takes the first epoch that is as good as the target', () => {
  expect(sampleOf(epochs, 0.5)).toEqual({ accuracy: 60, epochs: 4, secondsToTarget: 20 });
});

it('counts an equal share that Keras rounded to float32', () => {
  const target = Math.fround(0.55);
  expect(target).toBeGreaterThan(0.55);
  expect(sampleOf(epochs, target).secondsToTarget).toBe(20);
});

it('leaves the time out where the target was never reached, or is unknown', () => {
  expect(sampleOf(epochs, 0.61)).not.toHaveProperty('secondsToTarget');
  expect(sampleOf(epochs, null)).not.toHaveProperty('secondsToTarget');
});

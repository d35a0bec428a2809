import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { softmaxRows } from '../math/softmax.js';
import { Random } from '../random/random.js';
import { calibrationEffect, fitTemperature, type LabelledLogits } from './temperature.js';

const classes = 4;

/** Logits whose softmax, at `temperature`, is the truth: labels are drawn from it. */
function drawn(n: number, temperature: number, seed: number): LabelledLogits {
  const random = new Random(seed);
  const logits = Float32Array.from({ length: n * classes }, () => 6 * temperature * (random.uniform() - 0.5));
  const truth = softmaxRows(logits, classes, temperature);
  const labels = Int32Array.from({ length: n }, (_, i) => {
    let left = random.uniform();
    for (let k = 0; k < classes - 1; k++) {
      left -= truth[i * classes + k]!;
      if (left < 0) return k;
    }
    return classes - 1;
  });
  return { logits, labels, classes };
}

/** Mean cross-entropy, written out. */
function loss({ logits, labels }: LabelledLogits, temperature: number): number {
  let sum = 0;
  labels.forEach((label, i) => {
    const row = [...logits.subarray(i * classes, (i + 1) * classes)].map((z) => z / temperature);
    sum += Math.log(row.reduce((total, z) => total + Math.exp(z), 0)) - row[label]!;
  });
  return sum / labels.length;
}

describe('fitTemperature', () => {
  it('finds the temperature that labels were drawn with', () => {
    for (const temperature of [0.3, 1, 2.5, 8]) {
      expect(fitTemperature(drawn(20_000, temperature, 1))! / temperature).toBeCloseTo(1, 1);
    }
  });

  it('finds the smallest loss', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        (seed, truth) => {
          const data = drawn(60, truth, seed);
          const fitted = fitTemperature(data);
          if (fitted === null) return;
          for (const factor of [0.5, 0.99, 1.01, 2]) {
            expect(loss(data, fitted)).toBeLessThanOrEqual(loss(data, fitted * factor));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('works on logits that overflow an exponential', () => {
    const data = drawn(2000, 1, 3);
    const shifted = { ...data, logits: data.logits.map((z) => z + 10_000) };
    expect(fitTemperature(shifted)).toBeCloseTo(fitTemperature(data)!, 2);
    const scaled = { ...data, logits: data.logits.map((z) => z * 15) };
    expect(fitTemperature(scaled)).toBeCloseTo(fitTemperature(data)! * 15, 3);
  });

  it('finds none where every answer is right, worse than chance, or there is none', () => {
    const right = { logits: Float32Array.of(2, 0, 0, 3), labels: Int32Array.of(0, 1), classes: 2 };
    expect(fitTemperature(right)).toBeNull();
    expect(fitTemperature({ ...right, labels: Int32Array.of(1, 0) })).toBeNull();
    expect(fitTemperature({ ...right, logits: new Float32Array(4) })).toBeNull();
    expect(fitTemperature({ logits: new Float32Array(0), labels: new Int32Array(0), classes: 2 })).toBeNull();
  });
});

describe('calibrationEffect', () => {
  it('repairs overconfidence, on images that a temperature was not fitted on too', () => {
    const data = drawn(6000, 3, 4);
    const { ece, loss: losses } = calibrationEffect(data, fitTemperature(data)!);
    expect(ece.before).toBeGreaterThan(0.1);
    expect(ece.after).toBeLessThan(0.03);
    expect(ece.crossFitted).toBeLessThan(0.03);
    expect(losses.after).toBeLessThan(losses.crossFitted);
    expect(losses.crossFitted).toBeLessThan(losses.before);
  });

  it('scores each half under the temperature of the other', () => {
    // Even images want a high temperature, odd ones a low one: crossed, both get the wrong one.
    const [even, odd] = [drawn(500, 5, 5), drawn(500, 0.4, 6)];
    const data = { logits: new Float32Array(1000 * classes), labels: new Int32Array(1000), classes };
    for (let i = 0; i < 1000; i++) {
      const from = i % 2 === 0 ? even : odd;
      const row = i >> 1;
      data.logits.set(from.logits.subarray(row * classes, (row + 1) * classes), i * classes);
      data.labels[i] = from.labels[row]!;
    }
    const expected = (loss(even, fitTemperature(odd)!) + loss(odd, fitTemperature(even)!)) / 2;
    expect(calibrationEffect(data, fitTemperature(data)!).loss.crossFitted).toBeCloseTo(expected, 4);
  });
});

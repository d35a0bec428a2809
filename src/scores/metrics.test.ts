// Golden numbers come from scikit-learn and SciPy: test/golden/metrics/generate.py.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FerlabError } from '../errors.js';
import { scorePredictions, wilsonInterval } from './metrics.js';

interface GoldenCase {
  name: string;
  classes: number;
  labels: number[];
  probabilities: number[];
  accuracy: number;
  interval: [number, number];
  loss: number;
  log_loss: number;
  confusion: number[][];
  precision: number[];
  recall: number[];
  f1: number[];
  support: number[];
  macro: [number, number, number];
  weighted: [number, number, number];
  ece: number;
}

const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/metrics/metrics.json', import.meta.url), 'utf8'),
) as { cases: GoldenCase[] };

function score(probabilities: number[][], labels: number[], classes?: string[], mistakes?: number) {
  return scorePredictions({
    probabilities: Float32Array.from(probabilities.flat()),
    labels: Int32Array.from(labels),
    files: labels.map((_, i) => `image-${String(i).padStart(3, '0')}.png`),
    classes: classes ?? probabilities[0]!.map((_, k) => `class ${k}`),
    ...(mistakes === undefined ? {} : { mistakes }),
  });
}

/** Rows of probabilities with labels. */
const predictions = fc
  .record({ classes: fc.integer({ min: 2, max: 8 }), n: fc.integer({ min: 1, max: 60 }) })
  .chain(({ classes, n }) =>
    fc.record({
      classes: fc.constant(classes),
      labels: fc.array(fc.nat(classes - 1), { minLength: n, maxLength: n }),
      rows: fc.array(
        fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: classes, maxLength: classes }),
        { minLength: n, maxLength: n },
      ),
    }),
  )
  .map(({ classes, labels, rows }) => ({
    classes,
    labels,
    rows: rows.map((row) => row.map((value) => value / row.reduce((sum, other) => sum + other, 0))),
  }));

describe('scorePredictions agrees with scikit-learn', () => {
  it.each(golden.cases)('$name', (expected) => {
    const names = Array.from({ length: expected.classes }, (_, k) => `class ${k}`);
    const result = scorePredictions({
      probabilities: Float32Array.from(expected.probabilities),
      labels: Int32Array.from(expected.labels),
      files: expected.labels.map((_, i) => `${i}.png`),
      classes: names,
    });
    expect(result.accuracy).toBeCloseTo(expected.accuracy, 12);
    expect(result.accuracyInterval[0]).toBeCloseTo(expected.interval[0], 12);
    expect(result.accuracyInterval[1]).toBeCloseTo(expected.interval[1], 12);
    expect(result.loss).toBeCloseTo(expected.loss, 10);
    expect(result.loss).toBeCloseTo(expected.log_loss, 6);
    expect(result.confusion).toEqual(expected.confusion);
    expect(result.ece).toBeCloseTo(expected.ece, 10);
    for (const [k, name] of names.entries()) {
      const scores = result.perClass[name]!;
      expect(scores.precision).toBeCloseTo(expected.precision[k]!, 12);
      expect(scores.recall).toBeCloseTo(expected.recall[k]!, 12);
      expect(scores.f1).toBeCloseTo(expected.f1[k]!, 12);
      expect(scores.support).toBe(expected.support[k]);
    }
    for (const mean of ['macro', 'weighted'] as const) {
      const [precision, recall, f1] = expected[mean];
      expect(result[mean].precision).toBeCloseTo(precision, 12);
      expect(result[mean].recall).toBeCloseTo(recall, 12);
      expect(result[mean].f1).toBeCloseTo(f1, 12);
    }
  });
});

describe('scorePredictions, whatever the predictions', () => {
  it('counts every image once', () => {
    fc.assert(
      fc.property(predictions, ({ rows, labels, classes }) => {
        const result = score(rows, labels);
        const sums = result.confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
        expect(sums).toEqual(result.classes.map((name) => result.perClass[name]!.support));
        expect(sums).toEqual(
          Array.from({ length: classes }, (_, k) => labels.filter((label) => label === k).length),
        );
        expect(result.reliability.reduce((sum, bin) => sum + bin.count, 0)).toBe(result.n);
      }),
    );
  });

  it('gives the same for the images in another order', () => {
    fc.assert(
      fc.property(predictions, fc.infiniteStream(fc.nat()), ({ rows, labels, classes }, keys) => {
        const order = labels.map((_, i) => ({ i, key: keys.next().value! })).sort((a, b) => a.key - b.key);
        const files = labels.map((_, i) => `image-${i}.png`);
        const names = Array.from({ length: classes }, (_, k) => `class ${k}`);
        const run = (indices: number[]) =>
          scorePredictions({
            probabilities: Float32Array.from(indices.flatMap((i) => rows[i]!)),
            labels: Int32Array.from(indices.map((i) => labels[i]!)),
            files: indices.map((i) => files[i]!),
            classes: names,
          });
        const plain = run(labels.map((_, i) => i));
        const shuffled = run(order.map(({ i }) => i));
        expect(shuffled.confusion).toEqual(plain.confusion);
        expect(shuffled.mistakes).toEqual(plain.mistakes);
        expect(shuffled.loss).toBeCloseTo(plain.loss, 10);
        expect(shuffled.ece).toBeCloseTo(plain.ece, 10);
      }),
    );
  });

  it('keeps its identities: weighted recall is the accuracy, the interval holds it, errors stay in range', () => {
    fc.assert(
      fc.property(predictions, ({ rows, labels }) => {
        const result = score(rows, labels);
        expect(result.weighted.recall).toBeCloseTo(result.accuracy, 12);
        const [lower, upper] = result.accuracyInterval;
        expect(lower).toBeLessThanOrEqual(result.accuracy);
        expect(upper).toBeGreaterThanOrEqual(result.accuracy);
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(upper).toBeLessThanOrEqual(1);
        expect(result.ece).toBeGreaterThanOrEqual(0);
        expect(result.ece).toBeLessThanOrEqual(1);
        for (const bin of result.reliability.filter(({ count }) => count > 0)) {
          expect(bin.confidence).toBeGreaterThanOrEqual(bin.lower - 1e-9);
          expect(bin.confidence).toBeLessThanOrEqual(bin.upper + 1e-9);
        }
      }),
    );
  });
});

describe('scorePredictions', () => {
  it('lists the most confident mistakes first, and only as many as asked for', () => {
    const rows = [
      [0.9, 0.1],
      [0.6, 0.4],
      [0.2, 0.8],
      [0.3, 0.7],
    ];
    const result = score(rows, [0, 1, 0, 0], ['happy', 'sad'], 2);
    expect(result.accuracy).toBe(0.25);
    expect(result.mistakes).toEqual([
      { file: 'image-002.png', expected: 'happy', predicted: 'sad', confidence: Math.fround(0.8) },
      { file: 'image-003.png', expected: 'happy', predicted: 'sad', confidence: Math.fround(0.7) },
    ]);
  });

  it('has a finite loss where a float32 probability has underflowed to zero', () => {
    expect(score([[0, 1]], [0]).loss).toBeCloseTo(149 * Math.LN2, 10);
  });

  it('puts a confidence on the upper edge of a bin into that bin', () => {
    const result = score(
      [
        [1, 0],
        [0.8, 0.2],
      ],
      [0, 0],
    );
    expect(result.reliability[14]!.count).toBe(1);
    // 0.8 in float32 is a little above 12/15.
    expect(result.reliability[12]!.count).toBe(1);
  });

  it('refuses probabilities that are not numbers, and says for which image', () => {
    expect(() =>
      score(
        [
          [0.5, 0.5],
          [Number.NaN, Number.NaN],
        ],
        [0, 1],
      ),
    ).toThrow(FerlabError);
    expect(() =>
      score(
        [
          [0.5, 0.5],
          [Number.NaN, Number.NaN],
        ],
        [0, 1],
      ),
    ).toThrow(/image-001\.png/);
  });

  it('refuses arrays that do not fit', () => {
    expect(() => score([[0.5, 0.5]], [2])).toThrow(/from 0 to 1, got 2/);
    expect(() => score([[0.5, 0.5]], [0], ['a', 'b', 'c'])).toThrow(RangeError);
    expect(() => score([[0.5, 0.5]], [0], ['a', 'a'])).toThrow(/must differ/);
  });
});

describe('wilsonInterval', () => {
  it('stays within 0 and 1 at the ends', () => {
    expect(wilsonInterval(0, 10)[0]).toBe(0);
    expect(wilsonInterval(10, 10)[1]).toBe(1);
    expect(wilsonInterval(10, 10)[0]).toBeCloseTo(0.7224672, 6); // 10 / (10 + z^2)
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { storeOf } from '../../test/audit/pictures.js';
import { AuditImages } from '../copies/images.js';
import type { ImageStore } from '../data/store/store.js';
import { judgeLabels } from './judge-labels.js';

let stores: ImageStore[];
const picture = (label: number) => ({ pixels: new Uint8Array(48 * 48), label });

beforeAll(async () => {
  stores = [await storeOf([0, 0, 0, 1].map(picture)), await storeOf([1, 1].map(picture))];
});
afterAll(async () => {
  for (const store of stores) await store.close();
});

it('judges all splits by the same thresholds, and ranks by the lead over the label', () => {
  const images = new AuditImages(
    [
      { name: 'train', store: stores[0]! },
      { name: 'validation', store: stores[1]! },
    ],
    ['happy', 'sad'],
  );
  const rows = [
    [0.9, 0.1],
    [0.8, 0.2],
    [0.3, 0.7], // labelled happy
    [0.2, 0.8],
    [0.1, 0.9],
    [0.95, 0.05], // labelled sad
  ];
  const judged = judgeLabels(images, {
    probabilities: Float32Array.from(rows.flat()),
    folds: 2,
    foldOf: Uint8Array.of(0, 1, 0, 1, 0, 1),
    preset: 'tiny',
    epochs: 3,
    seed: 7,
  });
  const [train, validation] = judged.suspects;
  expect(train!.thresholds[0]).toBeCloseTo((0.9 + 0.8 + 0.3) / 3);
  expect(validation!.thresholds).toEqual(train!.thresholds);
  expect(train!.suspects.map(({ image, predicted }) => [image, predicted])).toEqual([[2, 1]]);
  expect(validation!.suspects.map(({ image, predicted }) => [image, predicted])).toEqual([[5, 0]]);
  expect(judged.joint).toEqual([
    [2, 1],
    [1, 2],
  ]);
  expect(judged.estimated).toEqual(judged.joint);
  expect(judged.accuracy).toBeCloseTo(4 / 6);
  expect(judged.foldAccuracy[0]).toBeCloseTo(2 / 3);
  expect(judged.foldAccuracy[1]).toBeCloseTo(2 / 3);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Unavailable } from '../contest.js';
import { bestAccuracy, epochsTo, readLearningCurve, recordedSeconds } from './learning-curves.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ferlab-curves-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function record(name: string, json: string): void {
  mkdirSync(path.join(folder, 'docs', 'results', name), { recursive: true });
  writeFileSync(path.join(folder, 'docs', 'results', name, 'history.json'), json);
}

const curve = [0.3, 0.55, 0.5, 0.6].map((validationAccuracy, i) => ({
  epoch: i + 1,
  validationAccuracy,
  seconds: 10 * (i + 1),
}));

it('reads the curves that are kept with the results', async () => {
  const seed = await readLearningCurve('seed');
  expect(seed).toHaveLength(24);
  expect(bestAccuracy(seed)).toBeCloseTo(0.6258, 4);
});

it('says which file a curve would stand in', async () => {
  await expect(readLearningCurve('nobody', folder)).rejects.toThrow(Unavailable);
  await expect(readLearningCurve('nobody', folder)).rejects.toThrow(path.join('docs', 'results', 'nobody'));
  record('empty', '[]');
  await expect(readLearningCurve('empty', folder)).rejects.toThrow('no epochs');
});

it('takes a curve by Keras, which does not record how long it waited for data', async () => {
  const row =
    '{"epoch":1,"learning_rate":0.001,"loss":1.8,"accuracy":0.25,"val_loss":1.7,"val_accuracy":0.3,"seconds":270,"images_per_second":106,"data_wait":null}';
  record('keras', `[${row}]`);
  expect(await readLearningCurve('keras', folder)).toEqual([
    { epoch: 1, validationAccuracy: 0.3, seconds: 270 },
  ]);
});

it('finds the first epoch that is as good as the target', () => {
  expect(epochsTo(curve, 0.5)).toBe(2);
  expect(epochsTo(curve, 0.6)).toBe(4);
  expect(epochsTo(curve, 0.61)).toBeNull();
  expect(recordedSeconds(curve, 2)).toBe(30);
});

it('counts an equal share that Keras rounded to float32', () => {
  const target = Math.fround(0.55);
  expect(target).toBeGreaterThan(0.55);
  expect(epochsTo(curve, target)).toBe(2);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readReport } from './read-report.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-read-report-'));
});
afterEach(() => rm(folder, { recursive: true }));

const store = (report: unknown) => writeFile(join(folder, 'report.json'), JSON.stringify(report));

it('reads reports of earlier versions, and leaves the names of classes alone', async () => {
  const scores = { precision: 1, recall: 1, f1: 1, support: 2 };
  const rest = { n: 2, classes: ['per_class'], confusion: [[2]] };
  const change = { before: 0.2, after: 0.1 };
  const fit = { temperature: 2, dataset: 'a', split: 'b', n: 2, fingerprint: 'c' };
  const row = {
    epoch: 1,
    learning_rate: 0.1,
    loss: 2,
    val_loss: 3,
    seconds: 4,
    images_per_second: 5,
    data_wait: 0,
  };
  const earlier = {
    title: 'Run',
    history: [row],
    evaluation: { ...rest, accuracy_interval: [0.3, 1], per_class: { per_class: scores } },
    calibration: { ...fit, ece: { ...change, cross_fitted: 0.12 }, loss: { ...change, cross_fitted: 0.13 } },
  };
  const now = {
    title: 'Run',
    history: [row],
    evaluation: { ...rest, accuracyInterval: [0.3, 1], perClass: { per_class: scores } },
    calibration: { ...fit, ece: { ...change, crossFitted: 0.12 }, loss: { ...change, crossFitted: 0.13 } },
  };
  await store(earlier);
  const measures = { loss: 2, valLoss: 3 };
  const history = [{ epoch: 1, learningRate: 0.1, measures, seconds: 4, imagesPerSecond: 5, dataWait: 0 }];
  expect(await readReport(folder)).toEqual({ ...now, history });
  await store(now);
  expect(await readReport(folder)).toEqual({ ...now, history });
});

it('reads a run whose probabilities were not calibrated', async () => {
  const report = { history: [], evaluation: { confusion: [] }, calibration: null };
  await store(report);
  expect(await readReport(folder)).toEqual(report);
});

it('refuses JSON that is no report of a training run', async () => {
  for (const other of [null, [], 3, { history: 1 }, { history: [], evaluation: {} }]) {
    await store(other);
    await expect(readReport(folder)).rejects.toThrow(/report\.json: expected the report of a training run/);
  }
});

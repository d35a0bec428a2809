// Runs of classifiers in their folders: opened by programs, continued where their files have moved.

import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSampleDataset } from '../data/sample/write.js';
import { lockName } from '../files/lock.js';
import { loadModel } from '../predict-files/load-model.js';
import { resolveTrainConfig, type TrainConfigOverrides } from './config/config.js';
import { openRun } from './open-run.js';
import { resumeTraining, type TrainCall, trainFromConfig } from './train.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

function configOf(out: string, more: TrainConfigOverrides = {}) {
  return resolveTrainConfig('seed', {
    data: { path: at('faces'), imageSize: { width: 16, height: 16 }, workers: 1 },
    model: { convFilters: [4], denseUnits: [8] },
    schedule: { name: 'constant' },
    ...more,
    train: { epochs: 2, batchSize: 32, threads: 1, ...more.train },
    out: at(out),
  });
}

function stopAfter(epochs: number): TrainCall {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    report: false,
    onProgress: (event) => {
      if (event.type === 'epoch' && event.row.epoch === epochs) controller.abort();
    },
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-train-'));
  await writeSampleDataset(at('faces'), { train: 70, validation: 35, size: 16 });
  await trainFromConfig(configOf('whole'), { report: false });
});
afterAll(() => rm(folder, { recursive: true }));

const bytesOf = (run: string) =>
  Promise.all(['best.onnx', 'last.safetensors'].map((name) => readFile(at(run, name), 'base64')));

describe('a run without a report', () => {
  it('has its model, calibrated once, and no plots', async () => {
    expect((await readdir(at('whole'))).sort()).toEqual([
      'best.onnx',
      'config.json',
      'history.csv',
      'history.json',
      'last.safetensors',
    ]);
    const model = await loadModel(at('whole/best.onnx'));
    await model.close();
    expect(model.metadata.task).toBe('classify');
    expect(model.metadata.calibration).toMatchObject({ dataset: 'faces', split: 'validation', n: 35 });
  });
});

describe('openRun', () => {
  it('gives what the folder holds', async () => {
    const run = await openRun(at('whole'));
    expect(run).toMatchObject({ folder: at('whole'), finished: true, training: false });
    expect(run.modelFile).toBe(at('whole/best.onnx'));
    expect(run.config.train.epochs).toBe(2);
    expect(run.history.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(run.history[0]!.measures.valAccuracy).toBeGreaterThanOrEqual(0);
    await expect(openRun(at('faces'))).rejects.toThrow(/expected the folder of a run/);
  });

  it('continues a run that was interrupted, to the same bytes', async () => {
    await trainFromConfig(configOf('stopped'), stopAfter(1));
    const run = await openRun(at('stopped'));
    expect(run).toMatchObject({ finished: false, training: false });
    const { history } = await run.resume({}, { report: false });
    expect(history).toHaveLength(2);
    expect(await bytesOf('stopped')).toEqual(await bytesOf('whole'));
    expect(await openRun(at('stopped'))).toMatchObject({ finished: true });
  });
});

describe('a run that has been moved', () => {
  it('says where its files were, and goes on where they are', async () => {
    await trainFromConfig(configOf('here'), stopAfter(1));
    await mkdir(at('deep/er'), { recursive: true });
    await rename(at('here'), at('deep/er/there'));
    await expect(resumeTraining(at('deep/er/there'))).rejects.toThrow(
      /expected the dataset of .*there there, by the path in .*config\.json, .* say where they are: ferlab train --resume .*there DATASET\.$/,
    );
    await expect(resumeTraining(at('deep/er/there'), { dataset: at('wrong') })).rejects.toThrow(
      /wrong: expected the dataset of .*there; found nothing of that name\. Check the path\.$/,
    );
    const { history } = await resumeTraining(
      at('deep/er/there'),
      { dataset: at('faces') },
      { report: false },
    );
    expect(history).toHaveLength(2);
    expect(await bytesOf('deep/er/there')).toEqual(await bytesOf('whole'));
    const { config } = await openRun(at('deep/er/there'));
    expect(config.data.path).toMatch(/faces$/); // and knows it from now on
    expect(
      (await resumeTraining(at('deep/er/there'), { epochs: 3 }, { report: false })).history,
    ).toHaveLength(3);
  });

  it('takes nothing but what it began with, also before its first epoch is done', async () => {
    await cp(at('faces'), at('others'), { recursive: true });
    await rm(at('others/train/happy'), { recursive: true });
    await cp(at('others/train/sad'), at('others/train/happy'), { recursive: true });
    await cp(at('whole'), at('copy'), { recursive: true });
    const others = { dataset: at('others') };
    const refusal = /expected the train images that the run began with, found others in .*others/;
    await expect(resumeTraining(at('copy'), others)).rejects.toThrow(refusal);
    for (const name of ['last.safetensors', 'history.json', 'history.csv', 'best.onnx'])
      await rm(at('copy', name));
    await expect(resumeTraining(at('copy'), others)).rejects.toThrow(refusal);
    await expect(resumeTraining(at('copy'), { train: at('others') })).rejects.toThrow(
      /training images: .*copy was begun without/,
    );
    await expect(resumeTraining(at('copy'), { teachers: ['a.onnx'] })).rejects.toMatchObject({
      kind: 'usage',
    });
  });

  it('finds its votes and the models that it learns from, too', async () => {
    const images = await readdir(at('faces/train/happy'));
    const classes = await readdir(at('faces/train'));
    const rows = images.map((name) => `train/happy/${name},${classes.map(() => 5).join()}`);
    await writeFile(at('votes.csv'), `${[`image,${classes.join()}`, ...rows].join('\n')}\n`);
    await cp(at('whole/best.onnx'), at('teacher.onnx'));
    const more = {
      softLabels: { file: at('votes.csv') },
      distillation: { teachers: [at('teacher.onnx')] },
      startFrom: at('teacher.onnx'),
    };
    await trainFromConfig(configOf('sources', more), stopAfter(1));
    await mkdir(at('files'));
    for (const name of ['votes.csv', 'teacher.onnx']) await rename(at(name), at('files', name));
    await expect(resumeTraining(at('sources'))).rejects.toThrow(/votes\.csv: expected the soft labels of/);
    const softLabels = at('files/votes.csv');
    await expect(resumeTraining(at('sources'), { softLabels })).rejects.toThrow(/--start-from FILE/);
    const moved = { softLabels, startFrom: at('files/teacher.onnx'), teachers: [at('files/teacher.onnx')] };
    await expect(resumeTraining(at('sources'), { ...moved, teachers: [] })).rejects.toThrow(
      /expected the 1 that .*sources was begun with, got 0/,
    );
    expect((await resumeTraining(at('sources'), moved, { report: false })).history).toHaveLength(2);
  });
});

describe('a run that can not begin', () => {
  it('leaves nothing behind, and its folder free', async () => {
    const wrong = configOf('none/run', { data: { path: at('nowhere') } });
    await expect(trainFromConfig(wrong)).rejects.toMatchObject({ kind: 'data' });
    expect(await readdir(folder)).not.toContain('none');
    await mkdir(at('empty'));
    await expect(trainFromConfig({ ...wrong, out: at('empty') })).rejects.toMatchObject({ kind: 'data' });
    expect(await readdir(at('empty'))).toEqual([]);
    expect(await readdir(at('whole'))).not.toContain(lockName);
    await expect(trainFromConfig(configOf('whole'))).rejects.toThrow(
      /Continue that run with "ferlab train --resume/,
    );
  });
});

// Whole trainings on drawn faces whose training labels are wrong, with soft labels and teachers that are right; and one
// that starts from a model file.

import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSampleDataset } from '../../data/sample/write.js';
import { evaluateModel } from '../../evaluate/evaluate.js';
import { describeNote } from '../../predict/notes.js';
import { loadModel } from '../../predict-files/load-model.js';
import { resolveTrainConfig, type TrainConfigOverrides } from '../config/config.js';
import type { TrainEvent } from '../loop/events.js';
import { resumeTraining, type TrainCall, trainFromConfig } from '../train.js';

let folder = '';
/** Classes that are easy to distinguish; 120 training and 40 validation images of each. */
const classes = ['happy', 'neutral', 'surprise'];
const at = (...parts: string[]) => join(folder, ...parts);

/** The class under which images of a class stand in `wrong`: the next one. */
const wrongly = (name: string) => classes[(classes.indexOf(name) + 1) % classes.length]!;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-supervision-'));
  const sample = await writeSampleDataset(at('right'), { train: 840, validation: 280, size: 16 });
  for (const name of sample.classes.filter((other) => !classes.includes(other))) {
    for (const split of ['train', 'validation']) await rm(at('right', split, name), { recursive: true });
  }
  await cp(at('right'), at('wrong'), { recursive: true });
  const votes = [`image,${classes.join(',')},unknown`];
  for (const name of classes) await rename(at('wrong/train', name), at('wrong/train', `old-${name}`));
  for (const name of classes) {
    await rename(at('wrong/train', `old-${name}`), at('wrong/train', wrongly(name)));
    for (const image of await readdir(at('right/train', name))) {
      const counts = classes.map((other) => (other === name ? 9 : 0));
      votes.push(`train/${wrongly(name)}/${image},${counts.join(',')},1`);
    }
  }
  await writeFile(at('votes.csv'), `${votes.join('\n')}\n`);
  await trainFromConfig(configOf('teacher', 'right'), { report: false });
}, 120_000);

afterAll(() => rm(folder, { recursive: true }));

function configOf(out: string, dataset: 'right' | 'wrong', more: TrainConfigOverrides = {}) {
  return resolveTrainConfig('seed', {
    ...more,
    data: { path: at(dataset), imageSize: { width: 16, height: 16 }, workers: 1 },
    augment: { shear: 0, zoom: 0, ...more.augment },
    model: {
      convFilters: [8, 16],
      denseUnits: [32],
      dropout: { conv: 0, dense: 0 },
      batchNorm: { momentum: 0.9 },
    },
    optimizer: { learningRate: 5e-3, ...more.optimizer },
    schedule: { name: 'constant' },
    train: { epochs: 5, batchSize: 32, threads: 1, restoreBest: false, patience: null, ...more.train },
    out: at(out),
  });
}

/** A call that stops after some epochs. */
function stopAfter(epochs: number): TrainCall {
  const stop = new AbortController();
  return {
    signal: stop.signal,
    onProgress: (event) => {
      if (event.type === 'epoch' && event.row.epoch === epochs) stop.abort();
    },
  };
}

const softLabels = (weight: number, more: object = {}) => ({
  softLabels: { file: at('votes.csv'), weight, ...more },
});
const teacher = (more: object = {}) => ({ distillation: { teachers: [at('teacher/best.onnx')], ...more } });

/** Accuracy on validation images, whose labels are right, of the last epoch. */
async function accuracyOf(out: string, more: TrainConfigOverrides): Promise<number> {
  const { history } = await trainFromConfig(configOf(out, 'wrong', more), { report: false });
  return history.at(-1)!.measures.valAccuracy!;
}

describe('training on wrong labels', () => {
  it('learns them without more, and the votes with soft labels of weight 1', async () => {
    const labels = await accuracyOf('labels', {});
    const votes = await accuracyOf('votes', softLabels(1));
    expect(labels).toBeLessThan(0.15); // below chance: every class is taken for the next
    expect(votes).toBeGreaterThan(0.55);
  }, 120_000);

  it('follows a teacher of weight 1, whatever the labels', async () => {
    const model = await loadModel(at('teacher/best.onnx'));
    const taught = model.metadata.metrics.val_accuracy!;
    await model.close();
    expect(taught).toBeGreaterThan(0.55);
    const distilled = await accuracyOf('distilled', teacher({ weight: 1 }));
    expect(distilled).toBeGreaterThan(0.55);
  }, 120_000);

  it('follows what a teacher said of whole images on crops of them', async () => {
    const more = { ...teacher({ weight: 1 }), augment: { crop: 14 } };
    const events: TrainEvent[] = [];
    const { history } = await trainFromConfig(configOf('asked-once', 'wrong', more), {
      report: false,
      onProgress: (event) => events.push(event),
    });
    expect(history.at(-1)!.measures.valAccuracy).toBeGreaterThan(0.55);
    expect(events.filter(({ type }) => type === 'teach').at(-1)).toEqual({
      type: 'teach',
      done: 360,
      total: 360,
    });
  }, 120_000);

  it('follows the votes through mixup, smoothing and class weights as well', async () => {
    const more = { train: { mixup: { alpha: 0.2 }, labelSmoothing: 0.1, classWeights: 'balanced' as const } };
    expect(await accuracyOf('mixed', { ...softLabels(1), ...more })).toBeGreaterThan(0.55);
  }, 120_000);
});

describe('training that starts from a model file', () => {
  it('is as good at once as that model became, says so, and needs the file when it is continued', async () => {
    const start = { startFrom: at('start.onnx'), optimizer: { learningRate: 1e-4 } };
    await cp(at('teacher/best.onnx'), at('start.onnx'));
    const model = await loadModel(at('start.onnx'));
    await model.close();
    const events: TrainEvent[] = [];
    const call = stopAfter(1);
    const { history, modelFile } = await trainFromConfig(configOf('tuned', 'right', start), {
      ...call,
      report: false,
      onProgress: (event) => {
        events.push(event);
        call.onProgress?.(event);
      },
    });
    expect(history[0]!.measures.valAccuracy).toBeGreaterThan(model.metadata.metrics.val_accuracy! - 0.05);
    const note = expect.stringMatching(
      /^Started from the weights of start\.onnx \([a-z]+, SHA-256 [0-9a-f]{8}\)\.$/,
    );
    expect(events).toContainEqual({ type: 'log', message: note });
    const tuned = await loadModel(modelFile);
    await tuned.close();
    expect(tuned.metadata.notes).toEqual([{ of: null, text: note }]);
    expect(tuned.metadata.training).toMatchObject({ start: { from: 'start.onnx' } });
    const stored = JSON.parse(await readFile(at('tuned/config.json'), 'utf8'));
    expect(stored.config.startFrom).toBe('../start.onnx');

    await cp(modelFile, at('start.onnx'));
    await expect(resumeTraining(at('tuned'))).rejects.toThrow(
      /tuned: expected the weights that the run began with, found others in .*start\.onnx\. Restore that model file/,
    );
  }, 60_000);
});

describe('that a model had more than labels', () => {
  it('stands in the log, the model file, the report and every evaluation', async () => {
    const events: TrainEvent[] = [];
    const more = { ...softLabels(0.5), ...teacher(), train: { epochs: 1 } };
    const { modelFile, runFolder } = await trainFromConfig(configOf('noted', 'wrong', more), {
      onProgress: (event) => events.push(event),
    });
    const logged = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    expect(logged).toContainEqual(
      expect.stringMatching(
        /^Soft labels for 360 of 360 training images: votes \(.*votes\.csv\), weight 0\.5; for 0\.0%/,
      ),
    );
    const model = await loadModel(modelFile);
    await model.close();
    const notes = model.metadata.notes!.map(describeNote);
    expect(notes).toEqual([
      expect.stringMatching(/^Trained with extra annotation: votes \(votes\.csv, weight 0\.5, 360 of 360/),
      expect.stringMatching(
        /^Distilled from best\.onnx \([a-z]+, SHA-256 [0-9a-f]{8}\): weight 0\.7, temperature 3; asked once about every training image\.$/,
      ),
      expect.stringMatching(/^Of best\.onnx \(.*\): Trained on other images or labels \(right\)/),
    ]);
    const sha = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(model.metadata.training).toMatchObject({
      softLabels: { kind: 'votes', file: 'votes.csv', weight: 0.5, minVotes: 2, fingerprint: sha },
      distillation: {
        teachers: [{ file: 'best.onnx', fingerprint: sha }],
        weight: 0.7,
        temperature: 3,
      },
    });
    expect(JSON.stringify(model.metadata)).not.toContain(folder);
    const report = await readFile(join(runFolder, 'report.md'), 'utf8');
    expect(report).toMatch(/\*\*Note:\*\* Trained with extra annotation: votes/);
    const json = JSON.parse(await readFile(join(runFolder, 'report.json'), 'utf8'));
    expect(json.notes).toEqual(notes);
    const evaluation = await evaluateModel({ model: modelFile, dataset: at('wrong') });
    expect(evaluation.notes).toEqual(notes);
  }, 60_000);

  it('stands nowhere where there was no more', async () => {
    const model = await loadModel(at('teacher/best.onnx'));
    await model.close();
    expect(model.metadata.notes).toBeUndefined();
    expect(model.metadata.training).not.toHaveProperty('softLabels');
  });

  it('is inherited once, by a network whose teacher it began with', async () => {
    const noted = at('noted/last.onnx');
    const model = await loadModel(noted);
    await model.close();
    const more = { distillation: { teachers: [noted] }, startFrom: noted };
    const { modelFile } = await trainFromConfig(configOf('inherits', 'wrong', more), stopAfter(1));
    const heir = await loadModel(modelFile);
    await heir.close();
    const own = model.metadata.notes!;
    const notes = heir.metadata.notes!;
    expect(notes).toHaveLength(own.length + 2); // of its teacher and its start themselves, one each
    for (const { text } of own) expect(notes.filter((other) => other.text === text)).toHaveLength(1);
  }, 60_000);
});

describe('a run that is continued', () => {
  it('ends with the bytes of one that was not interrupted, and needs the same files', async () => {
    for (const name of ['votes-1.csv', 'teacher-1.onnx']) {
      await cp(at(name.startsWith('votes') ? 'votes.csv' : 'teacher/best.onnx'), at(name));
    }
    const both = {
      augment: { crop: 12, horizontalFlip: true },
      softLabels: { file: at('votes-1.csv'), weight: 0.6 },
      distillation: { teachers: [at('teacher-1.onnx')] },
    };
    await trainFromConfig(configOf('whole', 'wrong', both), stopAfter(2));
    await trainFromConfig(configOf('stopped', 'wrong', both), stopAfter(1));

    const votes = await readFile(at('votes-1.csv'), 'utf8');
    await writeFile(at('votes-1.csv'), votes.replace(',9,', ',8,'));
    await expect(resumeTraining(at('stopped'))).rejects.toThrow(
      /stopped: expected the soft labels that the run began with, found others in .*votes-1\.csv\. Restore that file/,
    );
    await writeFile(at('votes-1.csv'), votes);

    const bytes = await readFile(at('teacher-1.onnx'));
    await cp(at('whole/best.onnx'), at('teacher-1.onnx'));
    await expect(resumeTraining(at('stopped'))).rejects.toThrow(
      /stopped: expected the teacher that the run began with, found another in .*teacher-1\.onnx\. Restore that model/,
    );
    await writeFile(at('teacher-1.onnx'), bytes);

    const { history } = await resumeTraining(at('stopped'), {}, stopAfter(2));
    expect(history).toHaveLength(2);
    for (const name of ['last.safetensors', 'best.onnx']) {
      const [whole, continued] = [await readFile(at('whole', name)), await readFile(at('stopped', name))];
      expect(continued.equals(whole), name).toBe(true);
    }
  }, 120_000);

  it('keeps its paths right when it is moved together with the files', async () => {
    const stored = JSON.parse(await readFile(at('stopped/config.json'), 'utf8'));
    expect(stored.config.softLabels.file).toBe('../votes-1.csv');
    expect(stored.config.distillation.teachers).toEqual(['../teacher-1.onnx']);
  });
});

describe('files that can not be used', () => {
  it('are refused before anything is written', async () => {
    const refused = async (more: TrainConfigOverrides, message: RegExp) => {
      await expect(trainFromConfig(configOf('refused', 'wrong', more))).rejects.toThrow(message);
      expect(await readdir(folder)).not.toContain('refused');
    };
    await refused({ softLabels: { file: at('none.csv') } }, /none\.csv: expected a CSV file of votes/);
    await refused(
      { distillation: { teachers: [at('votes.csv')] } },
      /votes\.csv: expected a model file written by ferlab/,
    );
  });
});

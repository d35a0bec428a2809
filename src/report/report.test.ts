import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { historyRecord } from '../scores/history.js';
import type { Robustness } from '../scores/robustness.js';
import type { EvaluationResult } from '../scores/types.js';
import { writeEvaluationReport, writeReport } from './report.js';
import type { EvaluationReportData, ReportData } from './types.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-report-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const mistake = { file: 'happy/7.jpg', expected: 'happy', predicted: 'sad', confidence: 0.97 };

const evaluation: EvaluationResult = {
  accuracy: 0.8,
  accuracyInterval: [0.58, 0.92],
  n: 20,
  loss: 0.51234,
  classes: ['happy', 'sad'],
  confusion: [
    [9, 3],
    [1, 7],
  ],
  perClass: {
    happy: { precision: 0.9, recall: 0.75, f1: 0.818, support: 12 },
    sad: { precision: 0.7, recall: 0.875, f1: 0.778, support: 8 },
  },
  macro: { precision: 0.8, recall: 0.8125, f1: 0.798 },
  weighted: { precision: 0.82, recall: 0.8, f1: 0.802 },
  ece: 0.043,
  reliability: [{ lower: 0.9, upper: 1, count: 20, confidence: 0.95, accuracy: 0.8 }],
  mistakes: [mistake],
};

const robustness: Robustness = {
  n: 20,
  accuracy: 0.8,
  changes: [
    {
      change: 'shrunk-24',
      name: 'shrunk to 24 pixels and back',
      accuracy: 0.65,
      lost: 0.15,
      lostInterval: [0.01, 0.29],
      changed: 0.25,
      changedInterval: [0.11, 0.47],
    },
    {
      change: 'mirrored',
      name: 'mirrored',
      accuracy: 0.8004,
      lost: -0.0004,
      lostInterval: [-0.02, 0.0192],
      changed: 0.1,
      changedInterval: [0.03, 0.3],
    },
  ],
};

const picture = { pixels: new Uint8Array(64).fill(90), width: 8, height: 8 };

const shared = {
  title: 'seed on faces_small',
  version: '0.1.0',
  dataset: {
    path: 'faces_small',
    classes: ['happy', 'sad'],
    counts: { train: { happy: 1200, sad: 800 }, validation: { happy: 12, sad: 8 } },
    badFiles: [{ file: 'train/sad/bad.jpg', reason: 'expected an image, found 0 bytes' }],
  },
  machine: {
    platform: 'Linux x64',
    cpu: 'a processor',
    cores: 2,
    memoryBytes: 8e9,
    node: '20.9.0',
    engine: 'onnxruntime-node 1.30.0, cpu',
  },
  evaluation,
  mistakes: [{ ...mistake, ...picture }],
  warnings: ['1 file was left out.'],
};

function trainingData(more: Partial<ReportData> = {}): ReportData {
  const row = { learningRate: 0.001, seconds: 3, imagesPerSecond: 700, dataWait: 0.01 };
  return {
    ...shared,
    command: 'ferlab train faces_small --epochs 2',
    configuration: { train: { epochs: 2 } },
    model: { name: 'seed', parameters: 1490123, flops: 116.4e6 },
    history: [
      { epoch: 1, measures: { loss: 0.9, accuracy: 0.5, valLoss: 0.6, valAccuracy: 0.6 }, ...row },
      { epoch: 2, measures: { loss: 0.7, accuracy: 0.7, valLoss: 0.6, valAccuracy: 0.8 }, ...row },
    ],
    bestEpoch: 2,
    monitor: 'val_accuracy',
    timing: { seconds: 75, imagesPerSecond: 700, dataWait: 0.0123, peakMemoryBytes: 1.42e9 },
    augmentedSamples: [{ ...picture, caption: 'happy' }],
    ...more,
  };
}

/** Files that a Markdown text shows or links. */
const links = (markdown: string) => [...markdown.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1]!);

describe('writeReport', () => {
  it('writes the report with every picture that it shows', async () => {
    await writeFile(join(folder, 'best.onnx'), 'model');
    await writeFile(join(folder, '.hidden'), '');
    const written = await writeReport(folder, trainingData());
    expect((await readdir(folder)).sort()).toEqual([...written, 'best.onnx', '.hidden'].sort());
    const markdown = await readFile(join(folder, 'report.md'), 'utf8');
    expect(links(markdown).length).toBe(7);
    for (const link of links(markdown)) expect(written).toContain(link);
    for (const name of written.filter((file) => file.endsWith('.png'))) {
      const { channels } = await sharp(join(folder, name)).stats();
      expect(Math.max(...channels.map(({ stdev }) => stdev)), name).toBeGreaterThan(5);
    }
    expect(markdown).toContain('`best.onnx`');
    expect(markdown).not.toContain('.hidden');
  });

  it('says the headline first, then the numbers, and how to reproduce', async () => {
    await writeReport(folder, trainingData());
    const markdown = await readFile(join(folder, 'report.md'), 'utf8');
    const [title, , headline] = markdown.split('\n');
    expect(title).toBe('# seed on faces\\_small');
    expect(headline).toContain('**80.0% accuracy** on 20 validation images (95% interval 58.0% to 92.0%)');
    expect(headline).toContain('Best of 2 epochs: epoch 2, by `val_accuracy`.');
    for (const text of [
      '> **Warning:** 1 file was left out.',
      '1,490,123',
      '116 MFLOP',
      '1 min 15 s',
      '1.42 GB',
      '0.5123',
      '```sh\nferlab train faces_small --epochs 2\n```',
      '- `train/sad/bad.jpg`: expected an image, found 0 bytes',
      '"epochs": 2',
    ]) {
      expect(markdown).toContain(text);
    }
    expect(markdown).toMatch(/\| happy +\| +90\.0% \| +75\.0% \| 81\.8% \| +12 \|/);
    expect(markdown).toMatch(/\| \*all\* +\| 2,000 \| +20 \|/);
  });

  it('says what changes of the images cost, as table and plot', async () => {
    const written = await writeReport(folder, trainingData({ robustness }));
    expect(written).toEqual(expect.arrayContaining(['robustness.svg', 'robustness.png']));
    const markdown = await readFile(join(folder, 'report.md'), 'utf8');
    expect(markdown).toMatch(
      /\| shrunk to 24 pixels and back +\| +65\.0% \| +15\.0 \| +1\.0 to 29\.0 \| +25\.0% \|/,
    );
    expect(markdown).toMatch(/\| mirrored +\| +80\.0% \| +0\.0 \| +-2\.0 to 1\.9 \| +10\.0% \|/);
    const plot = await readFile(join(folder, 'robustness.svg'), 'utf8');
    expect(plot).toContain('shrunk to 24 pixels and back');
    const json = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
    expect(json.robustness).toEqual(robustness);
  });

  it('says what calibration did, and on which images', async () => {
    const effect = { before: 0.123, after: 0.021, crossFitted: 0.034 };
    const calibration = {
      temperature: 1.5,
      dataset: 'faces',
      split: 'validation',
      n: 20,
      fingerprint: 'ab',
      ece: effect,
      loss: { before: 0.6, after: 0.5123, crossFitted: 0.52 },
    };
    await writeReport(folder, trainingData({ calibration }));
    const markdown = await readFile(join(folder, 'report.md'), 'utf8');
    expect(markdown).toContain('divided by a temperature of 1.5');
    expect(markdown).toContain('fitted on the same 20 images that are scored here');
    expect(markdown).toMatch(/\| as trained +\| +12\.3% \| 0\.6000 \|/);
    expect(markdown).toMatch(/\| calibrated +\| +2\.1% \| 0\.5123 \|/);
    expect(markdown).toMatch(/fitted on the other half \| +3\.4% \| 0\.5200 \|/);
    await writeReport(folder, trainingData({ calibration: { ...calibration, n: 18 } }));
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain(
      "fitted on the 18 of the images scored here that don't stand in training too",
    );
    await writeReport(folder, trainingData({ calibration: null }));
    expect(await readFile(join(folder, 'report.md'), 'utf8')).not.toContain('temperature');
  });

  it('says which epoch the model is of where it is not the best one', async () => {
    await writeReport(folder, trainingData({ bestEpoch: 1, final: { file: 'last.onnx', epoch: 2 } }));
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain(
      'The model is that of epoch 2 of 2, by choice not the best by `val_accuracy`, epoch 1.',
    );
    await writeReport(folder, trainingData({ final: { file: 'best.onnx', epoch: 2 } }));
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('Best of 2 epochs: epoch 2');
  });

  it('has all but the pixels in report.json', async () => {
    await writeReport(folder, trainingData());
    const json = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
    const { augmentedSamples, mistakes, ...rest } = trainingData();
    expect(json).toEqual({ ...rest, history: rest.history.map(historyRecord) });
  });

  it('leaves out what there is not: no history, no augmentation, no mistakes, no warnings', async () => {
    const data = trainingData({
      history: [],
      bestEpoch: undefined,
      augmentedSamples: [],
      mistakes: [],
      warnings: [],
    });
    const written = await writeReport(folder, { ...data, evaluation: { ...evaluation, mistakes: [] } });
    const markdown = await readFile(join(folder, 'report.md'), 'utf8');
    for (const name of ['accuracy.svg', 'augmented.png', 'mistakes.png']) {
      expect(written).not.toContain(name);
      expect(markdown).not.toContain(name);
    }
    expect(markdown).toContain('None: every image was recognised.');
    expect(markdown).not.toContain('Warning');
    expect(markdown).not.toContain('undefined');
    expect(markdown).not.toContain('Note');
  });

  it('says near its top what a comparison of the scores has to know', async () => {
    await writeReport(
      folder,
      trainingData({ notes: ['Trained with extra annotation: votes.', 'Distilled.'] }),
    );
    const markdown = await readFile(join(folder, 'report.md'), 'utf8');
    const [, , , , ...rest] = markdown.split('\n');
    expect(rest.slice(0, 3)).toEqual([
      '> **Note:** Trained with extra annotation: votes.',
      '>',
      '> **Note:** Distilled.',
    ]);
  });
});

describe('writeEvaluationReport', () => {
  it('creates its folder and names model and split', async () => {
    const data: EvaluationReportData = {
      ...shared,
      command: 'ferlab evaluate best.onnx faces --out here',
      model: 'best.onnx',
      split: 'test',
      notes: ['Trained with extra annotation: votes.'],
      timing: { seconds: 2.5, imagesPerSecond: 1500, peakMemoryBytes: 3e8 },
    };
    const written = await writeEvaluationReport(join(folder, 'new', 'one'), data);
    expect((await readdir(join(folder, 'new', 'one'))).sort()).toEqual([...written].sort());
    const markdown = await readFile(join(folder, 'new', 'one', 'report.md'), 'utf8');
    expect(markdown).toContain('on 20 test images');
    expect(markdown).toContain('Model `best.onnx`.');
    expect(markdown).toContain('> **Note:** Trained with extra annotation: votes.');
    expect(markdown).toContain('1,500 images/s');
    for (const link of links(markdown)) expect(written).toContain(link);
  });
});

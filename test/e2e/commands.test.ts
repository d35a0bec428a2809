// The main job: draw faces, train, evaluate, predict.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Prediction } from '../../dist/predict/model.js';
import type { Robustness } from '../../dist/scores/robustness.js';
import { copyTrainedRun, drawFaces, ferlab, succeed, temporaryFolder } from './program.js';
import { tiny } from './tiny.js';

let folder = '';
const trained = inject('trainedRun').output;
const cleaning: (() => Promise<void>)[] = [];
const classes = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];
const model = 'run/best.onnx';

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  copyTrainedRun(folder);
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

const json = (file: string): unknown => JSON.parse(readFileSync(path.join(folder, file), 'utf8'));

describe('ferlab train', () => {
  it('prints what it found, one line per epoch, and where everything is', () => {
    const lines = trained.trimEnd().split('\n');
    expect(lines).toContainEqual(expect.stringContaining('Found 140 images belonging to 7 classes.'));
    expect(lines).toContainEqual(expect.stringContaining('Found 70 images belonging to 7 classes.'));
    const epochs = lines.filter((line) => line.startsWith('Epoch '));
    expect(epochs).toHaveLength(2);
    for (const line of epochs) {
      expect(line).toMatch(/loss \d.*accuracy \d.*val_loss \d.*val_accuracy \d.*images\/s.*waiting for data/);
    }
    expect(trained).toContain(path.join('run', 'best.onnx'));
    expect(trained).toContain('run/report.md');
    expect(trained).not.toContain('\u001b');
  });

  it('fills the run folder', () => {
    const files = readdirSync(path.join(folder, 'run'));
    const plots = ['accuracy', 'loss', 'confusion', 'confusion-normalised', 'robustness'].flatMap((name) => [
      `${name}.svg`,
      `${name}.png`,
    ]);
    const others = [
      'config.json',
      'history.csv',
      'history.json',
      'best.onnx',
      'report.md',
      'report.json',
      'augmented.png',
    ];
    expect(files).toEqual(expect.arrayContaining([...plots, ...others]));
    expect(files.filter((name) => name.includes('tmp'))).toEqual([]);
    expect(json('run/history.json')).toMatchObject([{ epoch: 1 }, { epoch: 2 }]);
    expect(JSON.stringify(json('run/config.json'))).toContain('"convFilters":[4,8]');
    expect(readFileSync(path.join(folder, 'run/history.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(3);
  });

  it('takes a single folder of class folders with --validation-split, and two folders by option', async () => {
    const split = ['train', 'faces/train', '--validation-split', '0.2', '--epochs', '1', '--out', 'split'];
    expect(await succeed([...split, ...tiny], folder)).toMatch(/Found 112 images.*\n.*Found 28 images/);
    const two = [
      'train',
      '--train',
      'faces/train',
      '--validation',
      'faces/validation',
      '--epochs',
      '1',
      '--out',
      'two',
    ];
    expect(await succeed([...two, ...tiny], folder)).toMatch(/Found 140 images.*\n.*Found 70 images/);
  });
});

describe('ferlab evaluate', () => {
  it('prints one JSON object with --json, and nothing else on standard output', async () => {
    const result = JSON.parse(await succeed(['evaluate', model, 'faces', '--json'], folder));
    expect(result).toMatchObject({ n: 70, classes });
    expect(result.confusion.flat().reduce((sum: number, count: number) => sum + count)).toBe(70);
    const right = classes.reduce((sum, _, i) => sum + result.confusion[i][i], 0);
    expect(result.accuracy).toBeCloseTo(right / 70, 10);
    expect(result.accuracyInterval[0]).toBeLessThan(result.accuracy);
    expect(Object.keys(result.perClass)).toEqual(classes);
    expect(result.perClass.happy).toMatchObject({ support: 10 });
    for (const key of ['loss', 'ece', 'imagesPerSecond']) expect(result[key]).toBeGreaterThan(0);
  });

  it('agrees with what training said of its best epoch', async () => {
    const history = json('run/history.json') as { val_accuracy: number }[];
    const result = JSON.parse(
      await succeed(['evaluate', model, 'faces', '--json', '--batch-size', '33'], folder),
    );
    expect(result.accuracy).toBeCloseTo(Math.max(...history.map((row) => row.val_accuracy)), 10);
  });

  it('scores other splits and single folders, and draws pictures with --out', async () => {
    const args = ['evaluate', model, 'faces', '--split', 'train', '--out', 'scores'];
    expect(await succeed(args, folder)).toMatch(/^Accuracy [\d.]+% of 140 images \(95% interval/);
    const pictures = readdirSync(path.join(folder, 'scores')).filter((name) => name.endsWith('.png'));
    expect(pictures).toEqual(expect.arrayContaining(['confusion.png', 'mistakes.png']));
    const table = await succeed(['evaluate', model, 'faces/validation'], folder);
    expect(table).toContain('of 70 images');
    expect(table).toMatch(/^class +precision +recall +F1 +images$/m);
  });
});

describe('a model that had more than labels', () => {
  it('says so in training, in its report and wherever it is scored', async () => {
    const images = readdirSync(path.join(folder, 'faces/train/happy'));
    const votes = images.map((name) => `train/happy/${name},0,0,0,8,2,0,0`);
    writeFileSync(path.join(folder, 'votes.csv'), `image,${classes.join(',')}\n${votes.join('\n')}\n`);
    const beside = ['--soft-labels', 'votes.csv', '--teacher', model];
    const log = await succeed(
      ['train', 'faces', '--epochs', '1', '--out', 'beside', ...beside, ...tiny],
      folder,
    );
    expect(log).toContain('Soft labels for 20 of 140 training images: votes (votes.csv), weight 0.5');
    expect(log).toMatch(
      /Distilled from best\.onnx \([a-z]+, SHA-256 [0-9a-f]{8}\): weight 0\.7, temperature 3; asked once about every training image\./,
    );
    const note = 'Trained with extra annotation: votes (votes.csv, weight 0.5, 20 of 140 training images).';
    expect(readFileSync(path.join(folder, 'beside/report.md'), 'utf8')).toContain(`**Note:** ${note}`);
    expect(await succeed(['evaluate', 'beside/best.onnx', 'faces'], folder)).toContain(`Note: ${note}`);
  });
});

describe('robustness', () => {
  it('is in the report of a training, and in evaluations that ask for it', async () => {
    const { robustness } = json('run/report.json') as { robustness: Robustness };
    expect(robustness.n).toBe(70);
    expect(robustness.changes.map(({ change }) => change)).toEqual(
      expect.arrayContaining(['turned-20', 'jpeg-30', 'mirrored']),
    );
    const printed = await succeed(['evaluate', 'run/best.onnx', 'faces', '--robustness', '--json'], folder);
    expect(JSON.parse(printed).robustness).toEqual(robustness);
    expect(await succeed(['evaluate', 'run/best.onnx', 'faces', '--robustness'], folder)).toMatch(
      /Images changed \(accuracy as they are \d+\.\d%\):\n[\s\S]*turned by 20 degrees, anticlockwise +\d/,
    );
  });
});

describe('calibration', () => {
  it('ends a training, and its report says on which images', async () => {
    const report = json('run/report.json') as {
      calibration: {
        temperature: number;
        n: number;
        ece: Record<string, number>;
        loss: Record<string, number>;
      };
      evaluation: { ece: number; loss: number };
    };
    const { calibration, evaluation } = report;
    expect(calibration).toMatchObject({ n: 70, split: 'validation', dataset: 'faces' });
    expect(calibration.loss.after).toBeLessThan(calibration.loss.before!);
    expect(evaluation.loss).toBeCloseTo(calibration.loss.after!, 5);
    const markdown = readFileSync(path.join(folder, 'run/report.md'), 'utf8');
    expect(markdown).toContain(`divided by a temperature of ${calibration.temperature}`);
  });

  it('leaves out what stands in training too', async () => {
    await drawFaces('leaky', 140, 70, folder);
    const [seen, copy] = ['leaky/train/happy/00000.png', 'leaky/validation/happy/00000.png'];
    copyFileSync(path.join(folder, seen), path.join(folder, copy));
    await succeed(['train', 'leaky', '--epochs', '2', '--out', 'leaked', ...tiny], folder);
    expect(json('leaked/report.json')).toMatchObject({ calibration: { n: 69 }, evaluation: { n: 70 } });
    const apart = ['evaluate', 'leaked/best.onnx', 'leaky', '--without-copies', 'exact'];
    expect(JSON.parse(await succeed([...apart, '--json'], folder))).toMatchObject({
      n: 69,
      withoutCopies: { kind: 'exact', removed: 1 },
    });
    const said = 'Images left out for an exact copy in the training split: 1.';
    expect(await succeed([...apart, '--out', 'apart'], folder)).toContain(said);
    expect(readFileSync(path.join(folder, 'apart/report.md'), 'utf8')).toContain(said);
    expect(readFileSync(path.join(folder, 'leaked/report.md'), 'utf8')).toContain(
      "fitted on the 69 of the images scored here that don't stand in training too",
    );
  });

  it('of a file fits what training fitted, keeps the answers, and may be done again', async () => {
    const plain = ['train', 'faces', '--epochs', '2', '--out', 'plain', '--no-calibrate', ...tiny];
    await succeed(plain, folder);
    const args = [
      'calibrate',
      'plain/best.onnx',
      'faces',
      '--out',
      'calibrated.onnx',
      '--json',
      '--threads',
      '1',
    ];
    const { temperature, ece } = JSON.parse(await succeed(args, folder));
    expect(temperature).toBe(
      (json('run/report.json') as { calibration: { temperature: number } }).calibration.temperature,
    );
    expect(Object.keys(ece)).toEqual(['before', 'after', 'crossFitted']);
    const [before, after] = await Promise.all(
      ['plain/best.onnx', 'calibrated.onnx'].map(async (file) =>
        JSON.parse(await succeed(['evaluate', file, 'faces', '--json'], folder)),
      ),
    );
    expect(after.confusion).toEqual(before.confusion);
    expect(after.loss).toBeLessThan(before.loss);
    const again = ['calibrate', 'calibrated.onnx', 'faces', '--out', 'again.onnx', '--threads', '1'];
    expect(await succeed(again, folder)).toMatch(/^Temperature [\d.]+, fitted on 70 images \(validation\)\n/);
    const bytes = (file: string) => readFileSync(path.join(folder, file));
    expect(bytes('again.onnx').equals(bytes('calibrated.onnx'))).toBe(true);
  });
});

describe('ferlab export', () => {
  it('halves the large weights, and the file scores the same', async () => {
    const out = await succeed(['export', model, '--out', 'half.onnx', '--weights', 'float16'], folder);
    expect(out).toMatch(/^Model: half\.onnx, [\d.]+ [kM]B, \d+% of the /);
    const size = (file: string) => readFileSync(path.join(folder, file)).length;
    expect(size('half.onnx')).toBeLessThan(size(model));
    const [whole, half] = await Promise.all(
      [model, 'half.onnx'].map(async (file) =>
        JSON.parse(await succeed(['evaluate', file, 'faces', '--json'], folder)),
      ),
    );
    expect(half.loss).not.toBe(whole.loss);
    expect(half.loss).toBeCloseTo(whole.loss, 2);
  });
});

describe('ferlab predict', () => {
  const images = ['faces/validation/happy/00000.png', 'faces/validation/sad/00000.png'];

  it('prints the ranked expressions of each image', async () => {
    const lines = (await succeed(['predict', model, ...images], folder)).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const [i, line] of lines.entries()) {
      expect(line.startsWith(`${images[i]}: `)).toBe(true);
      const shares = [...line.matchAll(/ ([\d.]+)%/g)].map(([, share]) => Number(share));
      expect(shares).toHaveLength(7);
      expect(shares).toEqual([...shares].sort((a, b) => b - a));
    }
  });

  it('prints one JSON array for a folder, with an entry for what is no image', async () => {
    const result = await ferlab(['predict', model, ...images, 'run/report.md', '--json'], folder);
    expect(result.code).toBe(0);
    const entries = JSON.parse(result.stdout);
    expect(entries).toHaveLength(3);
    const [first, , bad] = entries;
    expect(first.file).toBe(images[0]);
    const { probabilities, ranking, expression } = first as Prediction;
    expect(ranking.reduce((total, { probability }) => total + probability, 0)).toBeCloseTo(1, 4);
    expect(ranking.map(({ label }) => label).sort()).toEqual([...classes].sort());
    expect(ranking[0]?.label).toBe(expression);
    for (const { label, probability } of ranking) expect(probabilities[label]).toBe(probability);
    const shares = ranking.map(({ probability }) => probability);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(bad).toEqual({ file: 'run/report.md', error: expect.any(String) });
    const whole = JSON.parse(
      await succeed(['predict', model, 'faces/validation', '--json', '--batch-size', '9'], folder),
    );
    expect(whole).toHaveLength(70);
  });

  it('prints CSV with a column per class', async () => {
    const rows = (await succeed(['predict', model, ...images, '--csv'], folder)).trimEnd().split('\n');
    expect(rows[0]).toBe(`file,expression,${classes.join(',')},error,uncertain`);
    expect(rows).toHaveLength(3);
    expect(rows[1]?.split(',')).toHaveLength(11);
  });
});

// Models trained on crops and mixed images, and scores by several views and several models.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Prediction } from '../../dist/predict/model.js';
import { copyTrainedRun, expectRefusal, ferlab, succeed, temporaryFolder } from './program.js';
import { tiny } from './tiny.js';

let folder = '';
const cleaning: (() => Promise<void>)[] = [];
const cropped = 'cropped/best.onnx';
const whole = 'run/best.onnx';
const recipe = [
  ...['--crop', '12', '--erasing', '0.5', '--contrast', '0.3', '--jitter-probability', '0.5'],
  ...['--rotation', '10', '--isotropic-zoom', '--warp-probability', '0.8'],
  ...['--mixup', '0.2', '--mixup-off-epochs', '1', '--class-weights', 'balanced', '--label-smoothing', '0.1'],
];

const probabilityOf = ({ probabilities }: Prediction, name: string): number =>
  probabilities[name] ?? Number.NaN;

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  copyTrainedRun(folder);
  const train = ['train', 'faces', '--epochs', '2', '--out', 'cropped', ...tiny, ...recipe];
  // Uncalibrated, so that scores are those of training.
  await succeed([...train, '--no-calibrate'], folder);
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

const evaluate = async (...args: string[]) =>
  JSON.parse(await succeed(['evaluate', args[0]!, 'faces', ...args.slice(1), '--json'], folder));
const predict = async (...args: string[]) =>
  JSON.parse(
    await succeed(['predict', args[0]!, 'faces/validation/sad', ...args.slice(1), '--json'], folder),
  );

describe('a model trained on crops', () => {
  it('takes whole images and scores what training said', async () => {
    const history = JSON.parse(readFileSync(path.join(folder, 'cropped/history.json'), 'utf8')) as {
      val_accuracy: number;
      val_loss: number;
    }[];
    const best = history.reduce((a, b) => (b.val_accuracy > a.val_accuracy ? b : a));
    const result = await evaluate(cropped);
    expect(result).toMatchObject({ n: 70, tta: 'none', with: [] });
    expect(result.accuracy).toBeCloseTo(best.val_accuracy, 10);
    expect(result.loss).toBeCloseTo(best.val_loss, 4);
  });
});

describe('--tta', () => {
  it('averages views: other scores than the plain ones, the same each time', async () => {
    const [plain, flip, ten] = [
      await evaluate(cropped),
      await evaluate(cropped, '--tta', 'flip'),
      await evaluate(cropped, '--tta', 'ten-crop', '--batch-size', '9'),
    ];
    expect([flip.tta, ten.tta]).toEqual(['flip', 'ten-crop']);
    expect(new Set([plain.loss, flip.loss, ten.loss]).size).toBe(3);
    const again = await evaluate(cropped, '--tta', 'ten-crop');
    expect(again.loss).toBeCloseTo(ten.loss, 5);
    const [{ ranking }] = (await predict(cropped, '--tta', 'ten-crop')) as [Prediction];
    expect(ranking.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 4);
  });

  it('says so when a model has no crops to take', async () => {
    const refused = await ferlab(['evaluate', whole, 'faces', '--tta', 'ten-crop'], folder);
    expectRefusal(refused, 2, 'run/best.onnx: ten-crop: expected a model that was trained on crops');
  });
});

describe('--with', () => {
  it('averages the probabilities of all models', async () => {
    const both = await predict(cropped, '--with', whole);
    const [first, second] = [await predict(cropped), await predict(whole)];
    for (const [i, { ranking }] of both.entries()) {
      for (const { label, probability } of ranking as Prediction['ranking']) {
        const mean = (probabilityOf(first[i], label) + probabilityOf(second[i], label)) / 2;
        expect(probability).toBeCloseTo(mean, 5);
      }
    }
    const three = await evaluate(cropped, '--with', whole, '--with', cropped, '--tta', 'flip');
    expect(three.with).toEqual([whole, cropped]);
  });

  it('stands in the report, with the views', async () => {
    await evaluate(cropped, '--with', whole, '--tta', 'flip', '--out', 'scores');
    expect(readFileSync(path.join(folder, 'scores/report.md'), 'utf8')).toContain(
      'Mean of the probabilities of `cropped/best.onnx`, `run/best.onnx`, with test-time augmentation `flip`.',
    );
  });

  it('names the model whose images are of another size', async () => {
    const train = ['train', 'faces', '--epochs', '1', '--out', 'large', ...tiny, '--image-size', '24'];
    await succeed(train, folder);
    const refused = await ferlab(['evaluate', cropped, 'faces', '--with', 'large/best.onnx'], folder);
    expectRefusal(
      refused,
      4,
      'large/best.onnx: expected the input size of cropped/best.onnx, 16x16, found 24x24',
    );
  });
});

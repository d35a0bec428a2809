// Models that Keras wrote: imported, used, and trained on.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTrainedRun, expectRefusal, ferlab, succeed, temporaryFolder } from './program.js';

let folder = '';
const cleaning: (() => Promise<void>)[] = [];
const classes = 'angry,disgust,fear,happy,neutral,sad,surprise';

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  copyTrainedRun(folder);
  const golden = unzipSync(readFileSync('test/golden/keras/files.zip'));
  writeFileSync(path.join(folder, 'simple_cnn.keras'), golden['simple_cnn.keras']!);
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

describe('ferlab import', () => {
  it('writes a model that is used and trained on', async () => {
    const said = await succeed(
      ['import', 'simple_cnn.keras', '--classes', classes, '--scale', '1/255', '--out', 'cnn.onnx'],
      folder,
    );
    expect(said).toMatch(/^Model: cnn\.onnx, [\d.]+ kB, 7 classes, images of 28x20\n$/);
    const before = JSON.parse(await succeed(['evaluate', 'cnn.onnx', 'faces', '--json'], folder));
    expect(before.notes.join()).toContain('Imported from simple_cnn.keras (Keras 3.15.1)');
    // At a rate of next to nothing, the model stays what it was, so all its weights were taken over.
    const options = ['--epochs', '1', '--threads', '1', '--workers', '1', '--no-calibrate'];
    const rate = ['--optimizer', 'sgd', '--learning-rate', '1e-9', '--out', 'on'];
    await succeed(['train', 'faces', '--start-from', 'cnn.onnx', ...options, ...rate], folder);
    const after = JSON.parse(await succeed(['evaluate', 'on/best.onnx', 'faces', '--json'], folder));
    expect(Math.abs(after.loss - before.loss)).toBeLessThan(0.7);
    expect(readFileSync(path.join(folder, 'on/report.md'), 'utf8')).toContain('imported');
    expectRefusal(
      await ferlab(
        ['train', 'faces', '--start-from', 'cnn.onnx', '--image-size', '16', '--out', 'x'],
        folder,
      ),
      2,
      'expected the 28x20 that the imported network was made for',
    );
  });

  it('asks for the scaling that the file leaves open', async () => {
    const args = ['import', 'simple_cnn.keras', '--classes', classes, '--out', 'x.onnx'];
    expectRefusal(await ferlab(args, folder), 2, '--check DATASET');
  });
});

// Training that is interrupted, by Ctrl-C or by force, goes on and ends with the same bytes.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFerlab } from './process.js';
import {
  copyTrainedRun,
  drawFaces,
  exists,
  expectRefusal,
  ferlab,
  succeed,
  temporaryFolder,
} from './program.js';
import { tiny } from './tiny.js';

let folder = '';
const cleaning: (() => Promise<void>)[] = [];
const options = [
  ...['--epochs', '3', '--out', 'run', '--zoom', '0.2', '--rotation', '10'],
  ...['--crop', '12', '--erasing', '0.5'],
  ...['--mixup', '0.4', '--mixup-off-epochs', '1', ...tiny],
];
const train = () => ['train', path.join(folder, 'faces'), ...options];

/** Every run has a working folder of its own and the same name in it, since the model file holds its configuration. */
async function workingFolder(name: string): Promise<string> {
  await mkdir(path.join(folder, name));
  return path.join(folder, name);
}

const results = ['best.onnx', 'last.safetensors'];
const bytesOf = (cwd: string) =>
  results.map((file) =>
    createHash('sha256')
      .update(readFileSync(path.join(cwd, 'run', file)))
      .digest('hex'),
  );

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  // Enough images for an epoch to last a moment, in which to be interrupted.
  await drawFaces('faces', 700, 70, folder);
  await succeed(train(), await workingFolder('whole'));
  // Fewer, where nothing is interrupted in an epoch.
  copyTrainedRun(await workingFolder('few'));
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

function expectSameAsWhole(cwd: string): void {
  expect(bytesOf(cwd)).toEqual(bytesOf(path.join(folder, 'whole')));
  const epochs = (name: string) =>
    (
      JSON.parse(readFileSync(path.join(name, 'run', 'history.json'), 'utf8')) as Record<string, number>[]
    ).map(({ epoch, loss, val_loss, val_accuracy }) => ({ epoch, loss, val_loss, val_accuracy }));
  expect(epochs(cwd)).toEqual(epochs(path.join(folder, 'whole')));
}

describe('a training that is interrupted', () => {
  it('by kill -9 in the middle of an epoch ends with the same bytes after --resume', async () => {
    const cwd = await workingFolder('killed');
    const running = startFerlab(train(), cwd);
    await running.printed(/^Epoch 1\/3 /m);
    await wait(30);
    running.child.kill('SIGKILL');
    expect((await running.finished).signal).toBe('SIGKILL');
    expect(exists(cwd, 'run', 'report.md')).toBe(false);
    const resumed = await succeed(['train', '--resume', 'run'], cwd);
    expect(resumed).not.toMatch(/^Epoch 1\/3 /m);
    expect(resumed).toMatch(/^Epoch 3\/3 /m);
    expectSameAsWhole(cwd);
  });

  it('by Ctrl-C stops cleanly, says how to go on, and ends with the same bytes', async () => {
    const cwd = await workingFolder('stopped');
    const running = startFerlab(train(), cwd);
    await running.printed(/^Epoch 1\/3 /m);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.finished;
    expect(code).toBe(130);
    expect(stdout).toContain('Continue with: ferlab train --resume run');
    expect(stderr).toBe('');
    await succeed(['train', '--resume', 'run'], cwd);
    expectSameAsWhole(cwd);
  });

  it('while its images grow goes on with the size of the epoch that comes', async () => {
    const growing = [
      ...['train', '../few/faces', '--preset', 'tiny', '--image-size', '16', '--crop', 'off'],
      ...[
        '--start-side',
        '8',
        '--epochs',
        '3',
        '--batch-size',
        '64',
        '--threads',
        '1',
        '--workers',
        '1',
        '--out',
        'run',
      ],
    ];
    const [once, twice] = [await workingFolder('grown'), await workingFolder('grown-twice')];
    const stdout = await succeed(growing, once);
    expect(stdout).toContain('Images grow from 8 pixels to their whole size over 2 of 3 epochs.');
    const running = startFerlab(growing, twice);
    await running.printed(/^Epoch 1\/3 /m);
    running.child.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
    await succeed(['train', '--resume', 'run'], twice);
    const bytes = (cwd: string) =>
      ['last.onnx', 'last.safetensors'].map((file) => readFileSync(path.join(cwd, 'run', file), 'base64'));
    expect(bytes(twice)).toEqual(bytes(once));
  });

  it('before its first epoch is done begins again', async () => {
    const cwd = await workingFolder('early');
    const running = startFerlab(train(), cwd);
    while (!exists(cwd, 'run', 'config.json')) await wait(5);
    running.child.kill('SIGKILL');
    await running.finished;
    await succeed(['train', '--resume', 'run'], cwd);
    expectSameAsWhole(cwd);
  });
});

describe('--resume', () => {
  it('of a finished run changes nothing', async () => {
    const cwd = path.join(folder, 'whole');
    const before = bytesOf(cwd);
    await succeed(['train', '--resume', 'run'], cwd);
    expect(bytesOf(cwd)).toEqual(before);
  });

  it('with --epochs lets a finished run go on, as if it had been given that many at once', async () => {
    const [longer, atOnce] = [await workingFolder('longer'), await workingFolder('at-once')];
    const epochs = (count: number) => [
      ...['train', '../faces', '--schedule', 'constant', '--out', 'run', ...tiny],
      ...['--epochs', String(count)],
    ];
    await succeed(epochs(2), atOnce);
    await succeed(epochs(1), longer);
    expect(await succeed(['train', '--resume', 'run', '--epochs', '2'], longer)).toMatch(/^Epoch 2\/2 /m);
    expect(bytesOf(longer)).toEqual(bytesOf(atOnce));
    expect(readFileSync(path.join(longer, 'run/report.md'), 'utf8')).toMatch(
      /--epochs 1\nferlab train --resume run --epochs 2 # after epoch 1\n/,
    );
    expectRefusal(
      await ferlab(['train', '--resume', 'run', '--epochs', '1'], longer),
      2,
      /--epochs: expected at least the 2 epochs that run has done, got 1/,
    );
    expectRefusal(
      await ferlab(['train', '--resume', 'run', '--epochs', 'many'], longer),
      2,
      /--epochs: .*expected a positive integer, got "many"/,
    );
  });

  it('with --epochs goes on after an end for want of improvement, and waits for it anew', async () => {
    const cwd = await workingFolder('impatient');
    // No accuracy gains more than 1, so that the first epoch stays the best.
    const impatient = ['--epochs', '5', '--patience', '1', '--min-delta', '1', '--out', 'run', ...tiny];
    expect(await succeed(['train', '../few/faces', ...impatient], cwd)).not.toMatch(/^Epoch 3\/5 /m);
    const more = await succeed(['train', '--resume', 'run', '--epochs', '6'], cwd);
    expect(more).toMatch(/^Epoch 3\/6 /m);
    expect(more).not.toMatch(/^Epoch 4\/6 /m);
    expect(await succeed(['train', '--resume', 'run'], cwd)).not.toMatch(/^Epoch /m);
  });

  it('of a run that has been moved takes the dataset beside it', async () => {
    const cwd = await workingFolder('moved');
    await cp(path.join(folder, 'whole', 'run'), path.join(cwd, 'deep/er/run'), { recursive: true });
    const asked = ['train', '--resume', 'deep/er/run'];
    const lost = /expected the dataset of deep\/er\/run there, by the path in deep\/er\/run\/config\.json/;
    expectRefusal(await ferlab(asked, cwd), 3, lost, /ferlab train --resume deep\/er\/run DATASET/);
    await succeed([...asked, '../faces'], cwd);
    const model = (place: string) => readFileSync(path.join(folder, place, 'run', 'best.onnx'));
    expect(model('moved/deep/er').equals(model('whole'))).toBe(true);
  });

  it('gives the same batches whatever the number of workers', async () => {
    const cwd = await workingFolder('workers');
    await succeed([...train(), '--workers', '3'], cwd);
    const weights = (name: string) => readFileSync(path.join(folder, name, 'run', 'last.safetensors'));
    expect(weights('workers').equals(weights('whole'))).toBe(true);
  });

  it('refuses a folder that is no run, and a run whose dataset has changed', async () => {
    const cwd = await workingFolder('changed');
    expectRefusal(
      await ferlab(['train', '--resume', 'nowhere'], cwd),
      4,
      /nowhere: expected the folder of a run/,
    );
    copyTrainedRun(cwd);
    await rm(path.join(cwd, 'faces/train/happy/00000.png'));
    const changed = await ferlab(['train', '--resume', 'run'], cwd);
    expectRefusal(changed, 4, /expected the train images that the run began with/);
  });
});

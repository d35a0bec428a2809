// Training a detector of faces by the command: what it prints, what it refuses before any work.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectRefusal, ferlab, succeed, temporaryFolder } from './program.js';

let folder = '';
const cleaning: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  const rows = ['image,x,y,w,h'];
  for (let i = 0; i < 4; i++) {
    const square = { input: { create: { width: 30, height: 30, channels: 3, background: '#fff' } } } as const;
    await sharp({ create: { width: 90, height: 70, channels: 3, background: '#345' } })
      .composite([{ ...square, left: 10 * i, top: 5 }])
      .jpeg()
      .toFile(path.join(folder, `${i}.jpg`));
    rows.push(`${i}.jpg,${10 * i},5,30,30`);
  }
  writeFileSync(path.join(folder, 'train.csv'), rows.slice(0, 4).join('\n'));
  writeFileSync(path.join(folder, 'held.csv'), [rows[0], rows[4]].join('\n'));
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

it('trains, says how well, and goes on with more epochs', async () => {
  const small = ['--tiles', '1', '--batch-size', '1', '--epochs', '1', '--threads', '1', '--workers', '1'];
  const files = ['train.csv', '--validation', 'held.csv'];
  const printed = await succeed(['faces', 'train', ...files, '--out', 'run', ...small], folder);
  expect(printed).toMatch(/Best epoch 1: average precision \d/);
  expect(printed).toContain(path.join('run', 'best.onnx'));
  expect(existsSync(path.join(folder, 'run', 'last.safetensors'))).toBe(true);
  await succeed(['faces', 'train', '--resume', 'run', '--epochs', '2'], folder);
  const history = readFileSync(path.join(folder, 'run', 'history.csv'), 'utf8')
    .trim()
    .split('\n');
  expect(history).toHaveLength(3);
}, 60_000);

it('refuses what is wrong before any work, with what to do', async () => {
  const refused = async (args: string[], code: number, ...words: (string | RegExp)[]) =>
    expectRefusal(await ferlab(['faces', ...args], folder), code, ...words);
  await refused(['detect', 'train.csv'], 2, /expected train or points, got "detect"/);
  await refused(['train'], 2, /expected label files or a run to resume/);
  await refused(['train', 'gone.csv', '--out', 'never'], 3, 'gone.csv: expected a CSV file', 'nothing');
  await refused(['train', 'train.csv', '--validation', 'train.csv', '--out', 'never'], 3, /found 3 that are/);
  await refused(['train', 'train.csv', '--learning-rate', '2', '--out', 'never'], 2, '--learning-rate');
  await refused(
    ['train', 'train.csv', '--resume', 'run'],
    2,
    /--resume: expected the run folder/,
    'train.csv',
  );
  await refused(['train', 'train.csv', '--device', 'webgpu'], 2, '--device: expected one of cpu, cuda');
  expect(existsSync(path.join(folder, 'never'))).toBe(false);
});

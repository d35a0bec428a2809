// The workers run from dist: build first (npx tsc -p tsconfig.build.json).

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Rendering, render, takePhotograph } from '../../test/audit/pictures.js';
import { failure } from '../../test/data/empty-files.js';
import { copiesInTraining } from './copies-in-training.js';
import { copyKinds } from './leaks.js';

let folder: string;

async function draw(file: string, photograph: number, rendering: Rendering = {}): Promise<void> {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  const pixels = render(takePhotograph(photograph), { share: 0.8, left: 0.1, top: 0.1, ...rendering });
  const raw = { width: 48, height: 48, channels: 1 } as const;
  await sharp(pixels, { raw }).toColourspace('b-w').png().toFile(target);
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ferlab-copies-'));
  await draw('train/happy/seen.png', 1);
  await draw('train/sad/other.png', 2);
  await draw('validation/happy/same.png', 1);
  await draw('validation/sad/brighter.png', 2, { bias: 20 });
  await draw('validation/sad/new.png', 3);
  await draw('validation/sad/new-again.png', 3); // twice, but never in training
  await draw('test/happy/same.png', 1);
});
afterAll(() => rmSync(folder, { recursive: true }));

const keys = (...files: string[]) => new Set(files.map((file) => path.join(folder, file)));

describe('copiesInTraining', () => {
  it('gives the images of a split with the same pixels in training, and with another version too', async () => {
    const found = (split: string) =>
      Promise.all(copyKinds.map((kind) => copiesInTraining(folder, split, kind)));
    expect(await found('validation')).toEqual([
      keys('validation/happy/same.png'),
      keys('validation/happy/same.png', 'validation/sad/brighter.png'),
    ]);
    expect(await found('test')).toEqual([keys('test/happy/same.png'), keys('test/happy/same.png')]);
  });

  it('refuses a folder without training images, and the training split itself', async () => {
    for (const [where, split] of [
      ['validation', 'validation'], // one folder of class folders
      ['train', 'train'],
      ['', 'train'],
      ['', 'extra'],
    ] as const) {
      const error = await failure(copiesInTraining(path.join(folder, where), split, 'exact'));
      expect(error.kind).toBe('usage');
      expect(error.message).toContain('expected a training split');
    }
  });
});

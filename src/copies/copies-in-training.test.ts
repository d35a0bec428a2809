import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Rendering, render, takePhotograph } from '../../test/audit/pictures.js';
import { failure } from '../../test/data/empty-files.js';
import { readClassFolder } from '../data/dataset/evaluation-split.js';
import { type ImageStore, openImages } from '../data/store/store.js';
import { copiesInTraining } from './copies-in-training.js';
import type { CopyEvent } from './find-copies.js';
import { type CopyKind, copyKinds } from './leaks.js';
import { auditSide } from './open.js';

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

/** The files among a split's that copiesInTraining finds. */
async function found(dataset: string, split: string, kind: CopyKind, side = auditSide): Promise<string[]> {
  const read = await readClassFolder(path.join(folder, dataset, split));
  const store = await openImages(read.split.samples, { width: side, height: side, workers: 1 });
  try {
    const places = await copiesInTraining(path.join(folder, dataset), { name: split, store }, kind);
    return store.samples.flatMap(({ file }, i) => (places.has(i) ? [file] : []));
  } finally {
    await store.close();
  }
}

describe('copiesInTraining', () => {
  it('gives the images of a split with the same pixels in training, and with another version too', async () => {
    expect(await found('', 'validation', 'exact')).toEqual(['happy/same.png']);
    expect(await found('', 'validation', 'near')).toEqual(['happy/same.png', 'sad/brighter.png']);
    for (const kind of copyKinds) expect(await found('', 'test', kind)).toEqual(['happy/same.png']);
  });

  it('finds the same for images that are open at another size', async () => {
    expect(await found('', 'validation', 'exact', 40)).toEqual(['happy/same.png']);
    expect(await found('', 'validation', 'near', 40)).toEqual(['happy/same.png', 'sad/brighter.png']);
  });

  it('decodes the images of the split no second time', async () => {
    const read = await readClassFolder(path.join(folder, 'validation'));
    const store = await openImages(read.split.samples, { width: auditSide, height: auditSide, workers: 1 });
    try {
      for (const [kind, others] of [
        ['exact', 2],
        ['near', 3],
      ] as const) {
        const decoded: number[] = [];
        const onProgress = (event: CopyEvent) => {
          if (event.type === 'decode') decoded.push(event.total);
        };
        await copiesInTraining(folder, { name: 'validation', store }, kind, { onProgress });
        expect(Math.max(...decoded)).toBe(others);
      }
    } finally {
      await store.close();
    }
  });

  it('refuses a folder without training images, and the training split itself', async () => {
    const store = {} as ImageStore;
    for (const [where, split] of [
      ['validation', 'validation'], // one folder of class folders
      ['train', 'train'],
      ['', 'train'],
      ['', 'extra'],
    ] as const) {
      const error = await failure(
        copiesInTraining(path.join(folder, where), { name: split, store }, 'exact'),
      );
      expect(error.kind).toBe('usage');
      expect(error.message).toContain('expected a training split');
    }
  });
});

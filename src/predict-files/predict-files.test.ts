import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExpressionModel } from '../predict/model.js';
import { type FilePrediction, type PredictFilesOptions, predictFiles } from './predict-files.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-predict-'));
  chmodSync(root, 0o755); // also for the user that a test runs as
});
afterEach(() => rmSync(root, { recursive: true }));

const png = await sharp(new Uint8Array(4), { raw: { width: 2, height: 2, channels: 1 } })
  .png()
  .toBuffer();

function write(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), png);
  }
}

/** Calls everything happy; counts the images of each call. */
const calls: number[] = [];
const model = {
  predict: async (images: readonly unknown[]) => {
    calls.push(images.length);
    return images.map(() => ({ expression: 'happy', probabilities: { happy: 1 } }));
  },
} as unknown as ExpressionModel;

async function predict(paths: string[], options?: PredictFilesOptions): Promise<FilePrediction[]> {
  calls.length = 0;
  const found: FilePrediction[] = [];
  for await (const prediction of predictFiles(
    model,
    paths.map((path) => join(root, path)),
    options,
  ))
    found.push(prediction);
  return found;
}

/** Names, and what is wrong with what can't be used. */
const told = (found: FilePrediction[]) =>
  found.map((entry) => {
    const name = relative(root, entry.file);
    return 'error' in entry ? `${name}: ${entry.error}` : name;
  });

describe('predictFiles', () => {
  it('takes files as they are named and folders sorted by name, so many at once', async () => {
    write('f/b.png', 'f/a/z.png', 'f/c.PNG', 'face');
    writeFileSync(join(root, 'f/broken.jpg'), 'no');
    const found = await predict(['face', 'f', 'gone.png'], { batchSize: 2 });
    expect(told(found)).toEqual([
      'face',
      'f/a/z.png',
      'f/b.png',
      'f/broken.jpg: expected a JPEG, PNG, WebP, GIF, TIFF or BMP image, found other data',
      'f/c.PNG',
      'gone.png: expected an image, found no such file',
    ]);
    expect(calls).toEqual([2, 1, 1]);
    expect(found[0]).toMatchObject({ expression: 'happy', probabilities: { happy: 1 } });
  });

  it('finds in a folder what the readers of datasets find: links followed, hidden files left out', async () => {
    write('f/1.png', 'f/._1.png', 'f/.hidden/2.png', 'elsewhere/3.png', 'elsewhere/deep/4.png');
    writeFileSync(join(root, 'f/notes.txt'), '');
    symlinkSync(join(root, 'elsewhere/3.png'), join(root, 'f/link.png'));
    symlinkSync(join(root, 'elsewhere/deep'), join(root, 'f/more'));
    symlinkSync(join(root, 'f'), join(root, 'f/loop'));
    expect(told(await predict(['f']))).toEqual(['f/1.png', 'f/link.png', 'f/more/4.png']);
  });

  it('tells of links that lead nowhere, and of folders without images', async () => {
    write('f/1.png');
    symlinkSync(join(root, 'gone'), join(root, 'f/0-gone'));
    mkdirSync(join(root, 'empty'));
    expect(told(await predict(['f', 'empty']))).toEqual([
      'f/0-gone: expected an image or folder that can be read, found: it does not exist (a broken link?)',
      'f/1.png',
      'empty: expected a folder with images, found none in it',
    ]);
  });

  it('goes on without a folder that can not be listed', async () => {
    write('f/1.png', 'f/closed/2.png', 'f/open/3.png', 'all-closed/4.png');
    chmodSync(join(root, 'f/closed'), 0);
    chmodSync(join(root, 'all-closed'), 0);
    const isRoot = process.getuid?.() === 0; // who may list any folder
    if (isRoot) process.seteuid!(65_534);
    try {
      const denied = 'expected an image or folder that can be read, found: no permission to read it';
      expect(told(await predict(['f', 'all-closed']))).toEqual([
        'f/1.png',
        `f/closed: ${denied}`,
        'f/open/3.png',
        `all-closed: ${denied}`,
      ]);
    } finally {
      if (isRoot) process.seteuid!(0);
      chmodSync(join(root, 'f/closed'), 0o755);
      chmodSync(join(root, 'all-closed'), 0o755);
    }
  });
});

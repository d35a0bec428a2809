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
  classes: ['sad', 'happy'],
  inputSize: { width: 3, height: 2 },
  probabilities: async (pixels: Float32Array) => {
    calls.push(pixels.length / 6);
    return Float32Array.from({ length: pixels.length / 3 }, (_, i) => (i % 2 === 0 ? 0.25 : 0.75));
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
const shown = (found: FilePrediction[]) =>
  found.map((entry) => {
    const name = relative(root, entry.file);
    return 'error' in entry ? `${name}: ${entry.error}` : name;
  });

describe('predictFiles', () => {
  it('takes files as they are named and folders sorted by name, so many at once', async () => {
    write('f/b.png', 'f/a/z.png', 'f/c.PNG', 'face');
    writeFileSync(join(root, 'f/broken.jpg'), 'no');
    const found = await predict(['face', 'f', 'gone.png'], { batchSize: 2 });
    expect(shown(found)).toEqual([
      'face',
      'f/a/z.png',
      'f/b.png',
      'f/broken.jpg: expected a JPEG, PNG, WebP, GIF, TIFF or BMP image, found other data',
      'f/c.PNG',
      'gone.png: expected an image, found no such file',
    ]);
    expect(calls).toEqual([2, 1, 1]);
    expect(found[0]).toMatchObject({
      expression: 'happy',
      probabilities: { happy: 0.75, sad: 0.25 },
      ranking: [
        { label: 'happy', probability: 0.75 },
        { label: 'sad', probability: 0.25 },
      ],
    });
  });

  it('finds in a folder what the readers of datasets find: links followed, hidden files left out', async () => {
    write('f/1.png', 'f/._1.png', 'f/.hidden/2.png', 'elsewhere/3.png', 'elsewhere/deep/4.png');
    writeFileSync(join(root, 'f/notes.txt'), '');
    symlinkSync(join(root, 'elsewhere/3.png'), join(root, 'f/link.png'));
    symlinkSync(join(root, 'elsewhere/deep'), join(root, 'f/more'));
    symlinkSync(join(root, 'f'), join(root, 'f/loop'));
    expect(shown(await predict(['f']))).toEqual(['f/1.png', 'f/link.png', 'f/more/4.png']);
  });

  it('names links that lead nowhere, and of folders without images', async () => {
    write('f/1.png');
    symlinkSync(join(root, 'gone'), join(root, 'f/0-gone'));
    mkdirSync(join(root, 'empty'));
    expect(shown(await predict(['f', 'empty']))).toEqual([
      'f/0-gone: expected an image or folder that can be read, found: a link to nothing',
      'f/1.png',
      'empty: expected a folder with images, found none in it',
    ]);
  });

  it('takes one path as it takes a list of one', async () => {
    write('face');
    const found = [];
    for await (const { file } of predictFiles(model, join(root, 'face'))) found.push(file);
    expect(found).toEqual([join(root, 'face')]);
  });

  it('refuses paths and options of the wrong form at once', () => {
    const refused = (paths: unknown, options: unknown, message: RegExp) =>
      expect(() => predictFiles(model, paths as string[], options as PredictFilesOptions)).toThrow(
        expect.objectContaining({ kind: 'usage', message: expect.stringMatching(message) }),
      );
    refused(7, {}, /expected a path or a list of paths, got 7/);
    refused(png, {}, /expected a path or a list of paths, got a Buffer/);
    refused(['a', png], {}, /paths\[1\]: expected a path, got a Buffer\. For images in memory/);
    for (const batchSize of [0, -1, 1.5, Number.NaN, 1e9, '4'])
      refused(['a'], { batchSize }, /batchSize: expected a whole number from 1 to 4096, got/);
    refused(['a'], { batch: 4 }, /expected options among batchSize, faces, .*; got "batch"/);
    refused(['a'], 4, /expected options such as \{ batchSize: \.\.\. \}, got 4/);
  });

  it('reports every image, and stops between two of them when it is asked to', async () => {
    write('1', '2', '3');
    const done: number[] = [];
    const stop = new AbortController();
    const paths = ['1', '2', '3'].map((name) => join(root, name));
    const all = async () => {
      const hooks = { signal: stop.signal, onProgress: (event: { done: number }) => done.push(event.done) };
      for await (const { file } of predictFiles(model, paths, {}, hooks))
        if (file.endsWith('2')) stop.abort();
    };
    await expect(all()).rejects.toThrow(expect.objectContaining({ kind: 'interrupted' }));
    expect(done).toEqual([1, 2]);
  });

  it('goes on without a folder that can not be listed', async () => {
    write('f/1.png', 'f/closed/2.png', 'f/open/3.png', 'all-closed/4.png');
    chmodSync(join(root, 'f/closed'), 0);
    chmodSync(join(root, 'all-closed'), 0);
    const isRoot = process.getuid?.() === 0; // who may list any folder
    if (isRoot) process.seteuid!(65_534);
    try {
      const denied = 'expected an image or folder that can be read, found: no permission to read it';
      expect(shown(await predict(['f', 'all-closed']))).toEqual([
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

  it('names images of formats that are not read, and no other files', async () => {
    write('f/1.png', 'f/2.heic', 'f/README', 'f/Thumbs.db', 'f/3.JFIF');
    expect(shown(await predict(['f']))).toEqual([
      'f/1.png',
      expect.stringMatching(/^f\/2.heic: expected jpg, .*; found .heic \(HEIC.*export it as JPEG$/),
      'f/3.JFIF',
    ]);
  });

  it('leaves out what ferlab wrote', async () => {
    write('f/1.png', 'f/runs/a/loss.png', 'only/confusion.png');
    for (const folder of ['f/runs/a', 'only'])
      writeFileSync(join(root, folder, 'report.json'), '{\n  "version": "0.1.0",\n  "command": "ferlab"');
    expect(shown(await predict(['f']))).toEqual(['f/1.png']);
    expect(shown(await predict(['only']))).toEqual(['only: expected a folder with images, found none in it']);
  });

  it('warns of an image of one grey level', async () => {
    write('1.png');
    const gray = sharp(Uint8Array.of(1, 2, 3, 4), { raw: { width: 2, height: 2, channels: 1 } });
    writeFileSync(join(root, '2.png'), await gray.png().toBuffer());
    const [black, face] = await predict(['1.png', '2.png']);
    expect(black).toMatchObject({ warning: 'expected a face, found an image of one grey level (0)' });
    expect(face).not.toHaveProperty('warning');
  });

  it('takes the rows of a CSV file, by line', async () => {
    const rows = [
      'emotion,pixels,Usage',
      '3,1 2 3 4,PublicTest',
      '0,9 8 7 6,Training',
      'x,1 2 3 4,Training',
      '4,1 2,Training',
    ];
    writeFileSync(join(root, 'faces.csv'), rows.join('\n'));
    writeFileSync(join(root, 'other.csv'), 'a,b');
    expect(shown(await predict(['faces.csv', 'other.csv']))).toEqual([
      'faces.csv:2',
      'faces.csv:3',
      expect.stringMatching(/^faces.csv:4: expected an emotion/),
      'faces.csv:5: expected 2 x 2 = 4 values, found 2',
      expect.stringMatching(/^other.csv: expected a CSV file with the columns/),
    ]);
  });
});

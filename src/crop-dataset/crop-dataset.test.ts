import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDataset } from '../data/dataset/reader.js';
import type { FaceDetector } from '../faces/detector.js';
import type { Face } from '../faces/face.js';
import { type CropDatasetOptions, cropDataset, listName } from './crop-dataset.js';

let root: string;
const out = () => join(root, 'out');
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-crop-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A picture whose height says how many faces the detector finds: 201 has one, 202 two. */
async function write(name: string, faces: number, width = 400): Promise<void> {
  mkdirSync(dirname(join(root, 'in', name)), { recursive: true });
  const height = width < 200 ? width : 200 + faces;
  await sharp({ create: { width, height, channels: 3, background: '#888' } }).toFile(join(root, 'in', name));
}

/** Faces of 40, 50, 60 ... pixels, the largest last; the tenth of a picture is too small. */
const detector: FaceDetector = {
  name: 'fake',
  detect: async ({ height }) =>
    Array.from({ length: height - 200 }, (_, i): Face => {
      const side = i === 9 ? 15 : 40 + 10 * i;
      const at = (u: number, v: number): [number, number] => [u * side, v * side];
      return {
        box: { x: 0, y: 0, width: side, height: side },
        score: 0.9 - i / 100,
        points: [at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)],
      };
    }),
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

const crop = (options: CropDatasetOptions = {}, hooks = {}) =>
  cropDataset(join(root, 'in'), out(), { detector, ...options }, hooks);
const list = () => readFileSync(join(out(), listName), 'utf8').trim().split(/\r?\n/).slice(1);
const filesBelow = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

describe('cropDataset', () => {
  it('keeps splits and classes, and makes a dataset that training reads', async () => {
    for (const split of ['train', 'validation'])
      for (const name of ['sad', 'happy']) await write(`${split}/${name}/1.jpg`, 1);
    const { pictures, crops, odd } = await crop();
    expect({ pictures, crops, odd }).toEqual({ pictures: 4, crops: 4, odd: [] });
    const { classes, train, validation } = await readDataset(out());
    expect(classes).toEqual(['happy', 'sad']);
    expect([...train.samples, ...validation.samples].map(({ file }) => file)).toEqual([
      ...['train/happy/1.png', 'train/sad/1.png', 'validation/happy/1.png', 'validation/sad/1.png'],
    ]);
    const { width, height } = await sharp(join(out(), 'train/sad/1.png')).metadata();
    expect([width, height]).toEqual([96, 96]);
    expect(list()).toEqual([]);
  });

  it('takes the largest of several faces, or all, or none, and lists the pictures', async () => {
    await write('sad/one.jpg', 1);
    await write('sad/three.jpg', 3);
    await write('happy/none.jpg', 0);
    await write('happy/a.jpg', 1);
    writeFileSync(join(root, 'in/happy/broken.jpg'), 'no');
    expect(await crop({ size: 32 })).toMatchObject({ pictures: 5, crops: 3, whole: 0 });
    expect(list()).toEqual([
      expect.stringMatching(/^happy\/broken\.jpg,,0,.*expected a JPEG/),
      'happy/none.jpg,0,0,no face',
      expect.stringMatching(/^sad\/three\.jpg,3,1,"several faces, the largest taken"$/),
    ]);
    rmSync(out(), { recursive: true });
    expect(await crop({ several: 'all' })).toMatchObject({ crops: 5 });
    expect(filesBelow(join(out(), 'sad'))).toEqual(['one.png', 'three-1.png', 'three-2.png', 'three-3.png']);
    rmSync(out(), { recursive: true });
    expect(await crop({ several: 'none' })).toMatchObject({ crops: 2 });
  });

  it('copies crops whole, gives names that meet a number, and leaves out faces that get no answer', async () => {
    await write('sad/crop.png', 0, 48);
    await write('sad/1.jpg', 1);
    await write('sad/1.png', 1);
    await write('happy/many.jpg', 10);
    const { whole, odd } = await crop({ several: 'all' });
    expect(whole).toBe(1);
    expect(odd).toEqual([
      {
        file: 'happy/many.jpg',
        faces: 10,
        crops: 9,
        reason: 'several faces, all taken; without 1 (too small)',
      },
    ]);
    expect(filesBelow(join(out(), 'sad'))).toEqual(['1-2.png', '1.png', 'crop.png']);
    expect((await sharp(join(out(), 'sad/crop.png')).metadata()).width).toBe(48);
  });

  it('refuses an output that is inside the dataset or holds anything, and a dataset without pictures', async () => {
    await write('sad/1.jpg', 1);
    const refused = (path: string, to: string) => expect(cropDataset(path, to, { detector })).rejects;
    const inside = join(root, 'in/crops');
    await refused(join(root, 'in'), inside).toThrow(/outside the dataset/);
    expect(existsSync(inside)).toBe(false);
    await refused(join(root, 'in'), join(root, 'in/../in')).toThrow(/outside the dataset/);
    mkdirSync(join(root, 'full/x'), { recursive: true });
    await refused(join(root, 'in'), join(root, 'full')).toThrow(/new or empty folder/);
    mkdirSync(join(root, 'empty/sad'), { recursive: true });
    await refused(join(root, 'empty'), out()).toThrow(/no images in class folders/);
    await write('1.jpg', 1);
    rmSync(join(root, 'in/sad'), { recursive: true });
    await refused(join(root, 'in'), out()).toThrow(
      /It holds 1 image \(1\.jpg\).*ferlab predict FOLDER --crops OUT/,
    );
    await refused(join(root, 'gone'), out()).toThrow(expect.objectContaining({ kind: 'data' }));
    expect(existsSync(out())).toBe(false);
  });

  it('reports pictures and stops between two of them; what is done stays', async () => {
    for (const i of [1, 2, 3, 4, 5]) await write(`sad/${i}.jpg`, 1);
    const stop = new AbortController();
    const done: string[] = [];
    const onProgress = ({ done: count, total }: { done: number; total: number }) => {
      done.push(`${count}/${total}`);
      if (count === 2) stop.abort();
    };
    await expect(crop({}, { signal: stop.signal, onProgress })).rejects.toThrow(
      expect.objectContaining({ kind: 'interrupted' }),
    );
    expect(done).toEqual(['1/5', '2/5']);
    expect(filesBelow(out())).toEqual(['sad', 'sad/1.png', 'sad/2.png']);
  });
});

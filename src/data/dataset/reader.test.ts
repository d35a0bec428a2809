import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure, touchIn } from '../../../test/data/empty-files.js';
import { describeSplit, readDataset } from './reader.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-reader-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const touch = (...names: string[]): void => touchIn(root, names);

function many(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${folder}/${String(i).padStart(3, '0')}.jpg`);
}

describe('readDataset, split folders', () => {
  it('reads class folders in order and describes them as Keras does', async () => {
    touch('train/sad/b.jpg', 'train/sad/B.png', 'train/Happy/z.JPEG', 'train/angry/1.webp');
    touch('validation/Happy/a.gif', 'validation/angry/a.tif', 'validation/sad/a.tiff');
    const dataset = await readDataset(root);
    expect(dataset.classes).toEqual(['Happy', 'angry', 'sad']); // code units: capitals first
    expect(dataset.train.samples.map(({ file, label }) => [file, label])).toEqual([
      ['train/Happy/z.JPEG', 0],
      ['train/angry/1.webp', 1],
      ['train/sad/B.png', 2],
      ['train/sad/b.jpg', 2],
    ]);
    expect(dataset.train.samples[0]!.source).toEqual({
      kind: 'file',
      path: join(root, 'train/Happy/z.JPEG'),
    });
    expect(describeSplit(dataset.train, dataset.classes)).toBe('Found 4 images belonging to 3 classes.');
    expect(dataset.skipped).toEqual([]);
  });

  it("reads below class folders in the order of Keras's walk", async () => {
    touch('train/a/m.jpg', 'train/a/b/z.jpg', 'train/a/B/c/y.jpg', 'train/a/b-/x.jpg', 'train/b/1.jpg');
    touch('val/a/1.jpg', 'val/b/1.jpg');
    const { train } = await readDataset(root);
    // sorted(os.walk(...)) by folder, then file: Python gives exactly this
    const script =
      'import os,sys\nfor r,_,f in sorted(os.walk(sys.argv[1]),key=lambda x:x[0]):\n  for n in sorted(f): print(os.path.relpath(os.path.join(r,n),sys.argv[2]))';
    const expected = ['train/a/m.jpg', 'train/a/B/c/y.jpg', 'train/a/b/z.jpg', 'train/a/b-/x.jpg'];
    expect(train.samples.filter(({ label }) => label === 0).map(({ file }) => file)).toEqual(expected);
    try {
      const printed = execFileSync('python3', ['-c', script, join(root, 'train/a'), root], {
        encoding: 'utf8',
      });
      expect(printed.trim().split('\n')).toEqual(expected);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // no Python here: the list above stands
    }
  });

  it.each([
    ['train', 'validation', 'test'],
    ['train', 'val', 'test'],
    ['train', 'valid', 'test'],
    ['Train', 'dev', 'testing'],
    ['Training', 'PublicTest', 'PrivateTest'],
  ])('takes %s to train, %s to validate, and keeps %s', async (...names) => {
    for (const name of names) touch(`${name}/a/1.jpg`, `${name}/b/1.jpg`);
    const { classes, train, validation, others, skipped } = await readDataset(root);
    expect(classes).toEqual(['a', 'b']);
    expect([train.name, validation.name, ...others.map(({ name }) => name)]).toEqual(names);
    expect(train.samples[0]!.file).toBe(`${names[0]}/a/1.jpg`);
    expect(skipped).toEqual([]);
  });

  it('takes a test split to validate where there is no other', async () => {
    touch('Train/a/1.jpg', 'Train/b/1.jpg', 'Test/a/1.jpg', 'Test/b/1.jpg');
    const { train, validation, others } = await readDataset(root);
    expect([train.name, validation.name, others]).toEqual(['Train', 'Test', []]);
    touch(...many('Train/a', 4), ...many('Train/b', 4));
    const divided = await readDataset(root, { validationSplit: 0.25 });
    expect([divided.train.name, divided.validation.name]).toEqual(['Train', 'validation']);
    expect(divided.others.map(({ name }) => name)).toEqual(['Test']);
  });

  it('leaves a further split of other classes aside, with the reason', async () => {
    touch(
      'train/a/1.jpg',
      'train/b/1.jpg',
      'validation/a/1.jpg',
      'validation/b/1.jpg',
      'test/unsorted/1.jpg',
    );
    const { others, skipped } = await readDataset(root);
    expect(others).toEqual([]);
    expect(skipped).toEqual([
      { file: 'test', reason: 'expected the class folders a, b; found unsorted', kind: 'folder' },
    ]);
  });

  it('finds splits one level down, as in the Kaggle archive, but not two datasets', async () => {
    touch(
      'images/train/a/1.jpg',
      'images/train/b/1.jpg',
      'images/validation/a/1.jpg',
      'images/validation/b/1.jpg',
    );
    const { train } = await readDataset(root);
    expect(train.samples[0]!.file).toBe('train/a/1.jpg');
    touch('more/train/a/1.jpg');
    expect((await failure(readDataset(root))).message).toMatch(/expected one dataset; found 2/);
  });

  it('takes the two folders by option', async () => {
    touch('x/a/1.jpg', 'x/b/1.jpg', 'y/a/1.jpg', 'y/a/2.jpg', 'y/b/1.jpg');
    const folders = { train: join(root, 'x'), validation: join(root, 'y') };
    const { train, validation } = await readDataset(undefined, folders);
    expect([train.name, train.samples.length, validation.name, validation.samples.length]).toEqual([
      'train',
      2,
      'validation',
      3,
    ]);
    expect((await failure(readDataset(undefined, { train: folders.train }))).kind).toBe('usage');
    const missing = await failure(readDataset(undefined, { ...folders, validation: join(root, 'nowhere') }));
    expect(missing.message).toContain('nowhere');
  });
});

describe('readDataset, one folder of class folders', () => {
  it('is split by share, stratified and seeded', async () => {
    touch(...many('a', 40), ...many('b', 10), ...many('c', 2));
    const read = (seed: number) => readDataset(root, { validationSplit: 0.2, seed });
    const { train, validation } = await read(1);
    const count = (samples: { label: number }[], label: number) =>
      samples.filter((s) => s.label === label).length;
    expect([0, 1, 2].map((label) => count(validation.samples, label))).toEqual([8, 2, 1]);
    expect([0, 1, 2].map((label) => count(train.samples, label))).toEqual([32, 8, 1]);
    const files = [...train.samples, ...validation.samples].map(({ file }) => file);
    expect(new Set(files).size).toBe(52);
    const sorted = (await read(1)).validation.samples.map(({ file }) => file);
    expect(sorted).toEqual(validation.samples.map(({ file }) => file));
    expect([...sorted].sort()).toEqual(sorted);
    expect((await read(2)).validation.samples.map(({ file }) => file)).not.toEqual(sorted);
  });

  it('asks for the option, and refuses it where there is a validation folder', async () => {
    touch(...many('a', 4), ...many('b', 4));
    expect((await failure(readDataset(root))).message).toContain('--validation-split');
    touch('d/train/a/1.jpg', 'd/train/b/1.jpg', 'd/validation/a/1.jpg', 'd/validation/b/1.jpg');
    expect((await failure(readDataset(join(root, 'd'), { validationSplit: 0.5 }))).kind).toBe('usage');
    for (const validationSplit of [0, 1, -0.1, Number.NaN]) {
      expect((await failure(readDataset(root, { validationSplit }))).kind).toBe('usage');
    }
  });

  it('splits a train folder that stands alone', async () => {
    touch(...many('train/a', 4), ...many('train/b', 4));
    expect((await failure(readDataset(root))).message).toMatch(/found train\/ alone.*--validation-split/s);
    const { train, validation } = await readDataset(root, { validationSplit: 0.25 });
    expect([train.samples.length, validation.samples.length]).toEqual([6, 2]);
  });
});

describe('readDataset, bad input', () => {
  it('lists what it passes over', async () => {
    touch(
      'train/a/1.jpg',
      'train/a/notes.txt',
      'train/a/old.heic',
      'train/a/.hidden.jpg',
      'train/a/.DS_Store',
    );
    touch(
      'train/b/1.jpg',
      'train/loose.png',
      'train/README.md',
      'val/a/1.jpg',
      'val/b/1.jpg',
      'val/b/README',
    );
    const { train, skipped } = await readDataset(root);
    expect(train.samples.length).toBe(2);
    expect(skipped.map(({ file }) => file).sort()).toEqual([
      'train/a/notes.txt',
      'train/a/old.heic',
      'train/loose.png',
      'val/b/README',
    ]);
    const strict = await failure(readDataset(root, { strict: true }));
    expect(strict.message).toContain('train/a/old.heic');
  });

  it('follows links, but not in circles', async () => {
    touch('train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg', 'val/b/1.jpg', 'elsewhere/2.jpg');
    symlinkSync(root, join(root, 'train/a/up'));
    symlinkSync('.', join(root, 'train/b/self'));
    symlinkSync(join(root, 'elsewhere'), join(root, 'train/b/linked'));
    symlinkSync(join(root, 'elsewhere'), join(root, 'train/b/linked-again'));
    symlinkSync(join(root, 'nowhere.jpg'), join(root, 'train/a/broken.jpg'));
    symlinkSync('turning', join(root, 'train/a/turning'));
    const { train, skipped } = await readDataset(root);
    expect(train.samples.map(({ file }) => file)).toEqual([
      'train/a/1.jpg',
      'train/b/1.jpg',
      'train/b/linked/2.jpg',
    ]);
    expect(Object.fromEntries(skipped.map(({ file, reason }) => [file, reason]))).toEqual({
      'train/a/broken.jpg': expect.stringContaining('a link to nothing'),
      'train/a/turning': expect.stringContaining('loop'),
      'train/a/up': expect.stringContaining('loop'),
      'train/b/self': expect.stringContaining('loop'),
      'train/b/linked-again': expect.stringContaining('already read'),
    });
  });

  it('never opens what is neither file nor folder', async () => {
    touch('train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg', 'val/b/1.jpg');
    execFileSync('mkfifo', [join(root, 'train/a/pipe.jpg')]);
    const { skipped } = await readDataset(root);
    expect(skipped).toEqual([
      { file: 'train/a/pipe.jpg', reason: 'neither a file nor a folder', kind: 'image' },
    ]);
  });

  it('says what is wrong with the whole', async () => {
    expect((await failure(readDataset(join(root, 'missing')))).message).toMatch(
      /found no such file or folder/,
    );
    expect((await failure(readDataset(root, { validationSplit: 0.1 }))).message).toMatch(/found no images/);
    expect((await failure(readDataset(undefined))).kind).toBe('usage');
    touch('file.jpg', ...many('only/a', 3));
    expect((await failure(readDataset(join(root, 'file.jpg')))).message).toMatch(/a file that is not a .csv/);
    const one = await failure(readDataset(join(root, 'only'), { validationSplit: 0.5 }));
    expect(one.message).toMatch(/at least two classes; found one, a/);
    expect(one.exitCode).toBe(3);
    touch('tiny/a/1.jpg', ...many('tiny/b', 5));
    const tiny = await failure(readDataset(join(root, 'tiny'), { validationSplit: 0.5 }));
    expect(tiny.message).toMatch(/two images in class a/);
  });

  it('refuses a class that is empty or in one split only', async () => {
    touch('train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg', 'val/b/1.jpg', 'val/c/1.jpg');
    expect((await failure(readDataset(root))).message).toMatch(/no images of c in train/);
    touch('train/c/1.jpg');
    mkdirSync(join(root, 'train/d'));
    expect((await failure(readDataset(root))).message).toMatch(
      /no images of d in train; no images of d in val/,
    );
  });

  it.skipIf(process.getuid?.() === 0)(
    'reports folders without permission (root may read anything)',
    async () => {
      touch('train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg', 'val/b/1.jpg');
      execFileSync('chmod', ['000', join(root, 'train/a')]);
      expect((await failure(readDataset(root))).message).toMatch(/no permission/);
      execFileSync('chmod', ['700', join(root, 'train/a')]);
    },
  );
});

const fer2013 = fileURLToPath(new URL('../../../../shared/fer2013', import.meta.url));
describe.skipIf(!existsSync(fer2013))('FER2013 (skipped where ../shared/fer2013 is missing)', () => {
  it('has the counts of the published data', async () => {
    const { train, validation, classes, skipped } = await readDataset(fer2013);
    expect(describeSplit(train, classes)).toBe('Found 28709 images belonging to 7 classes.');
    expect(describeSplit(validation, classes)).toBe('Found 3589 images belonging to 7 classes.');
    expect(classes).toEqual(['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise']);
    expect(skipped).toEqual([]);
  });
});

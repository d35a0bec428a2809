import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { touchIn } from '../../../test/data/empty-files.js';
import { findLayout } from './layout.js';
import { readDataset } from './reader.js';
import { splitRole } from './split-names.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-layout-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const touch = (...names: string[]): void => touchIn(root, names);

/** Split folders of two classes. */
function splits(...names: string[]): void {
  for (const name of names) touch(`${name}/a/1.jpg`, `${name}/b/1.jpg`);
}

describe('splitRole', () => {
  it.each([
    ['train', 'train'],
    ['Training', 'train'],
    ['VALID', 'validation'],
    ['dev', 'validation'],
    ['PublicTest', 'validation'],
    ['PrivateTest', 'test'],
    ['Testing', 'test'],
    ['happy', null],
    ['trains', null],
    ['constructor', null],
  ])('%s is for %s', (name, role) => {
    expect(splitRole(name)).toBe(role);
  });
});

describe('findLayout', () => {
  it('finds split folders by any word for them, training first, then validation before test', async () => {
    splits('PrivateTest', 'PublicTest', 'Training');
    expect(await findLayout(root)).toEqual({
      kind: 'splits',
      root,
      names: ['Training', 'PublicTest', 'PrivateTest'],
      unread: [],
      elsewhere: [],
    });
  });

  it('finds them one level down, and where they are links', async () => {
    splits('elsewhere/x', 'archive/Train');
    symlinkSync(join(root, 'elsewhere/x'), join(root, 'archive/valid'));
    expect(await findLayout(root)).toMatchObject({
      root: join(root, 'archive'),
      names: ['Train', 'valid'],
    });
  });

  it('refuses two folders for one split, and names both', async () => {
    splits('train', 'val', 'valid', 'test');
    await expect(findLayout(root)).rejects.toThrow(
      /expected one folder for the validation split; found val\/ and valid\//,
    );
    rmSync(join(root, 'val'), { recursive: true });
    splits('Training');
    await expect(findLayout(root)).rejects.toThrow(/train split; found Training\/ and train\//);
  });

  it('names folders beside the splits that look like one and are not read', async () => {
    splits('train', 'valdation', 'more', 'test');
    touch('pool/9.jpg', '__MACOSX/train/._1.jpg', 'notes/old/readme.txt', 'sheet.png');
    mkdirSync(join(root, 'empty'));
    symlinkSync(root, join(root, 'loop'));
    const { skipped, validation } = await readDataset(root);
    expect(validation.name).toBe('test');
    expect(skipped.map(({ file }) => file)).toEqual(['more', 'sheet.png', 'valdation']);
    expect(skipped.at(-1)!.reason).toMatch(
      /expected a split's name \(train, .*\); found class folders under another/,
    );
    await expect(readDataset(root, { strict: true })).rejects.toThrow(/valdation/);
    rmSync(join(root, 'test'), { recursive: true });
    await expect(readDataset(root)).rejects.toThrow(/found train\/ alone \(and more\/, valdation\/\)/);
  });

  it.each([[['validation', 'test']], [['PublicTest', 'PrivateTest']], [['test']]])(
    'refuses to take %s for classes where there is no training split',
    async (names) => {
      splits(...names);
      const failure = readDataset(root, { validationSplit: 0.5 });
      await expect(failure).rejects.toMatchObject({ kind: 'data' });
      await expect(failure).rejects.toThrow(
        `expected a training split (train/ or training/) beside ${names.map((name) => `${name}/`).join(' and ')}`,
      );
      await expect(failure).rejects.toThrow(`the path of one split: ${join(root, names[0]!)}`);
    },
  );

  it('refuses them one level down too', async () => {
    splits('archive/validation', 'archive/test');
    await expect(findLayout(root)).rejects.toThrow(`${join(root, 'archive')}: expected a training split`);
  });

  it('looks below class folders too', async () => {
    touch('test/a/person/1.jpg', 'test/b/person/1.jpg');
    await expect(findLayout(root)).rejects.toThrow(/expected a training split/);
  });

  it('takes folders of images for classes, whatever they are called', async () => {
    touch('dev/1.jpg', 'test/1.jpg', 'happy/1.jpg');
    expect(await findLayout(root)).toEqual({ kind: 'classes', root });
  });
});

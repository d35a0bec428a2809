import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure, touchIn } from '../../../test/data/empty-files.js';
import { readClassFolder, readEvaluationSplit } from './evaluation-split.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-evaluation-split-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const touch = (...names: string[]): void => touchIn(root, names);

describe('readClassFolder', () => {
  it("labels folders by the model's classes", async () => {
    touch('happy/1.jpg', 'sad/1.jpg', 'sad/2.jpg');
    const { split, classes } = await readClassFolder(root, { classes: ['angry', 'happy', 'sad'] });
    expect(classes).toEqual(['angry', 'happy', 'sad']);
    expect(split.samples.map(({ label }) => label)).toEqual([1, 2, 2]);
    const wrong = await failure(readClassFolder(root, { classes: ['angry', 'happy'] }));
    expect(wrong.message).toMatch(/found sad/);
    expect((await readClassFolder(root)).classes).toEqual(['happy', 'sad']);
    await failure(readClassFolder(join(root, 'nowhere')));
    await failure(readClassFolder(join(root, 'happy')));
  });
});

describe('readEvaluationSplit', () => {
  it('takes the split that is asked for', async () => {
    touch('d/train/a/1.jpg', 'd/train/b/1.jpg', 'd/val/a/1.jpg', 'd/val/b/1.jpg', 'd/val/b/2.jpg');
    const path = join(root, 'd');
    expect((await readEvaluationSplit(path)).split).toMatchObject({ name: 'val', samples: { length: 3 } });
    expect((await readEvaluationSplit(path, { split: 'train' })).split.samples.length).toBe(2);
    expect((await failure(readEvaluationSplit(path, { split: 'test' }))).message).toMatch(/found train, val/);
    const inside = join(path, 'val');
    expect((await readEvaluationSplit(inside)).split.samples.length).toBe(3);
    expect((await failure(readEvaluationSplit(inside, { split: 'val' }))).kind).toBe('usage');
  });

  it('takes the validation split by any word for it, before the test split', async () => {
    touch('Training/a/1.jpg', 'PublicTest/a/1.jpg', 'PrivateTest/a/1.jpg');
    const nameOf = async (split?: string) =>
      (await readEvaluationSplit(root, split === undefined ? {} : { split })).split.name;
    expect(await nameOf()).toBe('PublicTest');
    expect(await nameOf('validation')).toBe('PublicTest');
    expect(await nameOf('test')).toBe('PrivateTest');
    expect(await nameOf('train')).toBe('Training');
    expect((await failure(readEvaluationSplit(root, { split: 'other' }))).message).toMatch(
      /called other; found Training, PublicTest, PrivateTest/,
    );
  });

  it('never falls back to the training split', async () => {
    touch('train/a/1.jpg', 'train/b/1.jpg', 'valdation/a/1.jpg');
    const refused = await failure(readEvaluationSplit(root));
    expect(refused.kind).toBe('data');
    expect(refused.message).toMatch(
      /a validation or test split; found train, valdation alone.*--split train to use/,
    );
    expect((await readEvaluationSplit(root, { split: 'train' })).split.samples.length).toBe(2);
    touch('valid/a/1.jpg');
    expect((await readEvaluationSplit(root)).split.name).toBe('valid');
  });

  it('names a folder that may have been meant where it takes the test split instead', async () => {
    touch('train/a/1.jpg', 'valdation/a/1.jpg', 'test/a/1.jpg');
    const { split, skipped } = await readEvaluationSplit(root);
    expect([split.name, ...skipped.map(({ file }) => file)]).toEqual(['test', 'valdation']);
    expect((await failure(readEvaluationSplit(root, { strict: true }))).message).toContain('valdation');
    expect((await readEvaluationSplit(root, { split: 'test', strict: true })).skipped).toEqual([]);
  });
});

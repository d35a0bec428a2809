// The workers run from dist: build first (npx tsc -p tsconfig.build.json).

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render, takePhotograph } from '../../test/audit/pictures.js';
import { FerlabError } from '../errors.js';
import { auditDataset, leaks } from './audit.js';
import { auditMarkdown, auditText } from './text.js';
import type { AuditResult } from './types.js';

const side = 48;
let folder: string;
let dataset: string;
let result: AuditResult;

/** Writes a picture under a name whose ending is its encoding. */
async function write(file: string, pixels: Uint8Array): Promise<void> {
  const path = join(dataset, file);
  mkdirSync(dirname(path), { recursive: true });
  const image = sharp(pixels, { raw: { width: side, height: side, channels: 1 } }).toColourspace('b-w');
  const encoded = file.endsWith('.png')
    ? image.png()
    : file.endsWith('.tiff')
      ? image.tiff({ compression: 'lzw' })
      : image.webp({ lossless: true });
  writeFileSync(path, await encoded.toBuffer());
}

const photograph = (seed: number) => render(takePhotograph(seed));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-audit-'));
  dataset = join(folder, 'faces');
  for (let i = 0; i < 6; i++) await write(`train/happy/${i}.png`, photograph(i));
  for (let i = 6; i < 8; i++) await write(`train/sad/${i}.png`, photograph(i));
  // Copies under another encoding: within a class, under another label, in the other split.
  await write('train/happy/same-as-0.tiff', photograph(0));
  await write('train/sad/same-as-1.webp', photograph(1));
  await write('validation/happy/same-as-2.tiff', photograph(2));
  await write('validation/sad/same-as-3.png', photograph(3));
  await write('validation/sad/like-7.png', render(takePhotograph(7), { mirrored: true, bias: 15 }));
  await write('validation/happy/20.png', photograph(20));
  await write('train/sad/blank.png', new Uint8Array(side * side));
  await write(
    'train/sad/nearly-blank.png',
    new Uint8Array(side * side).map((_, i) => 127 + (i % 3)),
  );
  writeFileSync(join(dataset, 'train/sad/broken.png'), 'not an image');
  result = await auditDataset(dataset, { workers: 1, out: join(folder, 'out') });
});
afterAll(() => rmSync(folder, { recursive: true }));

const names = (references: { file: string }[]) => references.map(({ file }) => file);

describe('auditDataset', () => {
  it('counts images by split and class', () => {
    expect(result.classes).toEqual(['happy', 'sad']);
    expect(result.splits).toEqual([
      { name: 'train', images: 13, unusable: 1, per_class: { happy: 7, sad: 5 } },
      { name: 'validation', images: 4, unusable: 0, per_class: { happy: 2, sad: 2 } },
    ]);
    expect(result.imbalance_ratio).toBe(1.4);
    expect(names(result.unusable)).toEqual(['train/sad/broken.png']);
    expect(result.layout).toBeNull();
  });

  it('finds exact copies whatever their encoding, with their labels and splits', () => {
    const { list, ...counts } = result.exact_duplicates;
    expect(counts).toEqual({
      images: 8,
      unique_images: 12,
      groups: 4,
      conflicting_groups: 2,
      across_splits_groups: 2,
    });
    const sets = list.map((group) => [names(group.images), group.conflicting, group.across_splits]);
    expect(sets).toEqual([
      [['train/happy/0.png', 'train/happy/same-as-0.tiff'], false, false],
      [['train/happy/1.png', 'train/sad/same-as-1.webp'], true, false],
      [['train/happy/2.png', 'validation/happy/same-as-2.tiff'], false, true],
      [['train/happy/3.png', 'validation/sad/same-as-3.png'], true, true],
    ]);
    expect(list[1]!.images[1]).toEqual({ file: 'train/sad/same-as-1.webp', split: 'train', label: 'sad' });
  });

  it('finds near copies', () => {
    expect(result.near_duplicates).toMatchObject({ pairs: 1, images: 2, across_splits_pairs: 1 });
    expect(result.near_duplicates.list).toMatchObject([
      {
        first: { file: 'train/sad/7.png' },
        second: { file: 'validation/sad/like-7.png' },
        mirrored: true,
        conflicting: false,
      },
    ]);
  });

  it('tells what of the validation split stands in training', () => {
    expect(result.leaks).toEqual([
      {
        split: 'validation',
        training_split: 'train',
        images: 4,
        exact: 2,
        exact_blank: 0,
        exact_conflicting: 1,
        near: 1,
      },
    ]);
    expect(leaks(result)).toBe(true);
  });

  it('finds blank images, and keeps them out of the rest', () => {
    expect(names(result.blank)).toEqual(['train/sad/blank.png', 'train/sad/nearly-blank.png']);
    expect(names(result.unlike_the_others)).toHaveLength(10);
    expect(names(result.unlike_the_others)).not.toContain('train/sad/blank.png');
    const scores = result.unlike_the_others.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  it('warns', () => {
    const text = result.warnings.join('\n');
    expect(text).toContain('validation leaks: 2 of its 4 images (50.0%) have an exact copy in train');
    expect(text).toContain('1 more of its images (25.0%) have a near copy');
    expect(text).toContain('2 sets of exact copies carry different labels');
    expect(text).toContain('2 images are blank');
    expect(text).toContain("1 files can't be used (train/sad/broken.png");
    expect(text).toContain('Few images to learn from in train: happy (7), sad (5)');
  });

  it('says it all in the terminal', () => {
    const text = auditText(result);
    expect(text).toMatch(/^train +13 +7 +5 +1$/m);
    expect(text).toMatch(/^validation images with an exact copy in train +2 +50\.0%$/m);
    for (const warning of result.warnings) expect(text).toContain(`Warning: ${warning}`);
  });

  it('writes JSON, Markdown and the pictures that it names', async () => {
    const out = join(folder, 'out');
    const pictures = [
      'blank.png',
      'conflicts.png',
      'duplicates-across-splits.png',
      'duplicates.png',
      'near-duplicates.png',
      'unlike-the-others.png',
    ];
    expect(readdirSync(out).sort()).toEqual(['audit.json', 'audit.md', ...pictures].sort());
    expect(JSON.parse(readFileSync(join(out, 'audit.json'), 'utf8'))).toEqual(result);
    const markdown = readFileSync(join(out, 'audit.md'), 'utf8');
    for (const picture of pictures) {
      expect(markdown).toContain(`](${picture})`);
      expect((await sharp(join(out, picture)).metadata()).width).toBeGreaterThan(100);
    }
    expect(auditMarkdown(result, [])).not.toContain('## Pictures');
  });

  it('finds the same when images are not kept in memory', async () => {
    const streamed = await auditDataset(dataset, { workers: 1, memoryBudget: 0 });
    expect({ ...streamed, seconds: 0 }).toEqual({ ...result, seconds: 0 });
  });

  it('audits one folder of class folders, and a training split alone', async () => {
    const one = await auditDataset(join(dataset, 'train'), { workers: 1 });
    expect(one.leaks).toEqual([]);
    expect(one.exact_duplicates).toMatchObject({ groups: 2, conflicting_groups: 1 });
    const alone = join(folder, 'alone');
    mkdirSync(join(alone, 'train', 'x'), { recursive: true });
    writeFileSync(join(alone, 'train/x/a.png'), readFileSync(join(dataset, 'train/happy/0.png')));
    const single = await auditDataset(alone, { workers: 1 });
    expect(single.splits).toEqual([{ name: 'train', images: 1, unusable: 0, per_class: { x: 1 } }]);
  });

  it('refuses what holds no usable image', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(join(empty, 'x'), { recursive: true });
    writeFileSync(join(empty, 'x/a.png'), 'no');
    const failure = auditDataset(empty, { workers: 1 });
    await expect(failure).rejects.toThrow(FerlabError);
    await expect(failure).rejects.toThrow(/expected images; found 1 files that can't be used \(x\/a.png/);
  });

  it('stops when asked to', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(auditDataset(dataset, { workers: 1, signal: controller.signal })).rejects.toMatchObject({
      kind: 'interrupted',
    });
  });
});

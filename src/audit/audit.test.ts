import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render, takePhotograph } from '../../test/audit/pictures.js';
import { FerlabError } from '../errors.js';
import { lockName } from '../files/lock.js';
import { type AuditOptions, audit, leaks } from './audit.js';
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
  result = await audit(dataset, { workers: 1, out: join(folder, 'out') });
});
afterAll(() => rmSync(folder, { recursive: true }));

const names = (references: { file: string }[]) => references.map(({ file }) => file);

describe('audit', () => {
  it('counts images by split and class', () => {
    expect(result.classes).toEqual(['happy', 'sad']);
    expect(result.splits).toEqual([
      { name: 'train', images: 13, unusable: 1, perClass: { happy: 7, sad: 5 } },
      { name: 'validation', images: 4, unusable: 0, perClass: { happy: 2, sad: 2 } },
    ]);
    expect(result.imbalanceRatio).toBe(1.4);
    expect(names(result.unusable)).toEqual(['train/sad/broken.png']);
    expect(result.layout).toBeNull();
  });

  it('finds exact copies whatever their encoding, with their labels and splits', () => {
    const { list, ...counts } = result.exactDuplicates;
    expect(counts).toEqual({
      images: 8,
      uniqueImages: 12,
      groups: 4,
      conflictingGroups: 2,
      acrossSplitsGroups: 2,
    });
    const sets = list.map((group) => [names(group.images), group.conflicting, group.acrossSplits]);
    expect(sets).toEqual([
      [['train/happy/0.png', 'train/happy/same-as-0.tiff'], false, false],
      [['train/happy/1.png', 'train/sad/same-as-1.webp'], true, false],
      [['train/happy/2.png', 'validation/happy/same-as-2.tiff'], false, true],
      [['train/happy/3.png', 'validation/sad/same-as-3.png'], true, true],
    ]);
    expect(list[1]!.images[1]).toEqual({ file: 'train/sad/same-as-1.webp', split: 'train', label: 'sad' });
  });

  it('finds near copies', () => {
    expect(result.nearDuplicates).toMatchObject({ pairs: 1, images: 2, acrossSplitsPairs: 1 });
    expect(result.nearDuplicates.list).toMatchObject([
      {
        first: { file: 'train/sad/7.png' },
        second: { file: 'validation/sad/like-7.png' },
        mirrored: true,
        conflicting: false,
      },
    ]);
  });

  it('counts the validation images that stand in training', () => {
    expect(result.leaks).toEqual([
      {
        split: 'validation',
        trainingSplit: 'train',
        images: 4,
        exact: 2,
        exactBlank: 0,
        exactConflicting: 1,
        near: 1,
      },
    ]);
    expect(leaks(result)).toBe(true);
  });

  it('finds blank images', () => {
    expect(names(result.blank)).toEqual(['train/sad/blank.png', 'train/sad/nearly-blank.png']);
  });

  it('says nothing of images unlike the others where there are few', () => {
    expect(result).toMatchObject({ unlikeTheOthers: [], unlikeCount: null, unlikeThreshold: null });
    expect(auditText(result)).not.toContain('unlike the others');
    expect(auditMarkdown(result, [])).toContain('that takes 400 different images or more');
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
    const streamed = await audit(dataset, { workers: 1, memoryBudget: 0 });
    expect({ ...streamed, seconds: 0 }).toEqual({ ...result, seconds: 0 });
  });

  it('audits splits of different classes, a third one too, and says what is missing', async () => {
    const lopsided = join(folder, 'lopsided');
    const place = (file: string, from: string) => {
      mkdirSync(dirname(join(lopsided, file)), { recursive: true });
      writeFileSync(join(lopsided, file), readFileSync(join(dataset, from)));
    };
    for (let i = 0; i < 6; i++) place(`Training/happy/${i}.png`, `train/happy/${i}.png`);
    place('Training/sad/6.png', 'train/sad/6.png');
    mkdirSync(join(lopsided, 'Training/angry'));
    place('PublicTest/happy/20.png', 'validation/happy/20.png');
    place('PublicTest/angry/7.png', 'train/sad/7.png');
    place('PrivateTest/happy/leak.png', 'train/happy/0.png');
    const found = await audit(lopsided, { workers: 1 });
    expect(found.classes).toEqual(['angry', 'happy', 'sad']);
    expect(found.splits).toEqual([
      { name: 'Training', images: 7, unusable: 0, perClass: { angry: 0, happy: 6, sad: 1 } },
      { name: 'PublicTest', images: 2, unusable: 0, perClass: { angry: 1, happy: 1, sad: 0 } },
      { name: 'PrivateTest', images: 1, unusable: 0, perClass: { angry: 0, happy: 1, sad: 0 } },
    ]);
    expect(found.unusable).toEqual([]);
    expect(found.imbalanceRatio).toBe(0);
    expect(found.leaks.map(({ split, exact }) => [split, exact])).toEqual([
      ['PublicTest', 0],
      ['PrivateTest', 1],
    ]);
    expect(found.warnings.filter((line) => /images to (learn|score)/.test(line))).toEqual([
      'No images to learn from in Training: angry.',
      'Few images to learn from in Training: happy (6), sad (1).',
      'No images to score by in PublicTest: sad. A score on PublicTest says nothing of their recall.',
      'Few images to score by in PublicTest: angry (1), happy (1). Recall of a class of 1 is uncertain by about 98 ' +
        'points either way.',
      'No images to score by in PrivateTest: angry, sad. A score on PrivateTest says nothing of their recall.',
      'Few images to score by in PrivateTest: happy (1). Recall of a class of 1 is uncertain by about 98 points either way.',
    ]);
  });

  it('audits a split without any image, by a model too', async () => {
    const hollow = join(folder, 'hollow');
    mkdirSync(join(hollow, 'train/x'), { recursive: true });
    mkdirSync(join(hollow, 'val/x'), { recursive: true });
    writeFileSync(join(hollow, 'val/x/a.png'), readFileSync(join(dataset, 'train/happy/0.png')));
    const model = {
      classes: ['x'],
      inputSize: { width: side, height: side },
      probabilities: async (pixels: Float32Array) => new Float32Array(pixels.length / side ** 2).fill(1),
    };
    for (const memoryBudget of [1 << 20, 0]) {
      const { splits, suspectLabels } = await audit(hollow, { workers: 1, memoryBudget, model });
      expect(splits.map(({ images }) => images)).toEqual([0, 1]);
      expect(suspectLabels!.images).toEqual([]);
    }
    rmSync(join(hollow, 'val/x/a.png'));
    await expect(audit(hollow)).rejects.toThrow(/expected class folders with images .* in train, val/);
  });

  it('counts rows of a CSV file that can not be used', async () => {
    const row = (label: number | string, grey: number, usage: string) =>
      `${label},${Array.from({ length: 16 }, (_, i) => (grey * (i + 1)) % 256).join(' ')},${usage}`;
    const rows = [row(3, 1, 'Training'), row('x', 2, 'Training'), row(4, 3, 'Training'), '3,1 2 3'];
    const others = [row(3, 5, 'PublicTest'), row(9, 6, 'PublicTest'), row(4, 7, 'PublicTest'), '3,1 2'];
    const path = join(folder, 'damaged.csv');
    writeFileSync(path, ['emotion,pixels,Usage', ...rows, ...others].join('\n'));
    const { splits, unusable } = await audit(path, { workers: 1 });
    expect(splits).toEqual([
      { name: 'train', images: 3, unusable: 1, perClass: { happy: 1, sad: 1 } },
      { name: 'validation', images: 4, unusable: 2, perClass: { happy: 1, sad: 1 } },
    ]);
    // Line 5 may belong to either split.
    expect(names(unusable)).toEqual([3, 5, 7, 9].map((line) => `damaged.csv:${line}`));
  });

  it('knows FER2013 by its counts where rows of the CSV file are damaged', async () => {
    const counts = {
      Training: [3995, 436, 4097, 7215, 4830, 3171, 4965],
      PublicTest: [467, 56, 496, 895, 607, 653, 415],
    };
    const rows = Object.entries(counts).flatMap(([usage, classes]) =>
      classes.flatMap((images, label) =>
        new Array<string>(images).fill(`${label},${label} 50 100 150,${usage}`),
      ),
    );
    rows[5] = 'x,0 50 100 150,Training';
    rows[rows.length - 9] = '6,6 50';
    const path = join(folder, 'fer2013.csv');
    writeFileSync(path, ['emotion,pixels,Usage', ...rows].join('\n'));
    const { layout, splits } = await audit(path, { workers: 1 });
    expect(layout?.name).toBe('FER2013, official Training and PublicTest');
    expect(splits.map(({ images, unusable }) => [images, unusable])).toEqual([
      [28_709, 1],
      [3589, 1],
    ]);
  });

  it('audits one folder of class folders, and a training split alone', async () => {
    const one = await audit(join(dataset, 'train'), { workers: 1 });
    expect(one.leaks).toEqual([]);
    expect(one.exactDuplicates).toMatchObject({ groups: 2, conflictingGroups: 1 });
    const alone = join(folder, 'alone');
    mkdirSync(join(alone, 'train', 'x'), { recursive: true });
    writeFileSync(join(alone, 'train/x/a.png'), readFileSync(join(dataset, 'train/happy/0.png')));
    const single = await audit(alone, { workers: 1 });
    expect(single.splits).toEqual([{ name: 'train', images: 1, unusable: 0, perClass: { x: 1 } }]);
  });

  it('refuses what holds no usable image', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(join(empty, 'x'), { recursive: true });
    writeFileSync(join(empty, 'x/a.png'), 'no');
    const failure = audit(empty, { workers: 1 });
    await expect(failure).rejects.toThrow(FerlabError);
    await expect(failure).rejects.toThrow(/expected images; found 1 files that can't be used \(x\/a.png/);
  });

  it('refuses a model of other classes and a folder that can not be written to before any image is decoded', async () => {
    const phases: string[] = [];
    const refused = (options: AuditOptions) =>
      audit(dataset, { workers: 1, ...options }, { onProgress: ({ type }) => phases.push(type) });
    const out = join(folder, 'new', 'out');
    const model = {
      classes: ['happy', 'angry'],
      inputSize: { width: side, height: side },
      probabilities: async () => new Float32Array(0),
    };
    await expect(refused({ model, out })).rejects.toThrow(/found one without sad/);
    const file = join(dataset, 'train/sad/broken.png');
    await expect(refused({ out: file })).rejects.toMatchObject({ kind: 'io' });
    await expect(refused({ out: join(file, 'out') })).rejects.toMatchObject({ kind: 'io' });
    expect(phases).toEqual([]);
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });

  it('leaves no empty folder behind when it fails', async () => {
    const empty = join(folder, 'unusable');
    mkdirSync(join(empty, 'x'), { recursive: true });
    writeFileSync(join(empty, 'x/a.png'), 'no');
    const out = join(folder, 'new', 'out');
    await expect(audit(empty, { workers: 1, out })).rejects.toThrow(/expected images/);
    expect(existsSync(join(folder, 'new'))).toBe(false);
    mkdirSync(join(folder, 'there'));
    await expect(audit(empty, { workers: 1, out: join(folder, 'there') })).rejects.toThrow();
    expect(existsSync(join(folder, 'there'))).toBe(true);
  });

  it('stops when asked to', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(audit(dataset, { workers: 1 }, { signal: controller.signal })).rejects.toMatchObject({
      kind: 'interrupted',
    });
  });
});

it('refuses folders that another audit writes into, before it reads an image', async () => {
  const lock = { pid: process.pid, host: hostname(), born: null, since: '2026-01-02T03:04:05.000Z' };
  const taken = join(folder, 'taken');
  mkdirSync(taken);
  writeFileSync(join(taken, lockName), JSON.stringify(lock));
  const events: unknown[] = [];
  const onProgress = (event: unknown) => events.push(event);
  const busy =
    /taken: expected a folder that no other process writes into, found that process \d+ on this machine/;
  await expect(audit(dataset, { out: taken }, { onProgress })).rejects.toThrow(busy);
  const crossValidation = { folds: 2, work: taken };
  await expect(audit(dataset, { crossValidation }, { onProgress })).rejects.toThrow(busy);
  expect(events).toEqual([]);
  expect(readdirSync(taken)).toEqual([lockName]);
});

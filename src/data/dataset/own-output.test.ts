// What ferlab wrote into a dataset is no part of it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { touchIn } from '../../../test/data/empty-files.js';
import { readAuditDataset } from '../../copies/open.js';
import { walkImages } from '../../files/walk-images.js';
import { readEvaluationSplit } from './evaluation-split.js';
import { readDataset } from './reader.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-own-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** The beginnings of the files that mark each kind of folder, as they are written. */
const marks = {
  run: [
    'config.json',
    '{\n  "version": "0.1.0",\n  "command": "ferlab train .",\n  "config": {\n    "preset": "tiny"',
  ],
  evaluation: [
    'report.json',
    '{\n  "title": "Evaluation",\n  "version": "0.1.0",\n  "command": "ferlab evaluate ."',
  ],
  audit: ['audit.json', '{\n "version": "0.1.0",\n "dataset": "/faces",\n "image_size": 48,'],
  folds: ['plan.json', '{\n  "format": 1,\n  "folds": 5,\n  "fingerprint": "ab"'],
  begun: ['.ferlab-lock', ''],
  copies: ['.ferlab-annotated', ''],
} as const;

function own(kind: keyof typeof marks, folder: string): void {
  touchIn(root, [`${folder}/confusion.png`, `${folder}/mistakes.png`, `${folder}/fold-1/augmented.png`]);
  const [name, content] = marks[kind];
  mkdirSync(dirname(join(root, folder, name)), { recursive: true });
  writeFileSync(join(root, folder, name), content);
}

const kinds = Object.keys(marks) as (keyof typeof marks)[];

describe("ferlab's own output in a dataset", () => {
  it.each(kinds)('of kind %s is no class, no image and nothing that is reported', async (kind) => {
    touchIn(root, ['happy/1.jpg', 'happy/2.jpg', 'sad/1.jpg', 'sad/2.jpg']);
    const before = await readDataset(root, { validationSplit: 0.5 });
    for (const place of ['runs/faces-tiny', 'out', 'happy/e', 'sad/deep/er']) own(kind, place);
    expect(await readDataset(root, { validationSplit: 0.5, strict: true })).toEqual(before);
    expect((await readEvaluationSplit(root)).classes).toEqual(['happy', 'sad']);
    expect((await readAuditDataset(root)).classes).toEqual(['happy', 'sad']);
    const { files } = await walkImages(root, () => {});
    expect(files).toHaveLength(4);
  });

  it.each(kinds)('of kind %s stays out of splits', async (kind) => {
    touchIn(root, ['train/happy/1.jpg', 'train/sad/1.jpg', 'val/happy/1.jpg', 'val/sad/1.jpg']);
    const before = await readDataset(root);
    for (const place of ['x', 'train/x', 'val/runs/x', 'train/happy/x']) own(kind, place);
    expect(await readDataset(root, { strict: true })).toEqual(before);
    expect((await readAuditDataset(root)).classes).toEqual(['happy', 'sad']);
  });

  it('differs from folders of the same names by what the files hold', async () => {
    touchIn(root, ['happy/1.jpg', 'happy/2.jpg', 'sad/1.jpg', 'sad/2.jpg']);
    writeFileSync(join(root, 'sad/config.json'), '{"camera": "C920"}');
    writeFileSync(join(root, 'happy/report.json'), '{"images": 2}');
    expect((await readDataset(root, { validationSplit: 0.5 })).classes).toEqual(['happy', 'sad']);
  });

  it('beside class folders leaves these a dataset', async () => {
    touchIn(root, ['happy/1.jpg', 'happy/2.jpg', 'sad/1.jpg', 'sad/2.jpg', 'face.png']);
    own('evaluation', '.');
    rmSync(join(root, 'fold-1'), { recursive: true });
    const { classes, skipped } = await readDataset(root, { validationSplit: 0.5 });
    expect([classes, skipped.map(({ file }) => file)]).toEqual([['happy', 'sad'], ['face.png']]);
    const { files } = await walkImages(root, () => {});
    expect(files).toHaveLength(5);
  });
});

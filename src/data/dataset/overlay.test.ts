import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAuditDataset } from '../../copies/open.js';
import { readEvaluationSplit } from './evaluation-split.js';
import { readOverlay } from './overlay.js';
import { readDataset } from './reader.js';

let root: string;
const at = (...parts: string[]) => join(root, ...parts);
/** Writes a file of corrections beside the dataset. */
function overlay(rows: string[], name = 'corrections.csv'): string {
  writeFileSync(at(name), ['image,was,now,when', ...rows, ''].join('\n'));
  return at(name);
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-overlay-'));
  for (const split of ['train', 'validation']) {
    for (const label of ['happy', 'sad']) {
      mkdirSync(at('faces', split, label), { recursive: true });
      for (const name of ['a', 'b', 'c']) writeFileSync(at('faces', split, label, `${name}.png`), '');
    }
  }
  const row = (emotion: number, usage: string) =>
    `${emotion},${Array(48 * 48)
      .fill(7)
      .join(' ')},${usage}`;
  const rows = [3, 3, 4, 4].map((emotion) => row(emotion, 'Training'));
  const held = [3, 4].map((emotion) => row(emotion, 'PublicTest'));
  writeFileSync(at('fer2013.csv'), ['emotion,pixels,Usage', ...rows, ...held, ''].join('\n'));
});
afterAll(() => rmSync(root, { recursive: true }));

const labelled = ({ samples }: { samples: { file: string; label: number }[] }) =>
  samples.map(({ file, label }) => `${file} ${label}`);

describe('corrections', () => {
  it('change classes and leave images out, for training, evaluating and auditing alike', async () => {
    const file = overlay([
      'faces/train/happy/b.png,happy,sad,2026-11-28T10:00:00Z',
      'faces/train/sad/a.png,sad,,',
      'faces/validation/sad/c.png,sad,happy,',
    ]);
    const dataset = await readDataset(at('faces'), { overlay: file });
    expect(labelled(dataset.train)).toEqual([
      'train/happy/a.png 0',
      'train/happy/c.png 0',
      'train/happy/b.png 1',
      'train/sad/b.png 1',
      'train/sad/c.png 1',
    ]);
    expect(dataset.corrections).toBe(`Corrections by ${file}: 2 images of another class, 1 image left out.`);
    const evaluated = await readEvaluationSplit(at('faces'), { overlay: file });
    expect(labelled(evaluated.split)).toEqual(
      labelled(dataset.validation).map((line) => line.replace('validation/', '')),
    );
    expect(evaluated.corrections).toContain('1 image of another class, 0 images left out');
    // A split's folder on its own: images are known by where they lie, not by what was asked for.
    const alone = await readEvaluationSplit(at('faces/validation'), { overlay: file });
    expect(alone.split.samples.map(({ label }) => label)).toEqual(
      dataset.validation.samples.map(({ label }) => label),
    );
    const audited = await readAuditDataset(at('faces'), file);
    expect(labelled(audited.splits[0]!)).toEqual(labelled(dataset.train));
  });

  it('of an image that were made twice are those that were made last', async () => {
    const file = overlay(['faces/train/happy/a.png,happy,,', 'faces/train/happy/a.png,happy,happy,']);
    const dataset = await readDataset(at('faces'), { overlay: file });
    expect(dataset.train.samples).toHaveLength(6);
    expect(dataset.corrections).toContain('0 images of another class, 0 images left out');
  });

  it('do not change which images a share sets aside', async () => {
    const options = { train: at('faces/train'), validationSplit: 0.67 };
    const before = await readDataset(undefined, options);
    const [first] = before.validation.samples;
    const file = overlay([`faces/train/${first!.file},happy,sad,`]);
    const after = await readDataset(undefined, { ...options, overlay: file });
    const names = ({ samples }: { samples: { file: string }[] }) =>
      samples.map((sample) => sample.file).sort();
    expect(names(after.validation)).toEqual(names(before.validation));
    expect(after.validation.samples.map(({ label }) => label)).toEqual([0, 1, 1, 1]);
  });

  it('name rows of a CSV file by their line', async () => {
    const file = overlay(['fer2013.csv:2,happy,sad,', 'fer2013.csv:4,sad,happy,']);
    const { train, classes } = await readDataset(at('fer2013.csv'), { overlay: file });
    expect(classes).toEqual(['happy', 'sad']);
    expect(labelled(train)).toEqual([
      'fer2013.csv:3 0',
      'fer2013.csv:4 0',
      'fer2013.csv:2 1',
      'fer2013.csv:5 1',
    ]);
  });

  it.each([
    [
      'a class that the dataset does not give it',
      ['faces/train/happy/a.png,sad,happy,'],
      /expected train\/happy\/a.png to be of class sad/,
    ],
    [
      'a new class that there is not',
      ['faces/train/happy/a.png,happy,bored,'],
      /one of the classes happy, sad; found bored/,
    ],
    [
      'images of another dataset alone',
      ['other/train/happy/a.png,happy,sad,'],
      /found none, its first is about .*other/,
    ],
    [
      'rows without a class',
      ['faces/train/happy/a.png'],
      /row 2: expected an image and the class that it has/,
    ],
    ['a quote that is not closed', ['"faces/train'], /expected rows of CSV/],
    [
      'classes of which nothing is left',
      ['a', 'b', 'c'].map((name) => `faces/train/sad/${name}.png,sad,,`),
      /no images of sad in train/,
    ],
  ])('are refused with %s', async (_, rows, message) => {
    await expect(readDataset(at('faces'), { overlay: overlay(rows) })).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(message),
    });
  });

  it('are refused where the file is missing, a folder, or of another form', async () => {
    writeFileSync(at('other.csv'), 'file,label\na.png,happy\n');
    await expect(readOverlay(at('none.csv'))).rejects.toThrow(
      /expected a file of corrections, found no such file/,
    );
    await expect(readOverlay(at('faces'))).rejects.toThrow(/found a folder/);
    await expect(readOverlay(at('other.csv'))).rejects.toThrow(
      /expected the header image,was,now,when, found "file,label"/,
    );
  });
});

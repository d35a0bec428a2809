import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeGray } from '../../decode/decode.js';
import { readEvaluationSplit } from './evaluation-split.js';
import { readFerCsv } from './fer-csv.js';
import { readDataset } from './reader.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-csv-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(lines: string[], name = 'fer2013.csv', end = '\n'): string {
  const path = join(root, name);
  writeFileSync(path, lines.join(end));
  return path;
}

const pixels = (level: number, count = 16) =>
  Array.from({ length: count }, (_, i) => (level + i) % 256).join(' ');
const header = 'emotion,pixels,Usage';
const rows = [
  `6,${pixels(1)},Training`,
  `0,${pixels(2)},Training`,
  `6,${pixels(3)},PublicTest`,
  `0,${pixels(4)},PublicTest`,
  `0,${pixels(5)},PrivateTest`,
  `6,${pixels(6)},PrivateTest`,
  `0,${pixels(7)},Training`,
];

describe('fer2013.csv', () => {
  it('gives the three splits, sorted by class and line', async () => {
    const path = write([header, ...rows]);
    for (const given of [path, root]) {
      const dataset = await readDataset(given);
      expect(dataset.classes).toEqual(['angry', 'neutral']);
      expect(dataset.train.samples.map(({ file, label }) => [file, label])).toEqual([
        ['fer2013.csv:3', 0],
        ['fer2013.csv:8', 0],
        ['fer2013.csv:2', 1],
      ]);
      expect([dataset.validation.name, dataset.validation.samples.length]).toEqual(['validation', 2]);
      expect(dataset.others.map(({ name, samples }) => [name, samples.length])).toEqual([['test', 2]]);
    }
  });

  it('points at rows that decode to their pixels', async () => {
    const dataset = await readDataset(write([header, ...rows, '']));
    const levels = await Promise.all(
      dataset.train.samples.map(async ({ source }) => (await decodeGray(source)).data),
    );
    expect(levels.map((data) => data.join(' '))).toEqual([pixels(2), pixels(7), pixels(1)]);
  });

  it("reads Kaggle's variant: spaces in the header, another order, quotes, a byte-order mark, CRLF", async () => {
    const lines = ['\ufeffemotion, Usage, pixels', ...[0, 6].map((e) => `${e},Training,"${pixels(e)}"`)];
    lines.push(...[0, 6].map((e) => `${e},PublicTest,${pixels(e)}`));
    mkdirSync(join(root, 'below'));
    write(lines, 'below/icml_face_data.csv', '\r\n');
    const dataset = await readDataset(root);
    expect(dataset.train.samples.map(({ file }) => file)).toEqual([
      'icml_face_data.csv:2',
      'icml_face_data.csv:3',
    ]);
    for (const { source } of [...dataset.train.samples, ...dataset.validation.samples]) {
      expect((await decodeGray(source)).data.length).toBe(16);
    }
  });

  it('keeps rows of the wrong length as samples that fail to decode, by line', async () => {
    const dataset = await readDataset(write([header, ...rows, `0,${pixels(1, 15)},Training`]));
    const last = dataset.train.samples.find(({ file }) => file === 'fer2013.csv:9')!;
    await expect(decodeGray(last.source)).rejects.toThrow('expected 4 x 4 = 16 values, found 15');
  });

  it('lists rows of no emotion or split', async () => {
    const bad = [`8,${pixels(1)},Training`, `x,${pixels(1)},Training`, `1,${pixels(1)},Nowhere`, 'nonsense'];
    const { skipped } = await readDataset(write([header, ...rows, ...bad, '']));
    expect(skipped.map(({ file }) => file)).toEqual([9, 10, 11, 12].map((line) => `fer2013.csv:${line}`));
    expect(skipped[0]!.reason).toMatch(/^expected an emotion from 0 to 7, or one of angry, .*; found "8"$/);
    expect(skipped[2]!.reason).toContain('"Nowhere"');
  });

  it('splits a file without a Usage column when asked', async () => {
    const lines = ['emotion,pixels', ...Array.from({ length: 20 }, (_, i) => `${(i % 2) * 3},${pixels(i)}`)];
    const path = write(lines, 'train.csv');
    await expect(readDataset(path)).rejects.toThrow('--validation-split');
    const { train, validation, classes } = await readDataset(path, { validationSplit: 0.2 });
    expect([train.samples.length, validation.samples.length, classes]).toEqual([16, 4, ['angry', 'happy']]);
  });

  it('says what is wrong with the whole', async () => {
    await expect(readDataset(write(['a,b', '1,2'], 'x.csv'))).rejects.toThrow(
      /columns emotion, pixels.*"a,b"/s,
    );
    await expect(readDataset(write([''], 'empty.csv'))).rejects.toThrow(/columns emotion, pixels/);
    await expect(readDataset(write([header], 'none.csv'))).rejects.toThrow(
      /expected rows of Usage Training; found none/,
    );
    await expect(readDataset(write([header, ...rows.slice(0, 3)], 'part.csv'))).rejects.toThrow(
      /no images of angry in validation/,
    );
    await expect(readDataset(write([header, ...rows], 'both.csv'), { validationSplit: 0.1 })).rejects.toThrow(
      /--validation-split/,
    );
    await expect(readDataset(write([header, rows[0]!, rows[2]!], 'one.csv'))).rejects.toThrow(
      /found one, neutral\. Add rows of other classes/,
    );
    await expect(readEvaluationSplit(write([header, 'x,1,Training'], 'damaged.csv'))).rejects.toThrow(
      /expected rows of images; found none that can be used \(1 can't be: damaged\.csv:2/,
    );
    const training = write([header, rows[0]!, rows[1]!], 'training.csv');
    await expect(readDataset(training)).rejects.toThrow(/or add rows of Usage PublicTest/);
    await expect(readDataset(training, { validationSplit: 0.5 })).rejects.toThrow(
      /Add rows of it, or remove/,
    );
    const semicolons = write(
      [header, ...rows].map((row) => row.replaceAll(',', ';')),
      'semicolons.csv',
    );
    await expect(readDataset(semicolons)).rejects.toThrow(
      /semicolons between the fields: save it with commas/,
    );
    const binary = join(root, 'binary.csv');
    writeFileSync(binary, new Uint8Array(3_000_000));
    await expect(readDataset(binary)).rejects.toThrow(/expected a CSV file/);
  });

  it('is evaluated by split, labelled by the model', async () => {
    const path = write([header, ...rows]);
    const classes = ['angry', 'fear', 'neutral'];
    const { split } = await readEvaluationSplit(path, { split: 'test', classes });
    expect(split.samples.map(({ label }) => label)).toEqual([0, 2]);
    await expect(readEvaluationSplit(path, { classes: ['angry'] })).rejects.toThrow(/found neutral/);
    await expect(readEvaluationSplit(path, { split: 'other' })).rejects.toThrow(/called other/);
    expect((await readEvaluationSplit(path, { split: 'PrivateTest' })).split.name).toBe('test');
  });

  it('is evaluated on training rows only when asked, or where nothing tells them apart', async () => {
    const training = [header, ...rows.filter((row) => row.endsWith('Training'))];
    const path = write(training, 'training.csv');
    await expect(readEvaluationSplit(path)).rejects.toThrow(/found train alone.*--split train/);
    expect((await readEvaluationSplit(path, { split: 'train' })).split.samples).toHaveLength(3);
    const unsplit = training.map((row) => row.replace(/,[^,]*$/, ''));
    expect((await readEvaluationSplit(write(unsplit, 'unsplit.csv'))).split.samples).toHaveLength(3);
  });

  it('counts rows that it passes over by split, by their Usage or the rows around them', async () => {
    const bad = {
      training: [`8,${pixels(1)},Training`, `1,${pixels(1)},Nowhere`, 'nonsense'],
      between: ['1,2 3'],
      test: [`x,${pixels(1)},PrivateTest`, '0,1 2'],
    };
    const [first, second, ...others] = rows;
    const lines = [
      header,
      first!,
      ...bad.training,
      second!,
      ...bad.between,
      ...others.slice(0, 4),
      ...bad.test,
    ];
    const { skipped, skippedBySplit } = await readFerCsv(write(lines));
    expect(skipped).toHaveLength(6);
    expect(skippedBySplit).toEqual({ train: 3, validation: 0, test: 2 });
  });

  it('takes 7 for contempt, as CK+ and FER+ have it', async () => {
    const more = [`7,${pixels(8)},Training`, `7,${pixels(9)},PublicTest`];
    const { classes, train } = await readDataset(write([header, ...rows, ...more]));
    expect(classes).toEqual(['angry', 'contempt', 'neutral']);
    expect(train.samples.map(({ label }) => label)).toEqual([0, 0, 1, 2]);
  });

  it('takes words for emotions and for splits', async () => {
    const lines = ['Anger', 'happiness', ' Sad ', '"contempt"'].flatMap((name, i) =>
      ['train', 'Val', 'TEST'].map((usage) => `${name},${pixels(i)},${usage}`),
    );
    const { classes, train, validation, others } = await readDataset(write([header, ...lines]));
    expect(classes).toEqual(['angry', 'contempt', 'happy', 'sad']);
    expect([train, validation, ...others].map(({ samples }) => samples.length)).toEqual([4, 4, 4]);
  });

  it.each([['8'], ['boredom']])('refuses to leave out a whole class, %s', async (emotion) => {
    const more = Array.from({ length: 3 }, (_, i) => `${emotion},${pixels(i)},Training`);
    const refused = readDataset(write([header, ...rows, ...more]));
    await expect(refused).rejects.toMatchObject({ kind: 'data' });
    await expect(refused).rejects.toThrow(
      `found "${emotion}" in 3 rows (the first in line 9), a class that would`,
    );
  });

  it('counts damaged rows of the two splits as lost images', async () => {
    const bad = ['x', 'y'].flatMap((e) => [`${e},${pixels(1)},Training`, `${e},${pixels(1)},PrivateTest`]);
    const { lost, skipped } = await readDataset(write([header, ...rows, ...bad]));
    expect([lost.length, skipped.length]).toEqual([2, 4]);
    await expect(readDataset(join(root, 'fer2013.csv'), { strict: true })).rejects.toThrow(/--strict/);
  });

  it('reads quoted fields with commas and line ends', async () => {
    const lines = ['name,emotion,pixels,Usage'];
    for (const usage of ['Training', 'PublicTest']) {
      for (const emotion of [0, 6]) {
        const values = pixels(emotion).split(' ');
        lines.push(
          `"Doe, ""J.""",${emotion},"${values.slice(0, 8).join(' ')}`,
          `${values.slice(8).join(',')}",${usage}`,
        );
      }
    }
    const { train, validation, skipped } = await readDataset(write(lines));
    expect(skipped).toEqual([]);
    expect(train.samples.map(({ file }) => file)).toEqual(['fer2013.csv:2', 'fer2013.csv:4']);
    for (const { source, label } of [...train.samples, ...validation.samples]) {
      expect([...(await decodeGray(source)).data].join(' ')).toBe(pixels(label * 6));
    }
  });

  it('loses no other row to a quote that is never closed, or late', async () => {
    const open = `0,"${pixels(1)},Training`;
    const dataset = await readDataset(write([header, open, ...rows, open, ...rows]));
    const places = [dataset.train, dataset.validation].map(({ samples }) => samples.length);
    const read = dataset.skipped.length + places[0]! + places[1]! + dataset.others[0]!.samples.length;
    expect(read).toBe(2 + 2 * rows.length);
    expect(places[1]).toBe(4);
  });

  it.each([
    ['text in UTF-16: save it as UTF-8', Buffer.from(`\ufeff${header}\n6,1 2 3 4,Training\n`, 'utf16le')],
    ['text in UTF-16: save it as UTF-8', Buffer.from(`${header}\n6,1 2 3 4,Training\n`, 'utf16le')],
    ['text in UTF-16: save it as UTF-8', Buffer.from(`\ufeff${header}\n`, 'utf16le').swap16()],
    ['a zip archive: unpack it', Buffer.from('PK\x03\x04 and more of it, so that there is a line')],
    ['gzip data: unpack it', Buffer.from('\x1f\x8b\x08 and more', 'latin1')],
  ])('names what is no CSV file in UTF-8: %s', async (found, bytes) => {
    const path = join(root, 'export.csv');
    writeFileSync(path, bytes);
    const refused = readDataset(path);
    await expect(refused).rejects.toMatchObject({ kind: 'data' });
    await expect(refused).rejects.toThrow(found);
  });

  it.each([
    ['an empty file', ''],
    ['carriage returns alone', [header, ...rows].join('\r')],
    ['carriage returns alone', [header, ...rows].join('\r').concat('\n')],
    [
      '1 to 7 and no 0',
      [header, ...[1, 2, 3, 4, 5, 6, 7].map((i) => `${i},${pixels(i)},Training`)].join('\n'),
    ],
  ])('refuses what would be read wrongly or as nothing: %s', async (found, text) => {
    const path = join(root, 'odd.csv');
    writeFileSync(path, text);
    const refused = readDataset(path, { validationSplit: 0.5 });
    await expect(refused).rejects.toMatchObject({ kind: 'data' });
    await expect(refused).rejects.toThrow(found);
  });

  it('finds every row wherever the blocks of reading end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 2, maxLength: 12 }),
        async (lengths) => {
          const lines = lengths.map((length, i) => `${i % 7},${'7 '.repeat(length)},Training`);
          const { splits } = await readFerCsv(write([header, ...lines], 'long.csv'));
          const found = splits.train.map(({ file, source }) => {
            if (source.kind !== 'row') throw new Error('expected rows');
            return [Number(file.split(':')[1]) - 2, source.length] as const;
          });
          found.sort((a, b) => a[0] - b[0]);
          expect(found).toEqual(lines.map((line, i) => [i, line.length]));
        },
      ),
      { numRuns: 20 },
    );
  });
});

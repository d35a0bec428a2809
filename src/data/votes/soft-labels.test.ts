import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFerCsv } from '../dataset/fer-csv.js';
import type { Dataset, Sample } from '../dataset/types.js';
import { readSoftLabels, type SoftLabelOptions } from './soft-labels.js';

const classes = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];
const header = 'image,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,not_face';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-votes-'));
  file = join(folder, 'votes.csv');
});
afterEach(() => rm(folder, { recursive: true }));

function sampleOf(name: string): Sample {
  const label = classes.indexOf(name.split('/')[1]!);
  return { file: name, label, source: { kind: 'file', path: `/faces/${name}` } };
}

function datasetOf(train: string[], validation: string[] = ['validation/happy/0.jpg']): Dataset {
  return {
    path: '/faces',
    classes,
    train: { name: 'train', samples: train.map(sampleOf) },
    validation: { name: 'validation', samples: validation.map(sampleOf) },
    others: [],
    skipped: [{ file: 'train/sad/broken.jpg', reason: 'no image', kind: 'image' }],
    lost: [],
  };
}

const dataset = datasetOf(['train/happy/1.jpg', 'train/sad/2.jpg', 'train/sad/3.jpg']);

async function read(lines: string[], of: Dataset = dataset, options: SoftLabelOptions = {}) {
  await writeFile(file, `${lines.join('\n')}\n`);
  return readSoftLabels(file, of, options);
}

const shown = (shares: Float32Array | null | undefined) =>
  shares &&
  Object.fromEntries(classes.map((name, k) => [name, shares[k]]).filter(([, share]) => share !== 0));

describe('readSoftLabels', () => {
  it("maps FER+'s columns to the dataset's classes and drops what it lacks", async () => {
    const labels = await read([
      header,
      'train/happy/1.jpg,2,6,0,0,0,0,0,2,0,0',
      'train/sad/2.jpg,0,0,2,2,2,0,2,0,2,0',
    ]);
    expect(labels.kind).toBe('FER+ votes');
    expect(shown(labels.shares.get('train/happy/1.jpg'))).toEqual({ happy: 0.75, neutral: 0.25 });
    expect(shown(labels.shares.get('train/sad/2.jpg'))).toEqual({
      angry: 0.25,
      fear: 0.25,
      sad: 0.25,
      surprise: 0.25,
    });
    expect(labels.shares.has('train/sad/3.jpg')).toBe(false);
    expect(labels.warnings).toEqual([]);
  });

  it('takes single votes for outliers by default', async () => {
    const lines = [header, 'train/happy/1.jpg,1,8,0,0,1,0,0,0,0,0'];
    expect(shown((await read(lines)).shares.get('train/happy/1.jpg'))).toEqual({ happy: 1 });
    const all = await read(lines, dataset, { minVotes: 0 });
    expect(shown(all.shares.get('train/happy/1.jpg'))).toEqual({
      angry: expect.closeTo(0.1),
      happy: expect.closeTo(0.8),
      neutral: expect.closeTo(0.1),
    });
  });

  it('decides nothing where no more than half of the votes are for classes of the dataset', async () => {
    const labels = await read([
      header,
      'train/happy/1.jpg,0,5,0,0,0,0,0,0,5,0', // half
      'train/sad/2.jpg,0,0,0,3,0,0,0,3,2,2', // contempt, unknown and no face together
      'train/sad/3.jpg,0,0,0,6,0,0,0,0,4,0',
    ]);
    expect(labels.shares.get('train/happy/1.jpg')).toBeNull();
    expect(labels.shares.get('train/sad/2.jpg')).toBeNull();
    expect(shown(labels.shares.get('train/sad/3.jpg'))).toEqual({ sad: 1 });
  });

  it('knows classes by their own names, in any order and case', async () => {
    const own: Dataset = {
      ...datasetOf([]),
      classes: ['Bored', 'Happy'],
      train: { name: 'train', samples: [{ ...sampleOf('a/x.png'), label: 0 }] },
    };
    const labels = await read(['HAPPY,image,bored', '2,./a\\x.png,6'], own);
    expect([...labels.shares.get('a/x.png')!]).toEqual([0.75, 0.25]);
    expect(labels.kind).toBe('votes');
  });

  it('has a fingerprint of the bytes of the file', async () => {
    const lines = [header, 'train/happy/1.jpg,0,10,0,0,0,0,0,0,0,0'];
    const [first, again] = [await read(lines), await read(lines)];
    expect(again.fingerprint).toBe(first.fingerprint);
    expect((await read([...lines, 'train/sad/2.jpg,0,0,0,9,1,0,0,0,0,0'])).fingerprint).not.toBe(
      first.fingerprint,
    );
  });

  it('names rows of images that the dataset lacks, and goes on without them', async () => {
    const vote = ',0,10,0,0,0,0,0,0,0,0';
    const labels = await read([
      header,
      `train/happy/1.jpg${vote}`,
      `validation/happy/0.jpg${vote}`,
      `train/sad/broken.jpg${vote}`,
      `train/hapy/9.jpg${vote}`,
      `train/hapy/8.jpg${vote}`,
    ]);
    expect(labels.warnings).toEqual([
      expect.stringMatching(
        /^votes\.csv:5: expected the path of an image of \/faces, found "train\/hapy\/9.jpg".* 1 more/,
      ),
    ]);
  });

  const row = 'train/happy/1.jpg,0,10,0,0,0,0,0,0,0,0';
  it.each<[string, string[], RegExp]>([
    [
      'without a column image',
      ['path,happy', 'a,1'],
      /votes\.csv:1: expected a column image, .* found the columns path, happy\. Give/,
    ],
    ['that is empty', [''], /votes\.csv:1: expected a column image.* found an empty file/],
    [
      'without a class',
      [header.replace(',sadness', '')],
      /:1: expected a column of votes for every class .* none called sadness or sad\./,
    ],
    [
      'with a strange column',
      [`${header},age`, `${row},4`],
      /:1: expected columns of votes .* found age\. Rename or remove/,
    ],
    [
      'with two columns of one class',
      [`${header},happy`, `${row},0`],
      /:1: expected one column of votes for the class happy, found happiness, happy\./,
    ],
    [
      'with a column twice',
      [`${header},fear`, `${row},0`],
      /:1: expected every column once, found fear twice/,
    ],
    [
      'with negative votes',
      [header, row, 'train/sad/2.jpg,0,0,0,-3,0,0,0,0,0,0'],
      /:3: column sadness: expected a number of votes, 0 or more, found "-3"\. Correct the line/,
    ],
    [
      'with votes that are no numbers',
      [header, 'train/sad/2.jpg,0,0,0,many,0,0,0,0,0,0'],
      /:2: column sadness: .* found "many"/,
    ],
    [
      'with a row that is too short',
      [header, row, 'train/sad/2.jpg,0,0'],
      /:3: expected 11 fields as the header has, found 3/,
    ],
    [
      'with an image twice',
      [header, row, '', row],
      /:4: expected one line per image, found "train\/happy\/1.jpg" on line 2 too/,
    ],
    [
      'for another dataset',
      [header, row.replace('train/', '')],
      /expected votes for training images of \/faces, such as "train\/happy\/1.jpg"; found none; the first of its 1 rows is for "happy\/1.jpg" \(line 2\)/,
    ],
    ['without rows', [header], /expected votes for training images.* found no rows/],
    [
      'that decides nothing',
      [header, 'train/happy/1.jpg,0,0.9,0,0,0.1,0,0,0,0,0'],
      /with at least 2 votes; found none among 1\. .* shares instead of votes/,
    ],
    [
      'that is no CSV',
      [header, 'train/"happy/1.jpg,0'],
      /votes\.csv: expected a CSV file of votes, found: .*line/i,
    ],
  ])('refuses a file %s', async (_, lines, message) => {
    await expect(read(lines)).rejects.toThrow(message);
    await expect(read(lines)).rejects.toMatchObject({ kind: 'data' });
  });

  it.each<[string, Buffer, RegExp]>([
    ['UTF-16', Buffer.from(`\ufeff${header}\n`, 'utf16le'), /found text in UTF-16: save it as UTF-8/],
    ['tabs', Buffer.from(header.replaceAll(',', '\t')), /found text with tabs between the fields/],
  ])('says what is there instead of a table: %s', async (_, bytes, message) => {
    await writeFile(file, bytes);
    await expect(readSoftLabels(file, dataset)).rejects.toThrow(message);
  });

  it('refuses a file that is missing', async () => {
    await expect(readSoftLabels(join(folder, 'none.csv'), dataset)).rejects.toThrow(
      /none\.csv: expected a CSV file of votes, found no such file\. Give a CSV file/,
    );
  });
});

describe("readSoftLabels with FER+'s own file", () => {
  const ferPlus =
    'Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF';
  const rows = [
    'Training,fer0000000.png,0,10,0,0,0,0,0,0,0,0',
    'Training,,0,0,0,0,0,0,0,0,0,10', // no face: its name is left out
    'Training,fer0000001.png,0,0,0,8,2,0,0,0,0,0',
    'Training,fer0000002.png,6,0,0,4,0,0,0,0,0,0',
    'PublicTest,fer0000003.png,0,0,0,0,0,0,10,0,0,0',
  ];

  /** A file like fer2013.csv with 1x1 images: its second and third rows are of other classes, one is broken. */
  async function ferDataset(usage = true): Promise<Dataset> {
    const path = join(folder, 'fer2013.csv');
    const emotions = [3, 4, 9, 6, 2].map(
      (emotion, i) => `${emotion},7${usage ? `,${i < 4 ? 'Training' : 'PublicTest'}` : ''}`,
    );
    await writeFile(path, [`emotion,pixels${usage ? ',Usage' : ''}`, ...emotions, ''].join('\n'));
    const csv = await readFerCsv(path);
    const own = { ...csv.splits };
    const all = [...own.train].sort((a, b) => a.label - b.label);
    return {
      path,
      classes,
      train: { name: 'train', samples: usage ? own.train : all.slice(1) },
      validation: { name: 'validation', samples: usage ? own.validation : all.slice(0, 1) },
      others: [],
      skipped: csv.skipped,
      lost: csv.skipped,
    };
  }

  it('follows the rows of fer2013.csv, those that can not be used included', async () => {
    const labels = await read([ferPlus, ...rows], await ferDataset());
    expect(labels.kind).toBe('FER+ votes');
    expect(shown(labels.shares.get('fer2013.csv:2'))).toEqual({ happy: 1 });
    expect(labels.shares.get('fer2013.csv:3')).toBeNull();
    expect(shown(labels.shares.get('fer2013.csv:5'))).toEqual({
      neutral: expect.closeTo(0.6),
      sad: expect.closeTo(0.4),
    });
    expect(shown(labels.shares.get('fer2013.csv:6'))).toEqual({ fear: 1 });
  });

  it('refuses another number or order of rows', async () => {
    const of = await ferDataset();
    await expect(read([ferPlus, ...rows.slice(1)], of)).rejects.toThrow(
      /expected as many rows as .*fer2013\.csv has, 5, .* found 4/,
    );
    await expect(read([ferPlus, ...rows.slice(1), rows[0]!], of)).rejects.toThrow(
      /votes\.csv:5: expected the Usage of fer2013\.csv:5, which is in train; found "PublicTest"/,
    );
  });

  it('goes by the order alone where validation images were taken out of training', async () => {
    const of = await ferDataset(false);
    const labels = await read([ferPlus, ...rows], of, { divided: true });
    expect(shown(labels.shares.get('fer2013.csv:6'))).toEqual({ fear: 1 });
  });

  it('is refused for folders of images, which have no order of rows', async () => {
    await expect(read([ferPlus, ...rows])).rejects.toThrow(
      /:1: expected a column image with paths below \/faces, such as "train\/happy\/1.jpg"; found FER\+'s own form.* train on fer2013\.csv itself/,
    );
  });
});

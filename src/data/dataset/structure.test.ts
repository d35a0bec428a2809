// Folders that aren't what they are taken for at first sight: splits under other names, people, deeper datasets, names
// that look alike, what operating systems leave behind, and folders that hold something else.

import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure, touchIn } from '../../../test/data/empty-files.js';
import { readAuditDataset } from '../../copies/open.js';
import { readEvaluationSplit } from './evaluation-split.js';
import { readDataset } from './reader.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-structure-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const touch = (...names: string[]): void => touchIn(root, names);
/** Two images of each class in each folder. */
const classesIn = (folders: readonly string[], ...classes: string[]) =>
  touch(
    ...folders.flatMap((folder) =>
      classes.flatMap((name) => [1, 2].map((i) => `${folder}/${name}/${i}.jpg`)),
    ),
  );

const split = { validationSplit: 0.5 };

describe('splits under other names', () => {
  it.each([
    ['new_train', 'new_validation'],
    ['Train_set', 'my-test'],
    ['trainData', 'evalData'],
    ['fer.training', 'fer.val'],
  ])('%s and %s are named as splits, with the options that read them', async (train, heldOut) => {
    classesIn([train, heldOut], 'happy', 'sad');
    for (const options of [{}, split]) {
      const refused = await failure(readDataset(root, options));
      expect(refused.kind).toBe('data');
      expect(refused.message).toContain(`--train ${join(root, train)} --validation ${join(root, heldOut)}`);
      expect(refused.message).not.toContain('--validation-split');
    }
    const read = await readDataset(undefined, { train: join(root, train), validation: join(root, heldOut) });
    expect(read.classes).toEqual(['happy', 'sad']);
    await failure(readEvaluationSplit(root));
    await failure(readAuditDataset(root));
    expect((await failure(readDataset(undefined, { train: root, ...split }))).message).toMatch(
      /look like splits/,
    );
  });

  it('beside train/ are named too', async () => {
    classesIn(['train', 'new_validation'], 'happy', 'sad');
    expect((await failure(readDataset(root))).message).toContain(
      `--train ${join(root, 'train')} --validation ${join(root, 'new_validation')}`,
    );
  });

  it('that are named exactly are splits even where somebody names the folder above as classes', async () => {
    classesIn(['train', 'validation'], 'happy', 'sad');
    expect((await failure(readDataset(undefined, { train: root, ...split }))).message).toMatch(
      /look like splits/,
    );
  });
});

describe('classes of a dataset', () => {
  it('are not a class beside themselves', async () => {
    for (const [a, b] of [
      ['happy', 'sad'],
      ['left', 'right'],
    ] as const) {
      classesIn([`${a}-${b}`, `${a}-${b}/more`], a, b);
      const refused = await failure(readDataset(join(root, `${a}-${b}`), split));
      expect(refused.kind).toBe('data');
      expect(refused.message).toMatch(new RegExp(`found more/.*the folders ${a}, ${b}`));
    }
  });

  it('with splits in them are no datasets', async () => {
    classesIn(['happy', 'sad'], 'train', 'val');
    for (const options of [{}, split]) {
      const refused = await failure(readDataset(root, options));
      expect(refused.message).toContain('Put the splits outside: train/happy');
      expect(refused.message).not.toMatch(/path of one/);
    }
  });
});

describe("people's folders", () => {
  it('inside of classes are read', async () => {
    touch('happy/alice/1.jpg', 'happy/bob/1.jpg', 'sad/alice/1.jpg', 'sad/bob/1.jpg');
    expect((await readDataset(root, split)).classes).toEqual(['happy', 'sad']);
  });

  it.each([[''], ['train/']])('outside of them are refused (in "%s")', async (prefix) => {
    classesIn([`${prefix}alice`, `${prefix}bob`], 'happy', 'sad');
    if (prefix) classesIn(['validation/alice', 'validation/bob'], 'happy', 'sad');
    const refused = await failure(readDataset(root, prefix ? {} : split));
    expect(refused.message).toMatch(/one folder for each person/);
    expect(refused.message).toContain('happy/alice/');
    expect((await failure(readAuditDataset(root))).message).toMatch(/for each person/);
  });

  it('are recognised where each has other expressions', async () => {
    classesIn(['alice'], 'happy', 'sad');
    classesIn(['bob'], 'angry', 'neutral');
    expect((await failure(readDataset(root, split))).message).toMatch(/for each person/);
  });

  it('of unknown words are asked about, and read as classes where a person says so', async () => {
    classesIn(['left', 'right'], 'p1', 'p2');
    const refused = await failure(readDataset(root, split));
    expect(refused.message).toContain(`--train ${root} --validation-split`);
    expect((await readDataset(undefined, { train: root, ...split })).classes).toEqual(['left', 'right']);
  });

  it('that differ from class to class leave classes of any words', async () => {
    touch('left/p1/1.jpg', 'left/p2/1.jpg', 'right/p3/1.jpg', 'right/p4/1.jpg');
    expect((await readDataset(root, split)).classes).toEqual(['left', 'right']);
  });
});

describe('depth', () => {
  it('of a dataset is found by itself', async () => {
    classesIn(['a/b/c/train', 'a/b/c/test'], 'happy', 'sad');
    const { train, validation } = await readDataset(root);
    expect([train.name, validation.name, train.samples[0]!.file]).toEqual([
      'train',
      'test',
      'train/happy/1.jpg',
    ]);
    classesIn(['a/b/other/train'], 'happy', 'sad');
    expect((await failure(readDataset(root))).message).toMatch(/expected one dataset; found 2/);
  });

  it('of a single folder of classes is advised', async () => {
    classesIn(['faces'], 'left', 'right');
    expect((await failure(readDataset(root, split))).message).toContain(
      `${join(root, 'faces')} holds no images but the folders left, right: if these are the classes, give that path.`,
    );
  });

  it('of classes is said at once, however deep, by every reader', async () => {
    classesIn(['x/y/z'], 'happy', 'sad');
    const remedy = /found one folder, x\/, with the classes happy, sad further down\. Give .*x\/y\/z\.$/;
    for (const options of [{}, split])
      expect((await failure(readDataset(root, options))).message).toMatch(remedy);
    expect((await failure(readEvaluationSplit(root, { classes: ['happy', 'sad'] }))).message).toMatch(remedy);
    expect((await failure(readAuditDataset(root))).message).toMatch(remedy);
  });

  it('of classes of any words is advised in full where there is nothing else', async () => {
    classesIn(['x/y/z'], 'cats', 'dogs');
    const advice =
      /found one, x\. .*x\/y\/z holds no images but the folders cats, dogs: if these are the classes/;
    expect((await failure(readDataset(root, split))).message).toMatch(advice);
  });

  it('does not make classes of the people in a class', async () => {
    classesIn(['happy'], 'alice', 'bob');
    expect((await readAuditDataset(root)).classes).toEqual(['happy']);
  });

  it('does not lead to an empty train/ before the dataset', async () => {
    mkdirSync(join(root, 'train'));
    classesIn(['data/train', 'data/validation'], 'happy', 'sad');
    expect((await readDataset(root)).train.samples).toHaveLength(4);
  });
});

describe('what lies beside splits', () => {
  it('is listed where it is an image', async () => {
    classesIn(['train', 'validation'], 'happy', 'sad');
    touch('b.jpg', 'a.png', 'notes.txt');
    for (const { skipped } of [await readDataset(root), await readAuditDataset(root)]) {
      expect(skipped).toEqual(
        ['a.png', 'b.jpg'].map((file) => ({
          file,
          reason: 'expected images in class folders of train/ or validation/; found one beside them',
          kind: 'image',
        })),
      );
    }
    // They are of neither split, so they don't count as images that a split has lost.
    expect((await readDataset(root)).lost).toEqual([]);
    expect((await failure(readDataset(root, { strict: true }))).message).toMatch(/found 2 that can't/);
  });

  it('is named where it is the split that is missing, in another folder', async () => {
    classesIn(['a/train', 'b/test'], 'happy', 'sad');
    expect((await failure(readDataset(root))).message).toMatch(
      /found train\/ alone \(and .*b\/test\)\. Give --train .*a\/train --validation .*b\/test, or move that folder beside train\/\.$/,
    );
    expect((await readDataset(root, split)).skipped).toEqual([
      {
        file: 'b/test',
        reason: 'expected it beside train/; found it in another folder, which is not read',
        kind: 'folder',
      },
    ]);
    const classes = ['happy', 'sad'];
    expect((await failure(readEvaluationSplit(root, { classes }))).message).toMatch(
      /found train alone\. Give .*b\/test, or say --split/,
    );
  });
});

describe('what others leave behind', () => {
  const junk = ['__MACOSX', '@eaDir', '$RECYCLE.BIN', '.ipynb_checkpoints', 'System Volume Information'];
  it.each(junk)('%s is neither dataset nor class', async (name) => {
    classesIn(['train', 'validation'], 'happy', 'sad');
    const before = await readDataset(root);
    classesIn([name, `${name}/train`, `train/${name}`, `validation/happy/${name}`], 'happy', 'sad');
    touch(
      'Thumbs.db',
      'train/desktop.ini',
      'train/happy/Thumbs.db',
      'train/sad/.DS_Store',
      'train/sad/._1.jpg',
    );
    expect(await readDataset(root, { strict: true })).toEqual(before);
  });

  it('notes beside and in class folders are no images', async () => {
    classesIn(['.'], 'happy', 'sad');
    touch('README.md', 'labels.csv', 'notes/about.txt', 'happy/README');
    const { classes, lost } = await readDataset(root, { ...split, strict: true });
    expect([classes, lost]).toEqual([['happy', 'sad'], []]);
  });
});

describe('lost images', () => {
  it('are those of formats that are not read, under any name', async () => {
    classesIn(['train', 'validation'], 'happy', 'sad');
    touch('train/happy/a.heic', 'train/happy/b.PGM', 'train/c.jpg', 'train/happy/notes.txt');
    const png = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
    writeFileSync(join(root, 'train/sad/face'), png);
    writeFileSync(join(root, 'train/sad/face.jpg.part'), png);
    const { lost } = await readDataset(root);
    expect(lost.map(({ file }) => file)).toEqual([
      'train/c.jpg',
      'train/happy/a.heic',
      'train/happy/b.PGM',
      'train/sad/face',
      'train/sad/face.jpg.part',
    ]);
    expect(lost[1]!.reason).toMatch(
      /found .heic \(HEIC, as iPhones take it\), which is not read: export it as JPEG/,
    );
    expect(lost[3]!.reason).toMatch(/holds PNG: rename it/);
  });

  it.each(['jfif', 'jpe', 'bmp', 'JFIF', 'Bmp'])('are not those called .%s', async (extension) => {
    touch(...['train', 'val'].flatMap((name) => ['a', 'b'].map((c) => `${name}/${c}/1.${extension}`)));
    expect((await readDataset(root, { strict: true })).train.samples).toHaveLength(2);
  });

  it('are named where nothing else is left', async () => {
    touch('train/happy/1.heic', 'train/happy/2.heic', 'train/sad/1.jpg', 'val/happy/1.jpg', 'val/sad/1.jpg');
    const refused = await failure(readDataset(root));
    expect(refused.message).toMatch(/no images of happy in train/);
    expect(refused.message).toMatch(/2 files were passed over:\n {2}train\/happy\/1.heic and 1 more: .*HEIC/);
    rmSync(join(root, 'val'), { recursive: true });
    expect((await failure(readEvaluationSplit(join(root, 'train', 'happy')))).message).toMatch(
      /found no images/,
    );
  });
});

describe('names', () => {
  it('of composed and decomposed letters are the same class', async () => {
    const name = 'fröhlich';
    classesIn(['train'], name.normalize('NFC'), 'traurig');
    classesIn(['validation'], name.normalize('NFD'), 'traurig');
    const { classes, validation } = await readDataset(root);
    expect(classes).toEqual([name.normalize('NFC'), 'traurig']);
    expect(validation.samples.map(({ label }) => label)).toEqual([0, 0, 1, 1]);
    const read = await readEvaluationSplit(root, { classes });
    expect(read.split.samples).toHaveLength(4);
    classesIn(['train'], name.normalize('NFD'));
    expect((await failure(readDataset(root))).message).toMatch(/two whose names look the same.*Merge them/);
  });

  it.each([
    ['happy ', /"happy " in train.*\("happy " and happy differ in blanks or invisible characters: rename/],
    ['happy\u200b', /"happy\\u200b" in train.*differ in blanks or invisible/],
    ['Happy', /no images of happy in train|no images of Happy in train/],
  ])('that differ in little are shown so (%j)', async (name, shown) => {
    classesIn(['train'], 'happy', 'sad');
    classesIn(['validation'], name, 'sad');
    const { message } = await failure(readDataset(root));
    expect(message).toMatch(/no images of/);
    expect(message).toMatch(shown);
    expect(message).toMatch(/differ in/);
  });

  it.skipIf(process.platform !== 'linux')('that are not UTF-8 are to be renamed', async () => {
    classesIn(['train', 'validation'], 'sad', 'angry', 'x');
    for (const name of ['train', 'validation']) {
      const bytes = Buffer.concat([
        Buffer.from(`${root}/${name}/fr`),
        Buffer.from([0xf6]),
        Buffer.from('hlich'),
      ]);
      renameSync(join(root, name, 'x'), bytes);
    }
    const refused = await failure(readDataset(root));
    expect([refused.exitCode, refused.message]).toEqual([3, expect.stringMatching(/not UTF-8: rename it/)]);
    for (const name of ['train', 'validation']) {
      const folder = readdirSync(join(root, name), { encoding: 'buffer' }).find((entry) =>
        entry.includes(0xf6),
      )!;
      rmSync(Buffer.concat([Buffer.from(`${root}/${name}/`), folder]), { recursive: true });
    }
    writeFileSync(
      Buffer.concat([Buffer.from(`${root}/train/sad/`), Buffer.from([0xff]), Buffer.from('.jpg')]),
      '',
    );
    const { lost } = await readDataset(root);
    expect(lost).toEqual([{ file: 'train/sad/\ufffd.jpg', reason: 'its name is not UTF-8: rename it' }]);
  });
});

describe('folders that hold no dataset', () => {
  it.each([
    ['nothing', [], /The folder is empty/],
    [
      'flat images',
      ['1.jpg', '2.png', '3.heic'],
      /holds 2 images \(1.jpg, ...\), 1 image of a format.*one folder per class/,
    ],
    ['a CSV file of another name', ['ck.csv'], /1 CSV file \(ck.csv\).*give the path of a CSV file/],
    ['an archive', ['faces.zip'], /1 archive \(faces.zip\).*unpack faces.zip/],
    ['folders without images', ['a/x.txt', 'b/y.txt'], /2 folders without images/],
  ])('%s: says so before it asks for a split', async (_, names, found) => {
    touch(...names);
    for (const options of [{}, split]) {
      const { message, kind } = await failure(readDataset(root, options));
      expect(kind).toBe('data');
      expect(message).toMatch(found);
      expect(message).toMatch(/found no images in class folders/);
    }
    expect((await failure(readEvaluationSplit(root))).message).toMatch(found);
  });

  it('files are named by what they are', async () => {
    const tar = Buffer.alloc(600);
    tar.write('ustar', 257);
    writeFileSync(join(root, 'faces.tar'), tar);
    expect((await failure(readDataset(join(root, 'faces.tar')))).message).toMatch(
      /found a tar archive: unpack it/,
    );
  });
});

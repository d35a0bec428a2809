// Whatever lies in a folder: every image ends as read or as listed with a reason, no class is made of anything but images,
// and what can't be read is refused with an error of the right kind.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { readAuditDataset } from '../../copies/open.js';
import { decodeGray } from '../../decode/decode.js';
import { DecodeError } from '../../decode/decode-error.js';
import { FerlabError } from '../../errors.js';
import { isLeftOut } from '../../files/walk-images.js';
import { readEvaluationSplit } from './evaluation-split.js';
import { readDataset } from './reader.js';
import type { BadFile, Sample } from './types.js';

const top = mkdtempSync(join(tmpdir(), 'ferlab-reading-'));
afterAll(() => rmSync(top, { recursive: true }));

const image = sharp(Uint8Array.of(1, 90, 200, 250), { raw: { width: 2, height: 2, channels: 1 } });
const png = await image.clone().png().toBuffer();
const jpeg = await image.clone().jpeg().toBuffer();
const contents: Record<string, Buffer> = {
  png,
  jpeg,
  truncated: png.subarray(0, 40),
  empty: Buffer.alloc(0),
  text: Buffer.from('notes'),
  heic: Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1'),
  svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
};
const own = '{\n "version": "0.1.0",\n "command": "ferlab train .",\n "config": {';

/** Names of folders: splits, classes, people, other programs' and ferlab's, and any text. */
const folderName = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('train', 'validation', 'test', 'Val', 'new_train', 'my-test') },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'happy',
      'sad',
      'Happy',
      'angry',
      'contempt',
      'happy ',
      'fröhlich',
      'fro\u0308hlich',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('alice', 'bob', 'p1', '__MACOSX', '.hidden', '@eaDir', 'runs', 'a.b', ' x'),
  },
  {
    weight: 1,
    arbitrary: fc
      .string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
      .filter(
        (name) => !/[/\\\0]/.test(name) && name !== '.' && name !== '..' && !/\p{Surrogate}/u.test(name),
      ),
  },
);
const fileName = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom('1.jpg', '2.PNG', '3.jfif', '4.bmp', '5.jpeg', 'ä ö.png', 'x.y.tif'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'face',
      'a.heic',
      'b.svg',
      'c.pgm',
      'README',
      'Thumbs.db',
      '._1.jpg',
      'labels.csv',
      'notes.txt',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('config.json', 'report.json', 'photo.jpg.part', '.jpg', 'jpg', '6.jpg '),
  },
);
const entry = fc.record({
  /** Which of the skeleton's folders it lies in. */
  inside: fc.nat({ max: 23 }),
  folders: fc.oneof(
    { weight: 3, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: fc.array(folderName, { maxLength: 3 }) },
  ),
  name: fileName,
  content: fc.constantFrom(...Object.keys(contents), 'png', 'jpeg', 'png'),
  link: fc.constantFrom(...Array<null>(24).fill(null), '..', '.', 'nowhere', '../..'),
});
/** Most lie in folders of the dataset; a few anywhere, after which many a dataset is none any more. */
const entries = fc
  .tuple(fc.array(entry, { maxLength: 12 }), fc.oneof(fc.constant([]), fc.array(entry, { maxLength: 3 })))
  .map(([inside, outside]) => [...inside, ...outside.map((other) => ({ ...other, inside: null }))]);

/** A whole dataset, which what is drawn beside falls upon. */
const skeleton = fc.constantFrom(
  [],
  ['train/happy', 'train/sad', 'validation/happy', 'validation/sad'],
  ['data/archive/train/happy', 'data/archive/train/sad', 'data/archive/val/happy', 'data/archive/val/sad'],
  ['happy', 'sad', 'angry'],
  ['happy/alice', 'happy/bob', 'sad/alice', 'sad/bob'],
  ['alice/happy', 'alice/sad', 'bob/happy', 'bob/sad'],
  ['new_train/happy', 'new_train/sad', 'new_val/happy', 'new_val/sad'],
);

/** Folders with ferlab's mark. */
const marked = new Set<string>();

interface Written {
  /** Absolute paths of regular files with an image in them, outside of everything that is left out. */
  images: Set<string>;
}

interface Entry {
  inside: number | null;
  folders: string[];
  name: string;
  content: string;
  link: string | null;
}

function write(root: string, folders: readonly string[], entries: readonly Entry[]): Written {
  const images = new Set<string>();
  mkdirSync(root, { recursive: true });
  const put = (path: string, content: string) => {
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, path.endsWith('.json') ? own : contents[content]!);
      if (path.endsWith('.json')) marked.add(dirname(path));
      else if (['png', 'jpeg'].includes(content)) images.add(path);
      else images.delete(path);
    } catch {
      // a folder where the file should be, or the other way round: not written
    }
  };
  for (const folder of folders) for (const name of ['1.jpg', '2.jpg']) put(join(root, folder, name), 'jpeg');
  for (const { inside, folders: below, name, content, link } of entries) {
    const path = [(inside === null ? undefined : folders[inside % folders.length]) ?? '.', ...below];
    if (link === null) put(join(root, ...path, name), content);
    else {
      try {
        mkdirSync(join(root, ...path), { recursive: true });
        symlinkSync(link, join(root, ...path, `${name}-link`));
      } catch {
        // as above
      }
    }
  }
  return { images };
}

const readers = {
  train: (root: string) => readDataset(root),
  'train, split': (root: string) => readDataset(root, { validationSplit: 0.4 }),
  'train, named': (root: string) => readDataset(undefined, { train: root, validationSplit: 0.4 }),
  evaluate: (root: string) => readEvaluationSplit(root),
  audit: (root: string) => readAuditDataset(root),
};
type Reader = keyof typeof readers;
const reader = fc.constantFrom(...(Object.keys(readers) as Reader[]));

/** What a reader makes of a path, or its error. */
async function readBy(
  name: Reader,
  root: string,
): Promise<{ classes: string[]; samples: Sample[]; skipped: BadFile[] } | FerlabError> {
  try {
    const result = await readers[name](root);
    const splits =
      'train' in result
        ? [result.train, result.validation, ...result.others]
        : 'splits' in result
          ? result.splits
          : [result.split];
    const { classes, skipped } = result;
    return { classes, samples: splits.flatMap(({ samples }) => samples), skipped };
  } catch (error) {
    if (!(error instanceof FerlabError)) throw error;
    return error;
  }
}

/** Whether a path is below a folder that is left out: hidden, another program's, ferlab's. */
function isLeftOutBelow(root: string, path: string): boolean {
  return relative(root, path).split(sep).some(isLeftOut);
}

let round = 0;
const outcomes = { read: 0, refused: 0 };

/** Every sample is a file of an image's name, of a class that is there, and never ferlab's own or left out. */
function checkRead(
  name: Reader,
  root: string,
  { classes, samples, skipped }: { classes: string[]; samples: Sample[]; skipped: BadFile[] },
): void {
  const labels = new Set<number>();
  const paths = new Set<string>();
  for (const { source, label } of samples) {
    if (source.kind !== 'file') throw new Error('expected files');
    expect(source.path).toMatch(/\.(jpg|jpeg|jpe|jfif|png|webp|gif|tif|tiff|bmp)$/i);
    expect(isLeftOutBelow(root, source.path), source.path).toBe(false);
    expect(hasOwnMark(root, relative(root, source.path).split(sep)), source.path).toBe(false);
    expect(classes[label]).toBeDefined();
    labels.add(label);
    paths.add(source.path);
  }
  expect(paths.size).toBe(samples.length);
  if (name.startsWith('train')) expect(labels.size).toBe(classes.length); // no class without images
  for (const { reason } of skipped) expect(reason).toMatch(/\S/);
}

describe('reading', () => {
  it('accounts for every image of any folder', async () => {
    await fc.assert(
      fc.asyncProperty(reader, skeleton, entries, async (name, folders, drawn) => {
        const root = join(top, String(round++));
        const { images } = write(root, folders, drawn);
        const result = await readBy(name, root);
        if (result instanceof FerlabError) {
          expect(['data', 'usage'], name).toContain(result.kind);
          expect(result.message, name).toMatch(/expect[\s\S]*(found|differ)/);
          expect(result.message).not.toMatch(/undefined|\[object|NaN/);
          outcomes.refused++;
        } else {
          checkRead(name, root, result);
          if (name !== 'evaluate') accountFor(root, images, result);
          outcomes.read++;
        }
        rmSync(root, { recursive: true });
      }),
      { numRuns: 300, seed: 23 },
    );
    // Both happen often enough to mean something.
    expect(outcomes.read).toBeGreaterThan(60);
    expect(outcomes.refused).toBeGreaterThan(60);
  }, 60_000);

  it('and every sample decodes or has a reason', async () => {
    for (const [name, bytes] of Object.entries(contents)) {
      const path = join(top, `${name}.jpg`);
      writeFileSync(path, bytes);
      const result = await decodeGray({ kind: 'file', path }).catch((error: unknown) => error);
      expect(result instanceof DecodeError ? result.reason : 'read', name).toMatch(
        /^(read|expected .*found .*)$/,
      );
    }
  });
});

/** Images that are neither read nor listed lie where no reader looks: left out, ferlab's, or outside of the dataset. */
function accountFor(
  root: string,
  images: ReadonlySet<string>,
  { samples, skipped }: { samples: Sample[]; skipped: BadFile[] },
): void {
  const read = new Set(samples.map(({ source }) => (source.kind === 'file' ? source.path : '')));
  // Folders of splits, or of the classes: what lies below one of them that was read has to be accounted for.
  const readFolders = new Set([...read].map((path) => dirname(path)));
  for (const path of images) {
    const parts = relative(root, path).split(sep);
    if (read.has(path) || isLeftOutBelow(root, path) || hasOwnMark(root, parts)) continue;
    const isListed = skipped.some(({ file }) => `/${parts.join('/')}/`.includes(`/${file}/`));
    const isBelow = [...readFolders].some((folder) => path.startsWith(`${folder}${sep}`));
    if (!isListed && isBelow) throw new Error(`${path} is neither read nor listed`);
  }
}

/** Whether ferlab's mark lies in one of the folders that hold a file (the dataset's own folder excepted). */
function hasOwnMark(root: string, parts: readonly string[]): boolean {
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = join(root, ...parts.slice(0, depth));
    if (marked.has(folder)) return true;
  }
  return false;
}

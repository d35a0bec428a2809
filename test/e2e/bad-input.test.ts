// Bad input: a clear error with its exit code, no stack trace, and nothing lost.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTrainedRun, exists, expectRefusal, ferlab, temporaryFolder } from './program.js';
import { tiny } from './tiny.js';

let folder = '';
const cleaning: (() => Promise<void>)[] = [];
const model = 'run/best.onnx';
const inFolder = (...parts: string[]) => path.join(folder, ...parts);
const once = ['--epochs', '1', ...tiny];

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  copyTrainedRun(folder);
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

/** A copy of the good dataset, to be damaged. */
function damagedFaces(name: string, damage: (path: (...parts: string[]) => string) => void): string {
  cpSync(inFolder('faces'), inFolder(name), { recursive: true });
  damage((...parts) => inFolder(name, ...parts));
  return name;
}

describe('a dataset', () => {
  it.each<[string, () => string, (string | RegExp)[]]>([
    ['that is missing', () => 'nowhere', [/nowhere: expected a dataset/, /Check the path/]],
    [
      'that is empty',
      () => {
        mkdirSync(inFolder('empty'));
        return 'empty';
      },
      [/empty: expected/, /found no/],
    ],
    [
      'with one class',
      () => {
        cpSync(inFolder('faces/train/happy'), inFolder('one/train/happy'), { recursive: true });
        cpSync(inFolder('faces/validation/happy'), inFolder('one/validation/happy'), { recursive: true });
        return 'one';
      },
      [/at least two classes/, /happy/],
    ],
    [
      'with an empty class folder',
      () =>
        damagedFaces('hollow', (at) => {
          rmSync(at('train/sad'), { recursive: true });
          mkdirSync(at('train/sad'));
        }),
      [/no images of sad in train/],
    ],
    [
      'with a class in one split only',
      () => damagedFaces('lopsided', (at) => rmSync(at('validation/fear'), { recursive: true })),
      [/no images of fear in validation/],
    ],
    ['that is a single folder, without a split', () => 'faces/train', [/--validation-split/]],
    ['that is another file', () => 'run/report.md', [/expected a folder of images or a CSV file/]],
  ])('%s is refused, and leaves no run folder', async (_, dataset, words) => {
    const result = await ferlab(['train', dataset(), '--out', 'refused', ...once], folder);
    expectRefusal(result, 3, ...words);
    expect(exists(folder, 'refused')).toBe(false);
  });

  it('as CSV with rows of the wrong length goes on without them, or is refused with --strict', async () => {
    const row = (label: number, usage: string) =>
      `${label},${Array(2304)
        .fill(40 * label)
        .join(' ')},${usage}`;
    const rows = Array.from({ length: 60 }, (_, i) => row(i % 3, i % 4 === 0 ? 'PublicTest' : 'Training'));
    const broken = ['1,1 2 3,Training', ...rows];
    writeFileSync(inFolder('fer2013.csv'), ['emotion,pixels,Usage', ...broken].join('\n'));
    const result = await ferlab(['train', 'fer2013.csv', '--out', 'csv', ...once], folder);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toMatch(/fer2013\.csv:2.*2304.*3/);
    expectRefusal(
      await ferlab(['train', 'fer2013.csv', '--strict', '--out', 'csv2', ...once], folder),
      3,
      /fer2013\.csv:2/,
    );
  });
});

/** The start of a PNG that claims 60000 x 60000 pixels. */
function bomb(): Buffer {
  const bytes = readFileSync(inFolder('faces/train/happy/00000.png'));
  bytes.writeUInt32BE(60_000, 16);
  bytes.writeUInt32BE(60_000, 20);
  return bytes;
}

describe('images that are bad', () => {
  const bad = ['truncated.jpg', 'zero.jpg', 'bomb.png', 'text.jpg'];
  const good = ['deep.png', 'cmyk.jpg', 'animated.gif', 'colour.webp', 'large.tiff'];

  beforeAll(async () => {
    const pixels = { create: { width: 40, height: 30, channels: 3, background: '#c84' } } as const;
    const happy = (name: string) => inFolder('mixed/train/happy', name);
    damagedFaces('mixed', () => {});
    const jpeg = await sharp({ ...pixels, create: { ...pixels.create, width: 400, height: 400 } })
      .jpeg()
      .toBuffer();
    writeFileSync(happy('truncated.jpg'), jpeg.subarray(0, 300));
    writeFileSync(happy('zero.jpg'), '');
    writeFileSync(happy('bomb.png'), bomb());
    writeFileSync(happy('text.jpg'), 'no image at all');
    await sharp(pixels).toColourspace('rgb16').png().toFile(happy('deep.png'));
    await sharp(pixels).toColourspace('cmyk').jpeg().toFile(happy('cmyk.jpg'));
    await sharp(pixels).webp().toFile(happy('colour.webp'));
    await sharp({ ...pixels, create: { ...pixels.create, width: 1500 } })
      .tiff()
      .toFile(happy('large.tiff'));
    const frames = [0, 1].map((i) =>
      sharp({ ...pixels, create: { ...pixels.create, background: i ? '#fff' : '#000' } })
        .png()
        .toBuffer(),
    );
    await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toFile(happy('animated.gif'));
    symlinkSync(inFolder('mixed'), inFolder('mixed/train/happy/loop'));
    symlinkSync(happy('self.png'), happy('self.png'));
  });

  it('are left out and listed with the reason, and training goes on with those that can be read', async () => {
    const result = await ferlab(['train', 'mixed', '--out', 'mixed-run', ...once], folder);
    expect(result.code, result.stderr).toBe(0);
    const report = readFileSync(inFolder('mixed-run/report.md'), 'utf8');
    for (const name of bad) expect(report).toContain(`happy/${name}`);
    for (const name of good) expect(report).not.toContain(name);
    expect(result.stderr).toMatch(/^Warning: .*can't be used/m);
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });

  it('are refused with --strict, and when they are too many', async () => {
    expectRefusal(
      await ferlab(['train', 'mixed', '--strict', '--out', 'strict', ...once], folder),
      3,
      'happy/',
    );
    const most = ['train', 'mixed', '--max-bad-share', '0.01', '--out', 'share', ...once];
    expectRefusal(await ferlab(most, folder), 3, /at most 1%/, ...bad);
    expect(exists(folder, 'strict')).toBe(false);
  });

  it.skipIf(process.getuid?.() === 0)(
    'that may not be read are left out (root may read everything)',
    async () => {
      const dataset = damagedFaces('locked', (at) => chmodSync(at('train/sad/00000.png'), 0));
      const result = await ferlab(['train', dataset, '--out', 'locked-run', ...once], folder);
      expect(result.code).toBe(0);
      expect(result.stderr).toContain('sad/00000.png');
    },
  );

  it('are errors of their own in predictions, and an exit code when nothing else is there', async () => {
    const files = bad.map((name) => `mixed/train/happy/${name}`);
    const result = await ferlab(['predict', model, ...files, 'gone.jpg', '--json'], folder);
    expect(result.code).toBe(3);
    const entries = JSON.parse(result.stdout) as { file: string; error: string }[];
    expect(entries.map(({ file }) => file)).toEqual([...files, 'gone.jpg']);
    for (const { error } of entries) expect(error).toMatch(/expected/);
    const one = await ferlab(
      ['predict', model, 'mixed/train/happy/cmyk.jpg', files[0] ?? '', '--json'],
      folder,
    );
    expect(one.code).toBe(0);
  });
});

describe('a model file', () => {
  it.each<[string, () => string, RegExp]>([
    ['that is missing', () => 'none.onnx', /none\.onnx: expected a model file/],
    [
      'that is truncated',
      () => {
        const bytes = readFileSync(inFolder(model));
        writeFileSync(inFolder('half.onnx'), bytes.subarray(0, bytes.length / 2));
        return 'half.onnx';
      },
      /half\.onnx: expected a model file/,
    ],
    ["that isn't a model", () => 'faces/train/happy/00000.png', /expected a model file/],
    ['that is a folder', () => 'faces', /faces: expected a model file/],
  ])('%s is refused', async (_, file, words) => {
    const name = file();
    expectRefusal(await ferlab(['evaluate', name, 'faces', '--json'], folder), 4, words);
    const predict = ['predict', '--model', name, 'faces/train/happy/00000.png'];
    expectRefusal(await ferlab(predict, folder), 4, words);
  });

  it("whose classes aren't the dataset's is refused", async () => {
    const dataset = damagedFaces('renamed', (at) =>
      cpSync(at('validation/sad'), at('validation/bored'), { recursive: true }),
    );
    expectRefusal(await ferlab(['evaluate', model, dataset], folder), 3, /model's classes/, /bored/);
  });

  it('lists the splits that there are', async () => {
    expectRefusal(
      await ferlab(['evaluate', model, 'faces', '--split', 'exam'], folder),
      3,
      /exam/,
      /validation/,
    );
  });
});

describe('soft labels and teachers', () => {
  it('that do not fit are refused before any work, with the line', async () => {
    const refused = async (given: string[], code: number, words: RegExp) => {
      expectRefusal(
        await ferlab(['train', 'faces', '--out', 'beside', ...once, ...given], folder),
        code,
        words,
      );
      expect(exists(folder, 'beside')).toBe(false);
    };
    const names = 'image,angry,disgust,fear,happy,neutral,sad,surprise';
    writeFileSync(inFolder('votes.csv'), `${names}\ntrain/happy/00000.png,0,0,0,-1,0,0,0\n`);
    await refused(
      ['--soft-labels', 'none.csv'],
      3,
      /none\.csv: expected a CSV file of votes, found no such file/,
    );
    await refused(['--soft-labels', 'votes.csv'], 3, /votes\.csv:2: column happy: expected .* found "-1"/);
    await refused(['--teacher', `${model},votes.csv`], 4, /votes\.csv: expected a model file/);
    await refused(
      ['--teacher', model, '--image-size', '24'],
      4,
      /best\.onnx: expected a teacher for images of 24x24 pixels, found one for 16x16/,
    );
  });
});

describe('a run folder', () => {
  it('that exists is left as it is', async () => {
    const before = readdirSync(inFolder('run')).map((name) => [name, readFileSync(inFolder('run', name))]);
    const result = await ferlab(['train', 'faces', '--out', 'run', ...once], folder);
    expectRefusal(result, 5, /run: expected a new or empty folder/, /--resume run/);
    expect(readdirSync(inFolder('run')).map((name) => [name, readFileSync(inFolder('run', name))])).toEqual(
      before,
    );
  });

  it("that can't be made is refused", async () => {
    const result = await ferlab(['train', 'faces', '--out', 'run/report.md/run', ...once], folder);
    expectRefusal(result, 5, /report\.md/);
  });

  it('on a full disk ends with an error that says so', async ({ skip }) => {
    const disk = inFolder('disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48k', 'tmpfs', disk], { stdio: 'pipe' });
    } catch {
      skip('a tiny disk can only be mounted by root, where mounting is allowed');
    }
    try {
      const result = await ferlab(['train', 'faces', '--out', 'disk/run', ...once], folder);
      expectRefusal(result, 5, /disk\/run/, /The disk is full/);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('the command line', () => {
  it('refuses unknown options, values out of range and contradictions before any work', async () => {
    const wrong = [
      ['--epoch', '3'],
      ['--epochs', '0'],
      ['--monitor', 'val_acc'],
      ['--schedule', 'cosine', '--plateau-factor', '0.5'],
    ];
    for (const options of wrong) {
      expectRefusal(
        await ferlab(['train', 'faces', '--out', 'wrong', ...options], folder),
        2,
        options.at(-2) ?? '',
      );
    }
    expect(exists(folder, 'wrong')).toBe(false);
  });
});

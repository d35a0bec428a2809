// Writes a dataset of synthetic faces, so that training can be tried without a download. Drawings, not photographs:
// what a network learns from them says nothing about real faces.

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  anyNumber,
  callback,
  checkArgument,
  checkOptions,
  type OptionRules,
  path as pathRule,
} from '../../check-options.js';
import { loadSharp } from '../../decode/load-sharp.js';
import { FerlabError } from '../../errors.js';
import { claimEmptyFolder } from '../../files/claim-folder.js';
import { busyFolder } from '../../files/lock.js';
import { toGray } from '../../image/gray.js';
import { Random } from '../../random/random.js';
import { drawCamera, photograph } from './camera.js';
import { drawExpression, sampleClasses } from './expressions.js';
import { drawFace, drawIdentity, drawPose } from './face.js';

export interface SampleOptions {
  /** Training images, spread evenly over the seven classes; default 1400. */
  train?: number;
  /** Validation images, of other people; default 350. */
  validation?: number;
  /** The same seed gives the same images; default 0. */
  seed?: number;
  /** Width and height in pixels, from 16 to 512; default 48. */
  size?: number;
  onProgress?: (done: number, total: number) => void;
}

const sampleRules: OptionRules<SampleOptions> = {
  train: anyNumber,
  validation: anyNumber,
  seed: anyNumber,
  size: anyNumber,
  onProgress: callback,
};

/** What was written. */
export interface WrittenSample {
  /** Absolute path of the dataset. */
  path: string;
  classes: string[];
  train: number;
  validation: number;
}

/**
 * The picture with number `index` of a split. Seven pictures in a row show one person, one per expression; people of
 * the two splits are different.
 *
 * @returns its class and `size * size` grey values.
 */
export async function drawSample(
  split: 'train' | 'validation',
  index: number,
  seed: number,
  size: number,
): Promise<{ name: (typeof sampleClasses)[number]; pixels: Uint8Array }> {
  const name = sampleClasses[index % sampleClasses.length]!;
  const identity = drawIdentity(
    new Random(seed, 'sample-identity', split, Math.floor(index / sampleClasses.length)),
  );
  const random = new Random(seed, 'sample-image', split, index);
  const expression = drawExpression(name, random);
  const svg = drawFace(identity, drawPose(random), expression, size);
  const sharp = await loadSharp();
  const { data, info } = await sharp(Buffer.from(svg)).raw().toBuffer({ resolveWithObject: true });
  const drawn = toGray(data, info.width, info.height, info.channels as 3 | 4);
  return { name, pixels: photograph(drawn.data, size, drawCamera(random), random) };
}

function checkCount(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new FerlabError('usage', `${name}: expected an integer from ${low} to ${high}; found ${value}.`);
}

async function makeFolders(path: string): Promise<void> {
  for (const split of ['train', 'validation']) {
    for (const name of sampleClasses) await mkdir(join(path, split, name), { recursive: true });
  }
}

/**
 * Writes `train/<class>/*.png` and `validation/<class>/*.png`, grey.
 *
 * @param path a folder that is empty or doesn't exist.
 * @throws FerlabError (io) when the folder holds anything or can't be written; (usage) for counts out of range.
 */
export async function writeSampleDataset(path: string, options: SampleOptions = {}): Promise<WrittenSample> {
  checkArgument('writeSampleDataset: path', path, pathRule);
  checkOptions('writeSampleDataset', options, sampleRules);
  const { train = 1400, validation = 350, seed = 0, size = 48, onProgress } = options;
  checkCount('train', train, sampleClasses.length, 1_000_000);
  checkCount('validation', validation, sampleClasses.length, 1_000_000);
  checkCount('size', size, 16, 512);
  const root = resolve(path);
  const total = train + validation;
  const sharp = await loadSharp();
  const folder = await claimEmptyFolder(root, busyFolder(root, 'writing'));
  let next = 0;
  let done = 0;
  const run = async () => {
    while (next < total) {
      const number = next++;
      const split = number < train ? 'train' : 'validation';
      const index = number < train ? number : number - train;
      const { name, pixels } = await drawSample(split, index, seed, size);
      const file = join(
        root,
        split,
        name,
        `${String(Math.floor(index / sampleClasses.length)).padStart(5, '0')}.png`,
      );
      const image = sharp(pixels, { raw: { width: size, height: size, channels: 1 } }).toColourspace('b-w');
      await writeFile(file, await image.png({ compressionLevel: 6 }).toBuffer());
      onProgress?.(++done, total);
    }
  };
  try {
    await makeFolders(root);
    await Promise.all(Array.from({ length: 4 }, run));
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    const found = (error as Error).message;
    throw new FerlabError('io', `${root}: expected to write ${total} images; found: ${found}.`, {
      cause: error,
    });
  } finally {
    await folder.release();
  }
  return { path: root, classes: [...sampleClasses], train, validation };
}

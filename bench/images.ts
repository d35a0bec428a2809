// Generated images for contests that need no faces: smooth random 48x48 grey JPEGs in class folders, about as large
// as FER2013's. Up to a thousand are different; a larger set links to them again and again, which costs a reader the
// same names, files and decoding without filling the disk.

import { copyFile, link, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { Random } from '../dist/random/random.js';
import { cache } from './checkout.js';

export const imageSide = 48;
const coarseSide = 12;
const mostDifferent = 1000;
const classes = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];
const fewValidationImages = 70;

export interface ImageFolders {
  readonly train: string;
  readonly validation: string;
}

/** A dataset with `count` training images; made once, then found again. */
export async function generatedImages(
  count: number,
  validationCount: number = fewValidationImages,
): Promise<ImageFolders> {
  const folder = path.join(cache, `images-${count}-${validationCount}`);
  const folders = { train: path.join(folder, 'train'), validation: path.join(folder, 'validation') };
  const there = await stat(folder).catch(() => null);
  if (there === null) {
    const unfinished = `${folder}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await writeSplit(path.join(unfinished, 'train'), count);
    await writeSplit(path.join(unfinished, 'validation'), validationCount);
    await rename(unfinished, folder);
  }
  return folders;
}

async function writeSplit(folder: string, count: number): Promise<void> {
  for (const name of classes) await mkdir(path.join(folder, name), { recursive: true });
  const fileOf = (index: number): string =>
    path.join(folder, classes[index % classes.length]!, `${String(index).padStart(7, '0')}.jpg`);
  const different = Math.min(count, mostDifferent);
  for (let index = 0; index < different; index++) await writeFile(fileOf(index), await smoothJpeg(index));
  for (let index = different; index < count; index++) {
    const source = fileOf(index % different);
    // Some file systems have no hard links, or few to a file.
    await link(source, fileOf(index)).catch(() => copyFile(source, fileOf(index)));
  }
}

/** The generated image of a number. */
export function smoothJpeg(index: number): Promise<Uint8Array> {
  const random = new Random(1, 'bench-image', index);
  const coarse = Uint8Array.from({ length: coarseSide ** 2 }, () => random.integer(256));
  return sharp(coarse, { raw: { width: coarseSide, height: coarseSide, channels: 1 } })
    .resize(imageSide, imageSide, { kernel: 'cubic' })
    .toColourspace('b-w')
    .jpeg({ quality: 90 })
    .toBuffer();
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeGray } from '../../decode/decode.js';
import { readDataset } from '../dataset/reader.js';
import { sampleClasses } from './expressions.js';
import { drawSample, writeSampleDataset } from './write.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-sample-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Mean and standard deviation of grey levels. */
function spread(pixels: Uint8Array): [number, number] {
  const mean = pixels.reduce((sum, level) => sum + level, 0) / pixels.length;
  return [mean, Math.sqrt(pixels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / pixels.length)];
}

describe('writeSampleDataset', () => {
  it('writes a dataset that the reader takes: seven classes, evenly, grey, of the size', async () => {
    const path = join(root, 'new', 'sample');
    const progress: number[] = [];
    const written = await writeSampleDataset(path, {
      train: 28,
      validation: 14,
      size: 40,
      onProgress: (done) => progress.push(done),
    });
    expect(written).toEqual({ path, classes: [...sampleClasses], train: 28, validation: 14 });
    expect(progress.at(-1)).toBe(42);
    const dataset = await readDataset(path, { strict: true });
    expect(dataset.classes).toEqual([...sampleClasses]);
    for (const label of dataset.classes.keys()) {
      expect(dataset.train.samples.filter((sample) => sample.label === label).length).toBe(4);
      expect(dataset.validation.samples.filter((sample) => sample.label === label).length).toBe(2);
    }
    for (const { source } of dataset.train.samples) {
      const image = await decodeGray(source);
      expect([image.width, image.height]).toEqual([40, 40]);
      expect(spread(image.data)[1]).toBeGreaterThan(8); // something is drawn
    }
  });

  it('is the same for the same seed, and another for another', async () => {
    const options = { train: 7, validation: 7 };
    await writeSampleDataset(join(root, 'a'), { ...options, seed: 3 });
    await writeSampleDataset(join(root, 'b'), { ...options, seed: 3 });
    await writeSampleDataset(join(root, 'c'), { ...options, seed: 4 });
    for (const name of ['train/happy/00000.png', 'validation/sad/00000.png']) {
      const [a, b, c] = ['a', 'b', 'c'].map((folder) => readFileSync(join(root, folder, name)));
      expect(Buffer.compare(a!, b!)).toBe(0);
      expect(Buffer.compare(a!, c!)).not.toBe(0);
    }
  });

  it('refuses a folder that holds something, and counts out of range', async () => {
    writeFileSync(join(root, 'mine.txt'), 'keep');
    await expect(writeSampleDataset(root)).rejects.toThrow(
      /expected a new or empty folder, found 1 files.*mine/,
    );
    expect(readFileSync(join(root, 'mine.txt'), 'utf8')).toBe('keep');
    await expect(writeSampleDataset(join(root, 'mine.txt'))).rejects.toMatchObject({ kind: 'io' });
    await expect(writeSampleDataset(join(root, 'x'), { train: 3 })).rejects.toThrow(
      /train: expected an integer from 7/,
    );
    await expect(writeSampleDataset(join(root, 'x'), { size: 8 })).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('drawSample', () => {
  it('shows other people in validation', async () => {
    const [train, validation] = await Promise.all([
      drawSample('train', 0, 1, 48),
      drawSample('validation', 0, 1, 48),
    ]);
    expect(train.name).toBe(validation.name);
    expect(Buffer.compare(train.pixels, validation.pixels)).not.toBe(0);
  });

  it('draws what was seen to be recognisable: a surprised mouth is a dark opening, a neutral one a line', async () => {
    // Mean darkness of the mouth's middle against the face's, over many people.
    const darkness = async (offset: number) => {
      let sum = 0;
      for (let person = 0; person < 20; person++) {
        const { pixels } = await drawSample('train', person * 7 + offset, 1, 48);
        const mouth: number[] = [];
        for (let y = 33; y < 42; y++) for (let x = 21; x < 27; x++) mouth.push(pixels[y * 48 + x]!);
        sum += spread(pixels)[0] - Math.min(...mouth);
      }
      return sum / 20;
    };
    const surprise = await darkness(sampleClasses.indexOf('surprise'));
    const neutral = await darkness(sampleClasses.indexOf('neutral'));
    expect(surprise).toBeGreaterThan(neutral + 5);
  });
});

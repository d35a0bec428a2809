// `importModel` on files of Keras: what it asks for, and the check of scalings on labelled images.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSampleDataset } from '../data/sample/write.js';
import { checkScalings, importModelFile } from './import-model.js';

const classes = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];
let folder = '';
const at = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ferlab-import-'));
  const golden = unzipSync(await readFile(new URL('../../test/golden/keras/files.zip', import.meta.url)));
  for (const name of ['standardised.h5', 'simple_cnn.keras']) await writeFile(at(name), golden[name]!);
  await writeSampleDataset(at('faces'), { train: 7, validation: 14, size: 16 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('importModelFile', () => {
  it('asks for what the file leaves open', async () => {
    const file = at('simple_cnn.keras');
    await expect(importModelFile(file, { classes })).rejects.toThrow(/--check DATASET/);
    await expect(importModelFile(file, { classes: ['a', 'b'], scale: '1' })).rejects.toThrow(
      /--classes: expected 7 names.*got 2 \(a, b\)/,
    );
    await expect(importModelFile(file, { classes, scale: 'x' })).rejects.toThrow(
      /--scale: expected a number/,
    );
    await expect(
      importModelFile(file, { classes, scale: '1', size: { width: 20, height: 20 } }),
    ).rejects.toThrow(/expected its images to be of 28x20/);
    await expect(importModelFile(at('no.h5'), { classes })).rejects.toThrow(/found no such file/);
  });

  it('says where a model comes from', async () => {
    const { metadata } = await importModelFile(at('simple_cnn.keras'), { classes, scale: '1/255' });
    expect(metadata.training.imported).toEqual({
      file: 'simple_cnn.keras',
      source: 'Keras 3.15.1',
      scaling: { scale: 1 / 255, mean: [0], std: [1] },
    });
    expect(metadata.notes?.[0]?.text).toContain('Imported from simple_cnn.keras (Keras 3.15.1)');
  });
});

describe('checkScalings', () => {
  it('scores the usual scalings', async () => {
    const scores = await checkScalings(at('simple_cnn.keras'), at('faces'), { classes });
    expect(scores.map(({ options }) => options)).toEqual([
      '--scale 1',
      '--scale 1/255',
      '--scale 1/127.5 --mean 1',
      '--scale image',
    ]);
    for (const { images, accuracy } of scores) {
      expect(images).toBe(14);
      expect(accuracy * 14).toBeCloseTo(Math.round(accuracy * 14));
    }
  });

  it("scores the file's own where it says one", async () => {
    const scores = await checkScalings(at('standardised.h5'), at('faces'), { classes });
    expect(scores).toMatchObject([{ options: null, images: 14 }]);
  });
});

// Files that Keras 2 and 3 made of ten architectures (test/golden/keras/make.py), with Keras's own answers.

import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { loadModelFromBytes } from '../../predict/model.js';
import { encodeKeras, kerasNetwork } from '../import-keras.js';
import { parseScaling } from '../scaling.js';
import { readKerasFile } from './read-file.js';

interface Answers {
  keras: string;
  files: Record<
    string,
    { size: [number, number]; scale: string | null; pixels: number[][]; probabilities: number[][] }
  >;
}

const golden = unzipSync(readFileSync(new URL('../../../test/golden/keras/files.zip', import.meta.url)));
const cases = ['answers-2.json', 'answers-3.json'].flatMap((name) =>
  Object.entries((JSON.parse(strFromU8(golden[name]!)) as Answers).files),
);
const classes = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'];
/** Without a layer for it, these take pixels as they are. */
const raw = new Set(['inception.h5', 'inception.keras']);

describe('files that Keras made', () => {
  it.each(cases)('%s answers as Keras does', async (name, { size, scale, pixels, probabilities }) => {
    const file = await readKerasFile(golden[name]!, name);
    const scaling = parseScaling({ scale: scale ?? (raw.has(name) ? '1' : undefined) });
    const { bytes, metadata } = encodeKeras(file, kerasNetwork(file, scaling, undefined), {
      classes,
      scaling,
    });
    expect([metadata.input.width, metadata.input.height]).toEqual(size);
    await using model = await loadModelFromBytes(bytes, { name });
    const found = await model.probabilities(Float32Array.from(pixels.flat()));
    probabilities.flat().forEach((expected, i) => {
      expect(Math.abs(found[i]! - expected)).toBeLessThan(1e-4);
    });
  });
});

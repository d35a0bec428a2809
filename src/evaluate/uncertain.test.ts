// With the bundled model, on drawn faces.

import { beforeAll, describe, expect, it } from 'vitest';
import { drawSample } from '../data/sample/write.js';
import type { ImageStore } from '../data/store/store.js';
import { notAFace } from '../image/not-a-face.js';
import { loadModelFromBytes, uncertainFrom } from '../predict/model.js';
import { readBundledModel } from '../predict-files/bundled-model.js';
import { Random } from '../random/random.js';
import { fitUncertain } from './uncertain.js';

const size = 48;
const count = 210;
/** Milliseconds: a second or two where nothing else runs. */
const slow = 120_000;
let model: Uint8Array;
let store: ImageStore;

beforeAll(async () => {
  model = await readBundledModel();
  const faces = await Promise.all(
    Array.from({ length: count }, async (_, i) => (await drawSample('train', i, 0, size)).pixels),
  );
  store = {
    width: size,
    height: size,
    count,
    fingerprint: 'abc',
    bytes: async (i: number) => faces[i]!,
  } as Partial<ImageStore> as ImageStore;
}, slow);

const images = (changes: Partial<ImageStore> = {}) => ({
  store: { ...store, ...changes },
  dataset: 'drawn',
  split: 'validation',
});

describe('fitUncertain', () => {
  it(
    'marks what is no face, and few faces, by an output of the model file',
    async () => {
      const fitted = (await fitUncertain(model, 'the model', images(), { threads: 1 }))!;
      const { uncertain } = fitted;
      expect(uncertain).toMatchObject({
        dataset: 'drawn',
        split: 'validation',
        n: count,
        fingerprint: 'abc',
      });
      expect(uncertain.faces).toBeGreaterThan(0);
      expect(uncertain.faces).toBeLessThan(0.04);
      expect(uncertain.others).toBeGreaterThan(0.7);
      await using opened = await loadModelFromBytes(fitted.bytes, { threads: 1 });
      expect(opened.metadata.uncertain).toEqual(uncertain);
      // Faces and images that it was not fitted on.
      const marked = async (list: readonly Uint8Array[]) => {
        const pixels = new Float32Array(list.length * size * size);
        list.forEach((image, i) => {
          pixels.set(image, i * size * size);
        });
        const answers = await opened.answers!(pixels);
        return answers.uncertain!.filter((value) => value >= uncertainFrom).length / list.length;
      };
      const others = await Promise.all(
        Array.from({ length: 84 }, async (_, i) => (await drawSample('validation', i, 1, size)).pixels),
      );
      const none = others.map((data, i) =>
        notAFace({ data, width: size, height: size }, new Random(7, 'test', i), i),
      );
      expect(await marked(others)).toBeLessThan(0.25);
      expect(await marked(none)).toBeGreaterThan(0.65);
      const blank = [0, 128, 255].map((level) => new Uint8Array(size * size).fill(level));
      expect(await marked(blank)).toBe(1);
      // The same bytes again, from a file that has a rule already too.
      const again = await fitUncertain(fitted.bytes, 'the model', images(), { threads: 1 });
      expect(Buffer.compare(again!.bytes, fitted.bytes)).toBe(0);
    },
    slow,
  );

  it('needs enough faces', async () => {
    expect(await fitUncertain(model, 'the model', images({ count: 199 }))).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { openEnsemble } from './ensemble.js';
import type { ModelMetadata } from './metadata.js';
import { completeModel, type ExpressionModel } from './model.js';
import { withTestTimeAugmentation } from './test-time.js';

const [width, height] = [8, 6];
const crop = 4;
const classes = ['a', 'b', 'c'];

/** A linear model of the centre crop of its input, that keeps how often it was run. */
function linearModel(seed: number, changes: Partial<ModelMetadata> = {}) {
  const random = new Random(seed);
  const weights = Float32Array.from({ length: classes.length * crop * crop }, () =>
    random.uniform(-0.02, 0.02),
  );
  const calls = { run: 0, closed: 0 };
  const metadata: ModelMetadata = {
    format: 1,
    task: 'classify',
    version: '1',
    classes,
    input: { width, height, channels: 1, range: [0, 255] },
    training: { augment: { crop } },
    dataset: { name: 'faces', counts: {}, fingerprints: { train: 'x' } },
    metrics: { val_accuracy: 0.5 },
    ...changes,
  };
  const score = (image: Float32Array, left: number, top: number, mirror: boolean) =>
    classes.map((_, k) => {
      let sum = 0;
      for (let y = 0; y < crop; y++) {
        for (let x = 0; x < crop; x++) {
          const from = left + (mirror ? crop - 1 - x : x);
          sum += weights[k * crop * crop + y * crop + x]! * image[(top + y) * width + from]!;
        }
      }
      return sum;
    });
  const images = (pixels: Float32Array) =>
    Array.from({ length: pixels.length / (width * height) }, (_, i) =>
      pixels.subarray(i * width * height, (i + 1) * width * height),
    );
  const logits = async (pixels: Float32Array) => {
    calls.run++;
    return Float32Array.from(images(pixels).flatMap((image) => score(image, 2, 1, false)));
  };
  const model = completeModel({
    classes: metadata.classes,
    inputSize: metadata.input,
    metadata,
    logits,
    probabilities: async (pixels) => softmax(await logits(pixels)),
    close: async () => {
      calls.closed++;
    },
  });
  return { model, score, calls };
}

function softmax(logits: ArrayLike<number>): Float32Array {
  const powers = Array.from(logits, Math.exp);
  return Float32Array.from(powers, (power, i) => {
    const first = i - (i % classes.length);
    return power / powers.slice(first, first + classes.length).reduce((sum, value) => sum + value, 0);
  });
}

const source = new Random(9);
const pixels = Float32Array.from({ length: 2 * width * height }, () => source.integer(256));
const image = pixels.subarray(0, width * height);

function mean(rows: number[][]): number[] {
  return rows[0]!.map((_, k) => rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length);
}

function expectClose(found: Float32Array, expected: ArrayLike<number>) {
  expect(found.length).toBe(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 4);
  });
}

describe('withTestTimeAugmentation', () => {
  it('averages logits of the image and its mirror image, then takes the softmax', async () => {
    const { model, score } = linearModel(1);
    const flipped = withTestTimeAugmentation(model, 'flip');
    const expected = mean([score(image, 2, 1, false), score(image, 2, 1, true)]);
    expectClose((await flipped.logits(pixels)).subarray(0, 3), expected);
    const probabilities = await flipped.probabilities(pixels);
    expectClose(probabilities.subarray(0, 3), softmax(expected));
    expect(probabilities.subarray(3).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1);
    const [prediction] = await flipped.predict([{ width, height, data: Uint8Array.from(image) }]);
    const ranked = prediction!.ranking.map(({ probability }) => probability);
    expectClose(Float32Array.from(ranked), softmax(expected).sort().reverse());
  });

  it('averages the ten crops of a model that was trained on crops', async () => {
    const { model, score, calls } = linearModel(1);
    const places = [
      [2, 1],
      [0, 0],
      [4, 0],
      [0, 2],
      [4, 2],
    ];
    const rows = places.flatMap(([x, y]) => [score(image, x!, y!, false), score(image, x!, y!, true)]);
    const tenCrop = withTestTimeAugmentation(model, 'ten-crop');
    expectClose((await tenCrop.logits(pixels)).subarray(0, 3), mean(rows));
    expect(calls.run).toBe(10);
    await tenCrop.close();
    expect(calls.closed).toBe(1);
  });

  it('leaves a model as it is for none', () => {
    const { model } = linearModel(1);
    expect(withTestTimeAugmentation(model, 'none')).toBe(model);
  });

  it('refuses ten crops of a model that sees whole images', () => {
    for (const training of [{}, { augment: { crop: null } }]) {
      const { model } = linearModel(1, { training });
      expect(() => withTestTimeAugmentation(model, 'ten-crop')).toThrow(
        /ten-crop: expected a model that was trained on crops, .* Use flip instead/,
      );
    }
  });
});

describe('openEnsemble', () => {
  it('averages probabilities, and gives logits that belong to them', async () => {
    const [a, b] = [linearModel(1), linearModel(2)];
    const ensemble = openEnsemble([a.model, b.model]);
    const [first, second] = [await a.model.probabilities(pixels), await b.model.probabilities(pixels)];
    const expected = first.map((value, i) => (value + second[i]!) / 2);
    expectClose(await ensemble.probabilities(pixels), expected);
    expectClose(softmax(await ensemble.logits(pixels)), expected);
    expect(ensemble.metadata.training).toEqual({
      ensemble: [a, b].map(({ model }) => model.metadata.training),
    });
    expect(ensemble.metadata.dataset).toEqual(a.model.metadata.dataset);
    await ensemble.close();
    expect([a.calls.closed, b.calls.closed]).toEqual([1, 1]);
  });

  it('does not claim a dataset that only one of them was trained on', () => {
    const dataset = { name: 'others', counts: {}, fingerprints: { train: 'y' } };
    const ensemble = openEnsemble([linearModel(1).model, linearModel(2, { dataset }).model]);
    expect(ensemble.metadata.dataset).toEqual({ name: 'faces, others', counts: {}, fingerprints: {} });
  });

  it('says all that its members say of their training, once', () => {
    const [a, b, c] = [['x', 'y'], ['y', 'z'], []].map(
      (notes, i) => linearModel(i + 1, { notes: notes.map((text) => ({ of: null, text })) }).model,
    );
    expect(openEnsemble([a!, b!]).metadata.notes?.map(({ text }) => text)).toEqual(['x', 'y', 'z']);
    expect(openEnsemble([c!, linearModel(4).model]).metadata.notes).toBeUndefined();
  });

  it('names the model and the difference where models do not go together', () => {
    const { model } = linearModel(1);
    const opened = (other: ExpressionModel) => () => openEnsemble([model, other], ['a.onnx', 'b.onnx']);
    expect(opened(linearModel(2, { classes: ['a', 'c', 'b'] }).model)).toThrow(
      /^b\.onnx: expected the classes of a\.onnx, a, b, c, found a, c, b\./,
    );
    const input = { width: 4, height: 4, channels: 1 as const, range: [0, 255] as [0, 255] };
    expect(opened(linearModel(2, { input }).model)).toThrow(
      /^b\.onnx: expected the input size of a\.onnx, 8x6, found 4x4\./,
    );
    expect(() => openEnsemble([])).toThrow(/a list of one or more loaded models, got none/);
    expect(openEnsemble([model])).toBe(model);
  });
});

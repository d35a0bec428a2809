import { describe, expect, it } from 'vitest';
import { compileForward } from '../engine/compile/forward.js';
import { initializeWeights } from '../engine/compile/network.js';
import { sequential } from '../engine/nn/compose.js';
import { conv2d, dense, flatten } from '../engine/nn/layers.js';
import { serializeModel } from '../engine/onnx/edit.js';
import { removeSigmoidOutput } from '../engine/onnx/linear-head.js';
import { openSession } from '../engine/runtime/session.js';
import { tensorType } from '../engine/tensor/type.js';
import { softmaxRows } from '../math/softmax.js';
import { Random } from '../random/random.js';
import {
  encodeMetadata,
  type ModelCalibration,
  type ModelMetadata,
  modelFormat,
  type UncertainRule,
} from './metadata.js';
import { loadModelFromBytes } from './model.js';
import { parseModelFile } from './parse-model.js';
import {
  withFeatures,
  withHalfPrecision,
  withoutTemperature,
  withTemperature,
  withUncertain,
} from './rewrite.js';

const side = 8;
const classes = ['happy', 'sad', 'angry'];
const metadata: ModelMetadata = {
  format: modelFormat,
  task: 'classify',
  version: '1.0.0',
  classes,
  input: { width: side, height: side, channels: 1, range: [0, 255] },
  training: {},
  dataset: { name: 'faces', counts: {}, fingerprints: {} },
  metrics: {},
};

/** A model as training writes it, as it is read from a file. */
function modelBytes(): Uint8Array {
  const network = {
    layer: sequential({
      conv: conv2d({ filters: 32, kernelSize: 3 }),
      flatten: flatten(),
      hidden: dense({ units: 64 }),
      logits: dense({ units: classes.length }),
    }),
    inputShape: [1, side, side],
    preprocessing: { scale: 1 / 255, offset: 0 },
  };
  const onnx = compileForward(network, 'cpu', { stored: initializeWeights(network, 1) });
  return Buffer.from(onnx.toBytes({ name: 'ferlab', version: '1.0.0' }, encodeMetadata(metadata)));
}

const random = new Random(2);
const pixels = Float32Array.from({ length: 20 * side * side }, () => random.integer(256));

async function answers(bytes: Uint8Array) {
  const model = await loadModelFromBytes(bytes, { threads: 1 });
  const [logits, probabilities] = [await model.logits(pixels), await model.probabilities(pixels)];
  await model.close();
  return { logits, probabilities, metadata: model.metadata };
}

const effect = { before: 0.2, after: 0.1, cross_fitted: 0.12 };
const calibration = (temperature: number): ModelCalibration => ({
  temperature,
  dataset: 'faces',
  split: 'validation',
  n: 100,
  fingerprint: 'ab',
  ece: effect,
  loss: effect,
});

const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);

describe('withTemperature', () => {
  it('divides the logits, and so calibrates both outputs, and says so', async () => {
    const before = await answers(modelBytes());
    const after = await answers(withTemperature(modelBytes(), 'm.onnx', calibration(2.5)));
    expect(
      largestDifference(
        after.logits,
        before.logits.map((z) => z / 2.5),
      ),
    ).toBeLessThan(1e-6);
    expect(largestDifference(after.probabilities, softmaxRows(before.logits, 3, 2.5))).toBeLessThan(1e-5);
    expect(largestDifference(after.probabilities, before.probabilities)).toBeGreaterThan(0.01);
    expect(after.metadata).toEqual({ ...metadata, calibration: calibration(2.5) });
  });

  it('replaces an earlier temperature: the same bytes as without it', () => {
    const once = withTemperature(modelBytes(), 'm.onnx', calibration(0.7));
    const twice = withTemperature(withTemperature(modelBytes(), 'm', calibration(3)), 'm', calibration(0.7));
    expect(Buffer.compare(once, twice)).toBe(0);
  });

  it('can be taken back exactly', async () => {
    const plain = await answers(modelBytes());
    const back = await answers(withoutTemperature(withTemperature(modelBytes(), 'm', calibration(3.3)), 'm'));
    expect(back).toEqual(plain);
  });
});

describe('withHalfPrecision', () => {
  it('halves the file and answers nearly the same', async () => {
    const whole = modelBytes();
    const half = withHalfPrecision(whole, 'm.onnx');
    expect(half.length / whole.length).toBeLessThan(0.53);
    const [before, after] = [await answers(whole), await answers(half)];
    expect(largestDifference(after.probabilities, before.probabilities)).toBeLessThan(2e-3);
    expect(largestDifference(after.logits, before.logits)).toBeGreaterThan(0);
    expect(after.metadata).toEqual({ ...metadata, weights: 'float16' });
    expect(Buffer.compare(withHalfPrecision(half, 'm.onnx'), half)).toBe(0);
  });

  it('goes together with calibration, in either order', async () => {
    const first = await answers(withTemperature(withHalfPrecision(modelBytes(), 'm'), 'm', calibration(2)));
    const last = await answers(withHalfPrecision(withTemperature(modelBytes(), 'm', calibration(2)), 'm'));
    expect(first).toEqual(last);
    expect(first.metadata).toMatchObject({ weights: 'float16', calibration: { temperature: 2 } });
  });
});

it('refuses what is no model of ours', () => {
  const bytes = new TextEncoder().encode('not a model');
  for (const rewrite of [
    () => withHalfPrecision(bytes, 'm.onnx'),
    () => withTemperature(bytes, 'm.onnx', calibration(2)),
    () => withoutTemperature(bytes, 'm.onnx'),
  ]) {
    expect(rewrite).toThrow(/m\.onnx: expected a model file written by ferlab/);
  }
});

describe('withUncertain', () => {
  const rule: UncertainRule = {
    dataset: 'faces',
    split: 'validation',
    n: 400,
    fingerprint: 'abc',
    faces: 0.02,
    others: 0.95,
  };
  const weights = Float32Array.from({ length: 64 }, (_, i) => ((i * 7) % 5) - 2);
  const pixels = Float32Array.from({ length: 2 * side * side }, (_, i) => (i * 53) % 256);

  async function answersOf(bytes: Uint8Array) {
    await using model = await loadModelFromBytes(bytes);
    const image = { width: side, height: side, data: Uint8Array.from(pixels.subarray(0, side * side)) };
    const answers = await model.answers!(pixels);
    return { ...answers, prediction: await model.predict(image), metadata: model.metadata };
  }

  it('gives the sigmoid of a weighted sum of what the last layer sees', async () => {
    const bytes = modelBytes();
    const before = await answersOf(bytes);
    expect(before.uncertain).toBeNull();
    expect(before.prediction).not.toHaveProperty('uncertain');
    const { bytes: open, features } = withFeatures(bytes, 'model')!;
    const session = await openSession(open);
    const type = tensorType('float32', [2, 1, side, side]);
    const seen = (await session.run({ pixels: { type, data: pixels } }))[features]!.data as Float32Array;
    await session.close();
    expect(seen).toHaveLength(2 * 64);
    const sum = weights.reduce((total, weight, k) => total + weight * seen[k]!, 0);
    const bias = 0.25 - sum;
    const after = await answersOf(withUncertain(bytes, 'model', { weights, bias }, rule));
    expect(after.uncertain![0]).toBeCloseTo(1 / (1 + Math.exp(-0.25)), 4);
    expect(after.prediction.uncertain).toBe(after.uncertain![0]);
    expect(after.metadata.uncertain).toEqual(rule);
    expect(after.logits).toEqual(before.logits);
    expect(after.probabilities).toEqual(before.probabilities);
  });

  it('is replaced, and outlives temperature and half precision', async () => {
    const first = withUncertain(modelBytes(), 'model', { weights, bias: 1 }, rule);
    const second = withUncertain(first, 'model', { weights, bias: -1 }, { ...rule, faces: 0.01 });
    expect(second).toHaveLength(first.length);
    const found = await answersOf(second);
    expect(found.metadata.uncertain!.faces).toBe(0.01);
    const others = [withTemperature(second, 'model', calibration(2)), withHalfPrecision(second, 'model')];
    for (const bytes of others) {
      const { uncertain } = await answersOf(bytes);
      expect(Math.abs(uncertain![0]! - found.uncertain![0]!)).toBeLessThan(0.02);
    }
  });

  it('is refused where the file lacks the output that its metadata names', async () => {
    const bytes = Buffer.from(withUncertain(modelBytes(), 'model', { weights, bias: 1 }, rule));
    const { model } = parseModelFile(bytes, 'model');
    removeSigmoidOutput(model, 'uncertain');
    await expect(loadModelFromBytes(serializeModel(model))).rejects.toThrow(
      'its uncertain is missing, its metadata says 1',
    );
  });
});

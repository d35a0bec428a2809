import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileForward } from '../engine/compile/forward.js';
import { initializeWeights } from '../engine/compile/network.js';
import { serializeModel } from '../engine/onnx/edit.js';
import { createNetwork, type ModelConfig } from '../models/create.js';
import { encodeMetadata } from '../predict/metadata.js';
import { loadModelFromBytes } from '../predict/model.js';
import { type Explainer, openExplainer } from './explain.js';
import { occlusionMap } from './occlusion-map.js';

const bundled = readFileSync(new URL('../../models/expression.onnx', import.meta.url));
/** Something with light and dark places that aren't symmetric. */
const picture = {
  width: 48,
  height: 48,
  data: Uint8Array.from({ length: 48 * 48 }, (_, i) => (((i % 48) * 5) ^ (Math.floor(i / 48) * 3)) & 255),
};
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

describe('the bundled model', () => {
  let explainer: Explainer;
  beforeAll(async () => {
    explainer = await openExplainer(bundled, { threads: 1 });
  });
  afterAll(() => explainer.close());

  it('has all methods, class activation first, and answers as it does otherwise', async () => {
    expect(explainer.methods).toEqual(['class-activation', 'gradient', 'occlusion']);
    await using model = await loadModelFromBytes(bundled, { threads: 1 });
    const [explanation] = await explainer.explain([picture]);
    expect(explanation).toMatchObject({ method: 'class-activation', width: 48, height: 48 });
    const { expression, probabilities } = await model.predict(picture);
    expect(explanation!.expression).toBe(expression);
    expect(explanation!.prediction.probabilities).toEqual(probabilities);
    expect([...explanation!.pixels]).toEqual([...picture.data]);
  });

  it('adds up to the logit: the differences of mean maps are those of logits, but for biases', async () => {
    await using model = await loadModelFromBytes(bundled, { threads: 1 });
    const other = { ...picture, data: picture.data.map((value) => 255 - value) };
    const maps = async (image: typeof picture) =>
      (await explainer.explain([image], { method: 'class-activation', expression: 'sad' }))[0]!.map;
    const logit = async (image: typeof picture) =>
      (await model.logits(Float32Array.from(image.data)))[model.classes.indexOf('sad')]!;
    // Enlarging keeps the mean about; the network sees 44 of 48 pixels.
    const seen = (48 / 44) ** 2;
    const difference = seen * (mean(await maps(picture)) - mean(await maps(other)));
    expect(Math.abs(difference - ((await logit(picture)) - (await logit(other))))).toBeLessThan(0.15);
  });

  it('gives by gradients what class activation gives above 0, since its end is linear', async () => {
    const [activation] = await explainer.explain([picture], { expression: 'happy' });
    const [gradient] = await explainer.explain([picture], { expression: 'happy', method: 'gradient' });
    expect(Math.max(...gradient!.map)).toBeGreaterThan(0);
    // The same cells; enlarging and cutting below 0 don't commute, so that only cells far from 0 are compared.
    for (const [i, value] of activation!.map.entries()) {
      if (value > 1) expect(Math.abs(gradient!.map[i]! - value)).toBeLessThan(0.5);
    }
    expect(Math.min(...gradient!.map)).toBe(0);
  });

  it('looks nowhere in the border that it does not see', async () => {
    const map = (await explainer.explain([picture]))[0]!.map;
    expect(map.subarray(0, 48 * 2).every((value) => value === 0)).toBe(true);
    expect(map.subarray(48 * 2 + 2, 48 * 3 - 2).some((value) => value !== 0)).toBe(true);
  });

  it('refuses classes and methods that it does not know, stops when asked, tells how far it is', async () => {
    await expect(explainer.explain([picture], { expression: 'bored' })).rejects.toThrow(
      /expression: expected one of angry, .*got "?bored/,
    );
    await expect(explainer.explain([picture], { method: 'magic' as 'gradient' })).rejects.toMatchObject({
      kind: 'usage',
    });
    await expect(explainer.explain([picture], {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'interrupted',
    });
    const done: number[] = [];
    await explainer.explain([picture, picture], {}, { onProgress: (event) => done.push(event.done) });
    expect(done).toEqual([1, 2]);
  });
});

function modelFile(config: ModelConfig, names = true): Uint8Array {
  const network = createNetwork(config, { width: 48, height: 48 }, 3);
  const metadata = encodeMetadata({
    format: 1,
    version: '0',
    task: 'classify',
    classes: ['a', 'b', 'c'],
    input: { width: 48, height: 48, channels: 1, range: [0, 255] },
    training: names ? { model: config } : {},
    dataset: { name: '', counts: {}, fingerprints: {} },
    metrics: {},
  });
  const graph = compileForward(network, 'cpu', { stored: initializeWeights(network, 5) });
  return serializeModel(graph.toModel({ name: 'test', version: '0' }, metadata));
}

describe('methods', () => {
  it('of a network without pooling at its end are gradients and occlusion', async () => {
    const { convFilters, kernelSize, denseUnits } = { convFilters: [4, 4], kernelSize: 3, denseUnits: [8] };
    const config: ModelConfig = {
      name: 'seed',
      convFilters,
      kernelSize,
      denseUnits,
      dropout: { conv: 0, dense: 0 },
      batchNorm: { momentum: 0.9, epsilon: 1e-3 },
    };
    await using explainer = await openExplainer(modelFile(config));
    expect(explainer.methods).toEqual(['gradient', 'occlusion']);
    const [explanation] = await explainer.explain([picture]);
    expect(explanation).toMatchObject({ method: 'gradient' });
    await expect(explainer.explain([picture], { method: 'class-activation' })).rejects.toThrow(
      /the method class-activation expects a network that ends in global average pooling/,
    );
  });

  it('of a file that does not say its network are those that need no training graph', async () => {
    await using explainer = await openExplainer(modelFile({ name: 'tiny', extraBlocks: 0 }, false));
    expect(explainer.methods).toEqual(['class-activation', 'occlusion']);
  });
});

describe('occlusion', () => {
  it('finds the place that the answer depends on, and gives the fall of the probability there', async () => {
    const size = { width: 24, height: 12 };
    const pixels = new Float32Array(24 * 12).fill(100);
    const eye = 5 * 24 + 18;
    pixels[eye] = 200;
    // A model that looks at one pixel: sure of class 1 while it is bright.
    const probabilities = async (images: Float32Array) =>
      Float32Array.from({ length: (images.length / pixels.length) * 2 }, (_, i) => {
        const bright = images[Math.floor(i / 2) * pixels.length + eye]! > 150;
        return (i % 2 === 1) === bright ? 0.9 : 0.1;
      });
    const map = await occlusionMap(pixels, size, { probabilities, classes: 2, expression: 1, batch: 7 });
    expect(map[eye]).toBeCloseTo(0.8, 6);
    expect(map[5 * 24 + 1]).toBe(0);
    expect(Math.max(...map)).toBeCloseTo(0.8, 6);
    const other = await occlusionMap(pixels, size, { probabilities, classes: 2, expression: 0, batch: 7 });
    expect(other[eye]).toBeCloseTo(-0.8, 6);
  });
});

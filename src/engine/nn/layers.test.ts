// Every layer: the shape it announces is the shape it gives, its specs are what it reads, and a training step through
// it changes its parameters.

import { describe, expect, it } from 'vitest';
import { Random } from '../../random/random.js';
import { compileForward } from '../compile/forward.js';
import { initializeWeights } from '../compile/network.js';
import { compileTrainingStep, initialState, nextName, stepScalars } from '../compile/training-step.js';
import { sgd } from '../optim/transforms.js';
import { openSession } from '../runtime/session.js';
import { floatTensor, type HostTensor } from '../tensor/array.js';
import { elementCount } from '../tensor/type.js';
import { classification } from './classification.js';
import { identity, residual, sequential, squeezeExcitation } from './compose.js';
import { glorotUniform, heNormal } from './initializers.js';
import type { Layer } from './layer.js';
import * as layers from './layers.js';
import { locallyConnected2d } from './locally-connected.js';
import * as rearranging from './rearranging.js';

const image = [2, 6, 5];
const cases: [string, Layer, number[], number[]][] = [
  ['conv2d', layers.conv2d({ filters: 3, kernelSize: 3 }), image, [3, 6, 5]],
  ['conv2d with stride', layers.conv2d({ filters: 3, kernelSize: 3, strides: 2 }), image, [3, 3, 3]],
  [
    'conv2d without padding',
    layers.conv2d({ filters: 3, kernelSize: [3, 1], padding: 'valid' }),
    image,
    [3, 4, 5],
  ],
  ['conv2d in groups', layers.conv2d({ filters: 4, kernelSize: 3, groups: 2 }), image, [4, 6, 5]],
  [
    'conv2d with its kernel apart, and unequal strides',
    layers.conv2d({ filters: 3, kernelSize: [2, 3], strides: [2, 1], dilation: [2, 2], padding: 'valid' }),
    image,
    [3, 2, 1],
  ],
  ['batchNormalization', layers.batchNormalization(), image, image],
  ['relu', layers.relu(), image, image],
  ['prelu', layers.prelu(), image, image],
  ['sigmoid', layers.sigmoid(), image, image],
  ['dropout', layers.dropout(0.5), image, image],
  ['spatialDropout', rearranging.spatialDropout(0.5), image, image],
  ['zeroPadding2d', rearranging.zeroPadding2d([1, 0, 2, 3]), image, [2, 9, 8]],
  ['cropping2d', rearranging.cropping2d([1, 0, 2, 3]), image, [2, 3, 2]],
  ['globalPooling2d', rearranging.globalPooling2d('max', true), image, [2, 1, 1]],
  ['permute', rearranging.permute([2, 0, 1]), image, [5, 2, 6]],
  ['reshapeLastChannel', rearranging.reshapeLastChannel([3, -1, 2]), image, [2, 3, 10]],
  ['fixedScale', rearranging.fixedScale([0.5, 2], [1, 0]), image, image],
  ['maxPooling2d, unequal', layers.maxPooling2d({ poolSize: [3, 2], strides: [2, 1] }), image, [2, 2, 4]],
  ['standardizeImages', layers.standardizeImages(1e-4), image, image],
  ['maxPooling2d', layers.maxPooling2d(), image, [2, 3, 2]],
  [
    'maxPooling2d, overlapping',
    layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
    image,
    [2, 3, 3],
  ],
  [
    'maxPooling2d, over the edges',
    layers.maxPooling2d({ poolSize: 3, strides: 2, ceil: true }),
    image,
    [2, 3, 2],
  ],
  ['averagePooling2d', layers.averagePooling2d({ padding: 'same' }), image, [2, 3, 3]],
  ['upSampling2d', layers.upSampling2d(), image, [2, 12, 10]],
  ['globalAveragePooling2d', layers.globalAveragePooling2d(), image, [2]],
  ['flatten', layers.flatten(), image, [60]],
  ['dense', layers.dense({ units: 4 }), [6], [4]],
  ['residual', residual(layers.conv2d({ filters: 2, kernelSize: 3 })), image, image],
  ['squeezeExcitation', squeezeExcitation(2, 2), image, image],
  ['identity', identity, image, image],
  ['locallyConnected2d', locallyConnected2d({ filters: 3, kernelSize: 3 }), image, [3, 4, 3]],
];

describe.each(cases)('%s', (_name, layer, inputShape, outputShape) => {
  const network = {
    layer: sequential({ layer, flatten: layers.flatten(), logits: layers.dense({ units: 3 }) }),
    inputShape,
    preprocessing: { scale: 1, offset: 0 },
  };
  const pixels = (count: number): HostTensor => {
    const random = new Random(4);
    const shape = [count, ...inputShape];
    return floatTensor(
      shape,
      Float32Array.from({ length: elementCount(shape) }, () => random.normal()),
    );
  };

  it('announces the shape that it gives', async () => {
    expect(layer.describe(inputShape).outputShape).toEqual(outputShape);
    const session = await openSession(
      compileForward(network, 'cpu', { stored: initializeWeights(network, 1) }).toBytes(),
    );
    for (const count of [1, 3]) {
      const { probabilities } = await session.run({ pixels: pixels(count) });
      expect(probabilities!.type.shape).toEqual([count, 3]);
      const sums = Array.from(
        { length: count },
        (_, i) =>
          Number(probabilities!.data[i * 3]) +
          Number(probabilities!.data[i * 3 + 1]) +
          Number(probabilities!.data[i * 3 + 2]),
      );
      for (const sum of sums) expect(sum).toBeCloseTo(1);
    }
    await session.close();
  });

  it('learns: a step changes every parameter and running statistic', async () => {
    const optimizer = sgd();
    const step = compileTrainingStep({
      network,
      batchSize: 3,
      objective: classification(3),
      optimizer,
      provider: 'cpu',
      ema: false,
    });
    const session = await openSession(step.model);
    const carried = initialState(initializeWeights(network, 1), optimizer, false);
    const masks = Object.fromEntries(
      step.masks.map(({ name, type }) => [
        name,
        { type, data: new Int32Array(elementCount(type.shape)).fill(0xff) }, // everything kept
      ]),
    );
    const results = await session.run({
      ...carried,
      ...masks,
      ...stepScalars(optimizer, 1, 0.5, null),
      pixels: pixels(3),
      targets: floatTensor([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]),
    });
    await session.close();
    for (const name of step.carried)
      expect(results[nextName(name)]!.data, name).not.toEqual(carried[name]!.data);
  });
});

it('standardizeImages leaves neither brightness nor contrast', async () => {
  const network = {
    layer: sequential({ layer: layers.standardizeImages(1e-6), logits: layers.flatten() }),
    inputShape: [1, 2, 3],
    preprocessing: { scale: 1, offset: 0 },
  };
  const session = await openSession(
    compileForward(network, 'cpu', { stored: initializeWeights(network, 1) }).toBytes(),
  );
  const pattern = [1, 2, 3, 5, 8, 13];
  const pixels = [...pattern, ...pattern.map((value) => 40 - 2.5 * value), ...pattern.map(() => 9)];
  const { logits } = await session.run({ pixels: floatTensor([3, 1, 2, 3], pixels) });
  await session.close();
  const mean = 32 / 6;
  const deviation = Math.sqrt(pattern.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 6);
  const expected = pattern.map((value) => (value - mean) / deviation);
  [...expected, ...expected.map((value) => -value), ...pattern.map(() => 0)].forEach((value, i) => {
    expect(Number(logits!.data[i])).toBeCloseTo(value, 4);
  });
});

describe('errors', () => {
  it('says what a layer needs', () => {
    expect(() => layers.dense({ units: 2 }).describe([1, 4, 4])).toThrow(/flatten images first/);
    expect(() => layers.conv2d({ filters: 3, kernelSize: 3, groups: 2 }).describe([2, 4, 4])).toThrow(
      /2 groups/,
    );
    expect(() => layers.maxPooling2d().describe([1, 1, 1])).toThrow(/smaller than the 2x2 window/);
    expect(() => layers.dropout(1)).toThrow(/from 0 to below 1, got 1/);
    expect(() => residual(layers.conv2d({ filters: 3, kernelSize: 3 })).describe([2, 4, 4])).toThrow(
      /residual/,
    );
  });
});

describe('initializers', () => {
  const drawn = (spec: { init(data: Float32Array, random: Random): void }): Float32Array => {
    const data = new Float32Array(20_000);
    spec.init(data, new Random(1));
    return data;
  };
  const deviation = (data: Float32Array): number =>
    Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);

  it('Glorot: uniform within the limit that fan-in and fan-out give', () => {
    const data = drawn(glorotUniform([50, 20, 3, 3])); // fans 180 and 450
    const limit = Math.sqrt(6 / 630);
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(limit);
    expect(deviation(data)).toBeCloseTo(limit / Math.sqrt(3), 3);
  });

  it('He: normal with the deviation that fan-in gives', () => {
    expect(deviation(drawn(heNormal([100, 200])))).toBeCloseTo(Math.sqrt(2 / 100), 2);
  });
});

// Maps against Keras: the golden numbers in test/golden/explain, made by generate.py there.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goldenNetworks, toWeights } from '../../test/conformance/golden-networks.js';
import { compileForward } from '../engine/compile/forward.js';
import { serializeModel } from '../engine/onnx/edit.js';
import { parseModel } from '../engine/onnx/model.js';
import { openSession } from '../engine/runtime/session.js';
import { floatTensor } from '../engine/tensor/array.js';
import { classMap, findLinearEnd, withFeatures } from './class-activation.js';
import { chosenName, compileGradientMap, imagesPerRun } from './gradient-map.js';
import { placeMap } from './place-map.js';

type Maps = number[][][];
interface Golden {
  logits: number[][];
  cases: {
    expression: number;
    gradient: Maps;
    gradientPlaced: Maps;
    activation?: Maps;
    activationPlaced?: Maps;
  }[];
}
const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/explain/explain.json', import.meta.url), 'utf8'),
) as Record<string, Golden>;

const side = 8;
const images = 3;
const cells = { rows: 2, columns: 2 };
const whole = { left: 0, top: 0, width: side, height: side };

function expectClose(actual: Float32Array, expected: number[][] | undefined): void {
  const flat = expected!.flat();
  expect(actual.length).toBe(flat.length);
  for (const [i, value] of flat.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-3);
}

describe.each(goldenNetworks)('maps of $file', ({ file, golden: stored, network, rename }) => {
  const { cases, logits } = golden[file.replace('.json', '')]!;
  const weights = toWeights(stored.trajectories.adam!.final, rename);
  const size = network.inputShape.reduce((product, length) => product * length, 1);

  it('by gradients are those of Keras', async () => {
    const session = await openSession(compileGradientMap(network, weights), { threads: 1 });
    for (const { expression, gradient, gradientPlaced } of cases) {
      const chosen = floatTensor(
        [imagesPerRun, 3],
        Array.from({ length: imagesPerRun * 3 }, (_, i) => Number(i % 3 === expression)),
      );
      for (const pair of [
        [0, 1],
        [2, 0],
      ]) {
        const both = pair.flatMap((i) => stored.inputs.data.slice(i * size, (i + 1) * size));
        const results = await session.run({
          pixels: floatTensor([imagesPerRun, ...network.inputShape], both),
          [chosenName]: chosen,
        });
        expect(results.map!.type.shape).toEqual([imagesPerRun, 2, 2]);
        pair.forEach((image, i) => {
          const map = (results.map!.data as Float32Array).subarray(i * 4, i * 4 + 4);
          expectClose((results.logits!.data as Float32Array).subarray(i * 3, i * 3 + 3), [logits[image]!]);
          expectClose(map, gradient[image]);
          expectClose(placeMap(map, cells, whole, whole), gradientPlaced[image]);
        });
      }
    }
    await session.close();
  });

  it('of class activation are those of Keras, or there are none', async () => {
    const graph = compileForward(network, 'cpu', { stored: weights });
    const model = parseModel(serializeModel(graph.toModel({ name: 'golden', version: '' }, {})));
    const end = findLinearEnd(model, 3);
    if (cases[0]!.activation === undefined) {
      expect(end).toBeNull();
      return;
    }
    const session = await openSession(withFeatures(model, end!), { threads: 1 });
    const pixels = floatTensor([images, ...network.inputShape], stored.inputs.data.slice(0, images * size));
    const features = (await session.run({ pixels }))[end!.features]!.data as Float32Array;
    const cut = features.length / images;
    for (const { expression, activation, activationPlaced } of cases) {
      for (let i = 0; i < images; i++) {
        const map = classMap(features.subarray(i * cut, (i + 1) * cut), end!, expression);
        expectClose(map, activation![i]);
        expectClose(placeMap(map, cells, whole, whole), activationPlaced![i]);
        // What the map is: its mean and the bias are the logit.
        const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
        expect(mean + end!.bias[expression]!).toBeCloseTo(logits[i]![expression]!, 4);
      }
    }
    await session.close();
  });
});

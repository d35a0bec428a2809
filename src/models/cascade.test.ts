// The networks of MTCNN: their sizes as published, their files, P-Net on pictures of any size, and their gradients.

import { describe, expect, it } from 'vitest';
import { expectGradients } from '../../test/conformance/network-gradient.js';
import { initializeWeights, parameterCount } from '../engine/compile/network.js';
import { cropObjective } from '../engine/nn/crop-objective.js';
import { openSession } from '../engine/runtime/session.js';
import { floatTensor, type HostTensor } from '../engine/tensor/array.js';
import { elementCount } from '../engine/tensor/type.js';
import { Random } from '../random/random.js';
import {
  type CascadeStage,
  cascadeNetwork,
  cascadeStages,
  cropSides,
  encodeCascadeStage,
  proposalStride,
} from './cascade.js';

function picture(shape: readonly number[]): HostTensor {
  const random = new Random(1, 'picture');
  return floatTensor(
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => random.integer(256)),
  );
}

async function answers(stage: CascadeStage, pixels: HostTensor) {
  const weights = initializeWeights(cascadeNetwork(stage, { points: true }), 2);
  const session = await openSession(encodeCascadeStage(stage, weights), { threads: 1 });
  const results = await session.run({ pixels });
  await session.close();
  return results;
}

it.each([
  ['pnet', 6_632],
  ['rnet', 100_178],
  ['onet', 389_040],
] as const)('%s has %i parameters, as published', (stage, expected) => {
  expect(parameterCount(cascadeNetwork(stage))).toBe(expected);
});

it.each(cascadeStages)("%s has a file with the paper's outputs, points of O-Net alone", async (stage) => {
  const side = cropSides[stage];
  const results = await answers(stage, picture([5, 3, side, side]));
  const rest = stage === 'pnet' ? [1, 1] : [];
  expect(Object.fromEntries(Object.entries(results).map(([name, { type }]) => [name, type.shape]))).toEqual({
    probability: [5, 1, ...rest],
    box: [5, 4, ...rest],
    ...(stage === 'onet' ? { points: [5, 10] } : {}),
  });
  for (const value of results.probability!.data) expect(Number(value) > 0 && Number(value) < 1).toBe(true);
});

it('P-Net answers on a picture that is not square what it answers on its crops', async () => {
  const [height, width] = [25, 42];
  const whole = picture([1, 3, height, width]);
  const map = await answers('pnet', whole);
  // Windows over the edge give one more row than there are crops.
  const [rows, columns] = [8, 16];
  expect(map.probability!.type.shape).toEqual([1, 1, rows, columns]);
  const places: [number, number][] = [];
  for (let row = 0; proposalStride * row + 12 <= height; row++)
    for (let column = 0; proposalStride * column + 12 <= width; column++) places.push([row, column]);
  const crops = floatTensor(
    [places.length, 3, 12, 12],
    places.flatMap(([row, column]) =>
      Array.from({ length: 3 * 144 }, (_, i) => {
        const [channel, y, x] = [Math.floor(i / 144), Math.floor(i / 12) % 12, i % 12];
        const at = (channel * height + proposalStride * row + y) * width + proposalStride * column + x;
        return Number(whole.data[at]);
      }),
    ),
  );
  const single = await answers('pnet', crops);
  for (const [name, size] of [
    ['probability', 1],
    ['box', 4],
  ] as const) {
    places.forEach(([row, column], crop) => {
      for (let k = 0; k < size; k++)
        expect(Number(map[name]!.data[(k * rows + row) * columns + column])).toBeCloseTo(
          Number(single[name]!.data[crop * size + k]),
          4,
        );
    });
  }
});

describe('gradients', () => {
  it.each([
    ['pnet', true],
    ['pnet', false],
    ['rnet', true],
    ['onet', true],
  ] as const)('%s has those that central differences give (points: %s)', async (stage, points) => {
    const count = 10;
    const side = cropSides[stage];
    const random = new Random(6, 'labels');
    const drawn = (...shape: number[]) =>
      floatTensor(
        [count, ...shape],
        Float32Array.from({ length: count * elementCount(shape) }, () => random.uniform(-0.5, 0.5)),
      );
    const feeds = {
      pixels: picture([count, 3, side, side]),
      // Negatives, positives, parts, crops with points.
      faces: floatTensor([count, 2], [1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
      boxes: drawn(4),
      boxCounts: floatTensor([count], [0, 0, 0, 1, 1, 1, 1, 1, 0, 0]),
      points: drawn(10),
      pointCounts: floatTensor(
        [count, 10],
        Array.from({ length: count * 10 }, (_, i) => Number(i >= 84)),
      ),
    };
    const objective = cropObjective({
      weights: { class: 1, box: 0.5, points: points ? 1 : null },
      hardest: 0.7,
    });
    await expectGradients(cascadeNetwork(stage, { points }), objective, feeds);
  });
});

// That the passes do what they say, on the printed graph; that they change no result is tested on whole training
// steps in trajectory.test.ts.

import { describe, expect, it } from 'vitest';
import { classification } from '../nn/classification.js';
import { sequential } from '../nn/compose.js';
import type { Layer } from '../nn/layer.js';
import {
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  flatten,
  maxPooling2d,
  relu,
} from '../nn/layers.js';
import { type Optimizer, sgd } from '../optim/transforms.js';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { initializeWeights, type Network } from './network.js';
import { compileTrainingStep, initialState, nextName, stepScalars } from './training-step.js';

const networkOf = (block: Record<string, Layer>, side: number): Network => ({
  layer: sequential({ ...block, flatten: flatten(), logits: dense({ units: 2 }) }),
  inputShape: [1, side, side],
  preprocessing: { scale: 1, offset: 0 },
});

interface Choices {
  unoptimized?: boolean;
  provider?: 'cpu' | 'webgpu';
  side?: number;
}

const compile = (
  block: Record<string, Layer>,
  optimizer: Optimizer,
  { unoptimized = false, provider = 'cpu', side = 8 }: Choices,
) =>
  compileTrainingStep({
    network: networkOf(block, side),
    batchSize: 2,
    objective: classification(2),
    optimizer,
    provider,
    ema: false,
    unoptimized,
  });

/** Names of the step's operators, in order. */
function operatorsOf(block: Record<string, Layer>, choices: Choices = {}): string[] {
  return [...compile(block, sgd(), choices).text.matchAll(/ = (\w+)\(/g)].map(([, name]) => name!);
}

/** What a step carries on. */
async function stepped(
  block: Record<string, Layer>,
  pixels: readonly number[],
  choices: Choices & { side: number },
): Promise<Record<string, number[]>> {
  const optimizer = sgd();
  const step = compile(block, optimizer, choices);
  const network = networkOf(block, choices.side);
  const session = await openSession(step.model, { threads: 1 });
  const results = await session.run({
    ...initialState(initializeWeights(network, 3), optimizer, false),
    ...stepScalars(optimizer, 1, 0.5, null),
    pixels: floatTensor([2, ...network.inputShape], pixels),
    targets: floatTensor([2, 2], [1, 0, 0, 1]),
  });
  await session.close();
  return Object.fromEntries(
    step.carried.map((name) => [name, Array.from(results[nextName(name)]!.data, Number)]),
  );
}

const conv = conv2d({ filters: 3, kernelSize: 3, useBias: false });
const blockOf = (first: Layer): Record<string, Layer> => ({
  conv: first,
  norm: batchNormalization(),
  relu: relu(),
  pool: maxPooling2d(),
});
const count = (names: readonly string[], name: string): number =>
  names.filter((other) => other === name).length;

describe('optimizeForward', () => {
  // Its convolution reads what a layer before it has trained.
  const deep = { before: conv, ...blockOf(conv) };

  it('pools before it normalizes', () => {
    const before = operatorsOf(deep, { unoptimized: true });
    expect(before.indexOf('MaxPool')).toBeGreaterThan(before.indexOf('Relu'));
    const after = operatorsOf(deep);
    expect(after.indexOf('MaxPool')).toBeLessThan(after.indexOf('ChannelAffine'));
    expect(after.indexOf('ChannelAffine')).toBeLessThan(after.indexOf('Relu'));
  });

  it('takes a convolution of images place by place of the pooling windows', () => {
    const names = operatorsOf(blockOf(conv));
    expect(count(names, 'Conv')).toBe(4);
    expect(count(names, 'WindowMoments')).toBe(1);
    for (const name of ['MaxPool', 'Moments', 'MaxPoolGradient']) expect(names).not.toContain(name);
  });

  it.each([
    ['what is trained', deep, {}],
    [
      'images without zeros around them',
      blockOf(conv2d({ filters: 3, kernelSize: 3, useBias: false, padding: 'valid' })),
      {},
    ],
    [
      'more elements than windows are laid out for',
      blockOf(conv2d({ filters: 3, kernelSize: 9, useBias: false })),
      {},
    ],
    ['images on a GPU', blockOf(conv), { provider: 'webgpu' }],
  ] as const)('keeps pooling as it is after a convolution of %s', (_name, block, choices) => {
    const names = operatorsOf(block, choices);
    expect(count(names, 'MaxPool')).toBe(1);
    expect(names).not.toContain('WindowMoments');
  });

  it.each([
    ['even sides', conv, 8],
    ['odd sides, whose last row and column are left out', conv, 7],
    ['a stride', conv2d({ filters: 3, kernelSize: 5, strides: 2, useBias: false }), 17],
  ])('changes nothing that a step carries on: %s', async (_name, first, side) => {
    const block = blockOf(first);
    expect(operatorsOf(block, { side })).toContain('WindowMoments');
    const noise = Array.from({ length: 2 * side * side }, (_, i) => Math.sin(i * i));
    // Where an image is flat, all places of a window tie.
    const flat = noise.map((value, i) => (i % (side * side) < (side * side) / 2 ? 0.75 : value));
    for (const pixels of [noise, flat]) {
      const expected = await stepped(block, pixels, { side, unoptimized: true });
      const actual = await stepped(block, pixels, { side });
      expect(Object.keys(actual)).toEqual(Object.keys(expected));
      for (const [name, values] of Object.entries(expected)) {
        values.forEach((value, i) => {
          expect(actual[name]![i]!, `${name}, element ${i}`).toBeCloseTo(value, 5);
        });
      }
    }
  });

  it.each([
    ['without normalization', { conv, relu: relu(), pool: maxPooling2d() }],
    ['without ReLU', { conv, norm: batchNormalization(), pool: maxPooling2d() }],
    ['with average pooling', { conv, norm: batchNormalization(), relu: relu(), pool: averagePooling2d() }],
    ['with a bias between', blockOf(conv2d({ filters: 3, kernelSize: 3 }))],
  ])('leaves a block %s as it is', (_name, other) => {
    expect(operatorsOf(other)).toEqual(operatorsOf(other, { unoptimized: true }));
  });
});

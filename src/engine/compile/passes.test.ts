// That the passes do what they say, on the printed graph; that they change no result is tested on whole training
// steps in trajectory.test.ts.

import { describe, expect, it } from 'vitest';
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
import { sgd } from '../optim/transforms.js';
import { compileTrainingStep } from './training-step.js';

function operatorsOf(block: Record<string, Layer>, unoptimized = false): string[] {
  const network = {
    layer: sequential({ ...block, flatten: flatten(), logits: dense({ units: 2 }) }),
    inputShape: [1, 4, 4],
    preprocessing: { scale: 1, offset: 0 },
  };
  const options = {
    network,
    batchSize: 2,
    classes: 2,
    optimizer: sgd(),
    provider: 'cpu',
    ema: false,
  } as const;
  const { text } = compileTrainingStep({ ...options, unoptimized });
  return [...text.matchAll(/ = (\w+)\(/g)].map(([, name]) => name!);
}

const conv = conv2d({ filters: 2, kernelSize: 3, useBias: false });

describe('optimizeForward', () => {
  const block = { conv, norm: batchNormalization(), relu: relu(), pool: maxPooling2d() };

  it('pools before it normalizes', () => {
    const before = operatorsOf(block, true);
    expect(before.indexOf('MaxPool')).toBeGreaterThan(before.indexOf('Relu'));
    const after = operatorsOf(block);
    expect(after.indexOf('MaxPool')).toBeLessThan(after.indexOf('ChannelAffine'));
    expect(after.indexOf('ChannelAffine')).toBeLessThan(after.indexOf('Relu'));
  });

  it.each([
    ['without normalization', { conv, relu: relu(), pool: maxPooling2d() }],
    ['without ReLU', { conv, norm: batchNormalization(), pool: maxPooling2d() }],
    ['with average pooling', { conv, norm: batchNormalization(), relu: relu(), pool: averagePooling2d() }],
    [
      'with a bias between',
      {
        conv: conv2d({ filters: 2, kernelSize: 3 }),
        norm: batchNormalization(),
        relu: relu(),
        pool: maxPooling2d(),
      },
    ],
  ])('leaves a block %s as it is', (_name, other) => {
    expect(operatorsOf(other)).toEqual(operatorsOf(other, true));
  });
});

// Ten training steps against Keras: the golden numbers in test/golden/trajectory, made by generate.py there. Each
// trajectory runs with and without the passes over the forward graph.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classification } from '../nn/classification.js';
import { residual, sequential, squeezeExcitation } from '../nn/compose.js';
import type { Layer } from '../nn/layer.js';
import {
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAveragePooling2d,
  maxPooling2d,
  relu,
} from '../nn/layers.js';
import { maskBitsType } from '../ops/dropout.js';
import { adam, adamw, type Optimizer, sgd } from '../optim/transforms.js';
import { openSession } from '../runtime/session.js';
import { floatTensor, type HostTensor } from '../tensor/array.js';
import { compileForward } from './forward.js';
import type { Network, Weights } from './network.js';
import { compileTrainingStep, initialState, nextName, stepScalars, weightsOf } from './training-step.js';

interface Tensor {
  shape: number[];
  data: number[];
}

interface Trajectory {
  optimizer: { type: string; learningRate: number; globalClipNorm?: number; weightDecay?: number };
  noisy: string[];
  losses: number[];
  /** Of the first step; absent for running statistics. */
  firstGradients: Record<string, Tensor>;
  final: Record<string, Tensor>;
  inferenceProbabilities: Tensor;
}

interface Golden {
  steps: number;
  batchSize: number;
  inputs: Tensor;
  softLabels: Tensor;
  masks?: Tensor;
  initial: Record<string, Tensor>;
  trajectories: Record<string, Trajectory>;
}

function readGolden(file: string): Golden {
  const url = new URL(`../../../test/golden/trajectory/${file}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Golden;
}

const norm = (): Layer => batchNormalization({ momentum: 0.9, epsilon: 1e-3 });
const conv = (filters: number, options: Partial<Parameters<typeof conv2d>[0]> = {}): Layer =>
  conv2d({ filters, kernelSize: 3, useBias: false, ...options });

const plain = sequential({
  conv1: conv(4),
  bn1: norm(),
  relu1: relu(),
  pool1: maxPooling2d(),
  conv2: conv(6, { useBias: true }),
  bn2: norm(),
  relu2: relu(),
  pool2: maxPooling2d(),
  flatten: flatten(),
  dense1: dense({ units: 8, useBias: false }),
  bn3: norm(),
  relu3: relu(),
  dropout: dropout(0.25),
  logits: dense({ units: 3 }),
});

const residualNetwork = sequential({
  stem: sequential({ conv: conv(4), bn: norm(), relu: relu() }),
  block: residual(
    sequential({
      conv1: conv(8, { strides: 2 }),
      bn1: norm(),
      relu: relu(),
      conv2: conv(8, { groups: 2 }),
      bn2: norm(),
      excitation: squeezeExcitation(8, 2),
    }),
    sequential({ conv: conv(8, { kernelSize: 1, strides: 2 }), bn: norm() }),
  ),
  relu1: relu(),
  pool: averagePooling2d(),
  head: sequential({ conv: conv(6, { useBias: true }), relu: relu() }),
  mean: globalAveragePooling2d(),
  logits: dense({ units: 3 }),
});

/** Our path of a weight in the residual network, from Keras's. */
function residualPath(path: string): string {
  return path
    .replace(/^block\/shortcut\//, 'block/SHORTCUT/')
    .replace(/^block\/(conv|bn)/, 'block/body/$1')
    .replace(/^block\/squeeze/, 'block/body/excitation/gate/reduce')
    .replace(/^block\/excite\//, 'block/body/excitation/gate/expand/')
    .replace('SHORTCUT', 'shortcut');
}

const optimizers: Record<string, Optimizer> = {
  adam: adam(),
  sgdNesterov: sgd({ momentum: 0.9, nesterov: true }),
  adamW: adamw({ weightDecay: 0.01, decayFilter: () => true }),
  adamClipped: adam({ clipNorm: 0.5 }),
};

const isState = (path: string): boolean => /\/(mean|variance)$/.test(path);
const toTensor = ({ shape, data }: Tensor): HostTensor => floatTensor(shape, data);

function toWeights(tensors: Record<string, Tensor>, rename: (path: string) => string): Weights {
  const pick = (state: boolean): Record<string, HostTensor> =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([path]) => isState(path) === state)
        .map(([path, tensor]) => [rename(path), toTensor(tensor)]),
    );
  return { parameters: pick(false), state: pick(true) };
}

/** Row `step` of a tensor whose first axis is the step. */
function atStep({ shape, data }: Tensor, step: number): HostTensor {
  const size = data.length / shape[0]!;
  return floatTensor(shape.slice(1), data.slice(step * size, (step + 1) * size));
}

/** The bits of a mask of numbers, 8 in each. */
function toBits({ type, data }: HostTensor): HostTensor {
  const bitsType = maskBitsType(type.shape);
  const words = new Int32Array(bitsType.shape[0]!);
  data.forEach((value, i) => {
    if (value !== 0) words[Math.floor(i / 8)]! |= 1 << (i % 8);
  });
  return { type: bitsType, data: words };
}

function largestDifference(actual: ArrayLike<number | bigint>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce(
    (largest, value, i) =>
      Math.max(largest, Math.abs(Number(actual[i]) - value) / Math.max(1, Math.abs(value))),
    0,
  );
}

const cases = [
  { file: 'trajectory.json', layer: plain, rename: (path: string) => path },
  { file: 'residual.json', layer: residualNetwork, rename: residualPath },
];

for (const { file, layer, rename } of cases) {
  const golden = readGolden(file);
  const network: Network = {
    layer,
    inputShape: golden.inputs.shape.slice(2),
    preprocessing: { scale: 1, offset: 0 },
  };
  describe.each(Object.entries(golden.trajectories))(`${file} by %s`, (name, trajectory) => {
    it.each([false, true])('follows Keras for ten steps (unoptimized: %s)', async (unoptimized) => {
      const optimizer = optimizers[name]!;
      const step = compileTrainingStep({
        network,
        batchSize: golden.batchSize,
        objective: classification(3),
        optimizer,
        provider: 'cpu',
        ema: false,
        unoptimized,
      });
      const session = await openSession(step.model, { threads: 1 });
      let carried = initialState(toWeights(golden.initial, rename), optimizer, false);
      for (let i = 0; i < golden.steps; i++) {
        const results = await session.run({
          ...carried,
          ...stepScalars(optimizer, i + 1, trajectory.optimizer.learningRate, null),
          ...(golden.masks ? { 'masks/0': toBits(atStep(golden.masks, i)) } : {}),
          pixels: atStep(golden.inputs, i),
          targets: atStep(golden.softLabels, i),
        });
        expect(largestDifference(results.loss!.data, [trajectory.losses[i]!])).toBeLessThan(1e-4);
        carried = Object.fromEntries(step.carried.map((path) => [path, results[nextName(path)]!]));
      }
      await session.close();
      for (const [path, expected] of Object.entries(trajectory.final)) {
        const ours = carried[`${isState(path) ? 'state' : 'parameters'}/${rename(path)}`]!;
        // Noise that Adam scales up, in Keras as well: see the golden numbers' README. So are single elements whose
        // gradient begins as rounding noise, as one of bn2/beta does (-4e-9).
        const tolerance = trajectory.noisy.includes(path) ? 1e-2 : 1e-4;
        const gradient = trajectory.firstGradients[path]?.data ?? [];
        const [noise, rest] = [true, false].map((noisy) =>
          expected.data
            .map((_, i) => i)
            .filter((i) => (gradient[i]! !== 0 && Math.abs(gradient[i]!) < 1e-7) === noisy),
        );
        const difference = (elements: readonly number[]): number =>
          largestDifference(
            elements.map((i) => ours.data[i]!),
            elements.map((i) => expected.data[i]!),
          );
        expect(ours.data.length).toBe(expected.data.length);
        expect(difference(rest!), path).toBeLessThan(tolerance);
        expect(difference(noise!), path).toBeLessThan(Math.max(tolerance, 1e-3));
      }
    });

    it('predicts with the final weights what Keras predicts', async () => {
      const weights = toWeights(trajectory.final, rename);
      const fed = await openSession(compileForward(network, 'cpu').toBytes(), { threads: 1 });
      const stored = await openSession(compileForward(network, 'cpu', { stored: weights }).toBytes(), {
        threads: 1,
      });
      const pixels = atStep(golden.inputs, 0);
      const feeds = initialState(weights, [], false);
      for (const [session, inputs] of [
        [fed, { ...feeds, pixels }],
        [stored, { pixels }],
      ] as const) {
        const { probabilities } = await session.run(inputs);
        expect(largestDifference(probabilities!.data, trajectory.inferenceProbabilities.data)).toBeLessThan(
          1e-5,
        );
        await session.close();
      }
      expect(weightsOf(feeds, false).parameters).toEqual(weights.parameters);
    });
  });
}

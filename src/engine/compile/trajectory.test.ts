// Ten training steps against Keras: the golden numbers in test/golden/trajectory, made by generate.py there. Each
// trajectory runs with and without the passes over the forward graph.

import { describe, expect, it } from 'vitest';
import {
  type GoldenTensor,
  goldenNetworks,
  isState,
  toWeights,
} from '../../../test/conformance/golden-networks.js';
import { classification } from '../nn/classification.js';
import { maskBitsType } from '../ops/dropout.js';
import { adam, adamw, type Optimizer, sgd } from '../optim/transforms.js';
import { openSession } from '../runtime/session.js';
import { floatTensor, type HostTensor } from '../tensor/array.js';
import { compileForward } from './forward.js';
import { compileTrainingStep, initialState, nextName, stepScalars, weightsOf } from './training-step.js';

const optimizers: Record<string, Optimizer> = {
  adam: adam(),
  sgdNesterov: sgd({ momentum: 0.9, nesterov: true }),
  adamW: adamw({ weightDecay: 0.01, decayFilter: () => true }),
  adamClipped: adam({ clipNorm: 0.5 }),
};

/** Row `step` of a tensor whose first axis is the step. */
function atStep({ shape, data }: GoldenTensor, step: number): HostTensor {
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

for (const { file, golden, network, rename } of goldenNetworks) {
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

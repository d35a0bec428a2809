// The gradients of a whole network, by its training step on the CPU, against central differences of the step's own loss.

import { expect } from 'vitest';
import { initializeWeights, type Network } from '../../src/engine/compile/network.js';
import {
  compileTrainingStep,
  initialState,
  nextName,
  stepScalars,
} from '../../src/engine/compile/training-step.js';
import type { Objective } from '../../src/engine/nn/objective.js';
import { sgd } from '../../src/engine/optim/transforms.js';
import { openSession } from '../../src/engine/runtime/session.js';
import { floatTensor, type HostTensor } from '../../src/engine/tensor/array.js';
import { Random } from '../../src/random/random.js';

/**
 * Expects, of every parameter tensor of a network, the slope of the loss in a random direction to be what the gradient says.
 *
 * @param feeds what a step is fed, by name: `pixels` and the objective's inputs.
 * @param tolerance of slopes, relative to the largest of all.
 */
export async function expectGradients(
  network: Network,
  objective: Objective,
  feeds: Readonly<Record<string, HostTensor>>,
  { step = 5e-4, tolerance = 0.02, seed = 5 }: { step?: number; tolerance?: number; seed?: number } = {},
): Promise<void> {
  const optimizer = sgd();
  const batchSize = feeds.pixels!.type.shape[0]!;
  const compiled = compileTrainingStep({
    network,
    batchSize,
    objective,
    optimizer,
    provider: 'cpu',
    ema: false,
  });
  const session = await openSession(compiled.model, { threads: 1 });
  const carried = initialState(initializeWeights(network, seed), optimizer, false);
  const run = (changed: Readonly<Record<string, HostTensor>> = {}) =>
    session.run({ ...carried, ...feeds, ...changed, ...stepScalars(optimizer, 1, 1, null) });
  const results = await run();
  const slopes: { name: string; expected: number; found: number }[] = [];
  for (const [name, { type, data }] of Object.entries(carried)) {
    if (!name.startsWith('parameters/')) continue;
    const random = new Random(seed, 'direction', name);
    const values = data as Float32Array;
    const drawn = Float32Array.from(values, () => random.normal());
    const length = Math.sqrt(drawn.reduce((sum, value) => sum + value * value, 0));
    const direction = drawn.map((value) => value / length);
    // At a learning rate of 1 a step takes the gradient off.
    const next = results[nextName(name)]!.data as Float32Array;
    const found = values.reduce((sum, value, i) => sum + (value - next[i]!) * direction[i]!, 0);
    const moved = async (by: number): Promise<number> => {
      const shifted = values.map((value, i) => value + by * direction[i]!);
      return Number((await run({ [name]: floatTensor(type.shape, shifted) })).loss!.data[0]);
    };
    slopes.push({ name, found, expected: ((await moved(step)) - (await moved(-step))) / (2 * step) });
  }
  await session.close();
  const largest = Math.max(...slopes.map(({ expected }) => Math.abs(expected)));
  expect(largest).toBeGreaterThan(0);
  for (const { name, found, expected } of slopes)
    expect(Math.abs(found - expected), `${name}: ${found} for ${expected}`).toBeLessThan(tolerance * largest);
}

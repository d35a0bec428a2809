// Every optimizer on a parabola, run through the runtime; schedules by their values. Exact agreement with Keras is
// tested in ../compile/trajectory.test.ts.

import { describe, expect, it } from 'vitest';
import { compileTrainingStep, initialState, nextName, stepScalars } from '../compile/training-step.js';
import { classification } from '../nn/classification.js';
import { dense } from '../nn/layers.js';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { constantSchedule, cosineSchedule, plateauStart, updatePlateau, withWarmup } from './schedules.js';
import { adam, adamw, type Optimizer, sgd } from './transforms.js';

/** Fits a dense layer to separable points, and gives the losses. */
async function losses(
  optimizer: Optimizer,
  rate: number,
  steps: number,
): Promise<{ losses: number[]; norm: number }> {
  const network = { layer: dense({ units: 2 }), inputShape: [2], preprocessing: { scale: 1, offset: 0 } };
  const step = compileTrainingStep({
    network,
    batchSize: 4,
    objective: classification(2),
    optimizer,
    provider: 'cpu',
    ema: false,
  });
  const session = await openSession(step.model, { threads: 1 });
  const kernel = floatTensor([2, 2], [0.5, -0.25, 0.75, 1]);
  let carried = initialState(
    { parameters: { kernel, bias: floatTensor([2], [0, 0]) }, state: {} },
    optimizer,
    false,
  );
  const result: number[] = [];
  for (let i = 1; i <= steps; i++) {
    const output = await session.run({
      ...carried,
      ...stepScalars(optimizer, i, rate, null),
      pixels: floatTensor([4, 2], [1, 2, 2, 1, -1, -2, -2, -1]),
      targets: floatTensor([4, 2], [1, 0, 1, 0, 0, 1, 0, 1]),
    });
    result.push(Number(output.loss!.data[0]));
    carried = Object.fromEntries(step.carried.map((name) => [name, output[nextName(name)]!]));
  }
  await session.close();
  const weights = carried['parameters/kernel']!.data as Float32Array;
  return { losses: result, norm: Math.hypot(...weights) };
}

const all: [string, Optimizer, number][] = [
  ['sgd', sgd(), 0.5],
  ['momentum', sgd({ momentum: 0.9 }), 0.1],
  ['nesterov', sgd({ momentum: 0.9, nesterov: true }), 0.1],
  ['adam', adam(), 0.1],
  ['adamw', adamw(), 0.1],
  ['clipped adam', adam({ clipNorm: 0.1 }), 0.1],
];

describe.each(all)('%s', (_name, optimizer, rate) => {
  it('brings the loss down', async () => {
    const { losses: course } = await losses(optimizer, rate, 40);
    expect(course.at(-1)!).toBeLessThan(course[0]! / 5);
  });
});

describe('weight decay', () => {
  it('keeps weights smaller, in both forms', async () => {
    const free = await losses(sgd({ momentum: 0.9 }), 0.1, 60);
    const everywhere = () => true;
    const coupled = await losses(sgd({ momentum: 0.9, weightDecay: 0.1, decayFilter: everywhere }), 0.1, 60);
    const decoupled = await losses(adamw({ weightDecay: 0.5, decayFilter: everywhere }), 0.1, 60);
    const adamFree = await losses(adam(), 0.1, 60);
    expect(coupled.norm).toBeLessThan(free.norm * 0.8);
    expect(decoupled.norm).toBeLessThan(adamFree.norm * 0.8);
  });
});

describe('schedules', () => {
  it('keeps a constant rate', () => {
    expect(constantSchedule(0.1)(1)).toBe(0.1);
    expect(constantSchedule(0.1)(1000)).toBe(0.1);
  });

  it('follows half a cosine from the peak to the floor', () => {
    const schedule = cosineSchedule(1, 100, 0.1);
    expect(schedule(1)).toBe(1);
    expect(schedule(51)).toBeCloseTo(0.55);
    expect(schedule(101)).toBeCloseTo(0.1);
    expect(schedule(500)).toBeCloseTo(0.1);
  });

  it('warms up linearly, then begins the schedule', () => {
    const schedule = withWarmup(3, 1, cosineSchedule(1, 10));
    expect([1, 2, 3, 4].map(schedule)).toEqual([0.25, 0.5, 0.75, 1]);
  });

  it('reduces on a plateau as Keras does, and not below the floor', () => {
    const options = { factor: 0.1, patience: 2, minDelta: 0, floor: 0.05, rate: 1 };
    let state = plateauStart;
    const factors = [3, 2, 2, 2, 1.5, 1.5, 1.5].map((loss) => {
      state = updatePlateau(state, loss, options);
      return state.factor;
    });
    expect(factors).toEqual([1, 1, 1, 0.1, 0.1, 0.1, 0.05]);
  });
});

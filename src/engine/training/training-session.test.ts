import { describe, expect, it } from 'vitest';
import { Random } from '../../random/random.js';
import { initializeWeights, type Network } from '../compile/network.js';
import { compileTrainingStep, initialState } from '../compile/training-step.js';
import { classification } from '../nn/classification.js';
import { sequential } from '../nn/compose.js';
import type { Distillation } from '../nn/distillation.js';
import {
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAveragePooling2d,
  maxPooling2d,
  relu,
} from '../nn/layers.js';
import { adam } from '../optim/transforms.js';
import { channelBlock } from '../runtime/channel-block.js';
import type { HostTensor } from '../tensor/array.js';
import { TrainingSession } from './training-session.js';

const network: Network = {
  layer: sequential({
    conv: conv2d({ filters: 4, kernelSize: 3, useBias: false }),
    norm: batchNormalization(),
    relu: relu(),
    pool: maxPooling2d(),
    dropout: dropout(0.25),
    flatten: flatten(),
    logits: dense({ units: 2 }),
  }),
  inputShape: [1, 6, 6],
  preprocessing: { scale: 1 / 255, offset: 0 },
};

function open(
  carried?: Readonly<Record<string, HostTensor>>,
  emaDecay: number | null = null,
  distillation?: Distillation,
  repeats = false,
): TrainingSession {
  const optimizer = adam();
  const ema = emaDecay !== null;
  return new TrainingSession(
    (batchSize) =>
      compileTrainingStep({
        network,
        batchSize,
        objective: classification(2, distillation),
        optimizer,
        provider: 'cpu',
        ema,
        repeats,
      }),
    carried ?? initialState(initializeWeights(network, 3), optimizer, ema),
    { optimizer, seed: 3, emaDecay, threads: 1 },
  );
}

/** Images whose class is which half is brighter; the last batch of four is smaller. */
function batch(step: number): { size: number; inputs: { pixels: Float32Array; targets: Float32Array } } {
  const random = new Random(1, step);
  const size = step % 4 === 0 ? 5 : 8;
  const pixels = new Float32Array(size * 36);
  const targets = new Float32Array(size * 2);
  for (let i = 0; i < size; i++) {
    const bright = random.integer(2);
    targets[i * 2 + bright] = 1;
    for (let j = 0; j < 36; j++)
      pixels[i * 36 + j] = random.uniform(0, 100) + (Number(j % 6 > 2) === bright ? 100 : 0);
  }
  return { size, inputs: { pixels, targets } };
}

async function steps(session: TrainingSession, from: number, to: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = from; step <= to; step++) {
    const { size, inputs } = batch(step);
    losses.push((await session.run(size, { inputs, step, learningRate: 0.01 })).loss);
  }
  return losses;
}

const copyOf = async (session: TrainingSession): Promise<Record<string, HostTensor>> =>
  Object.fromEntries(
    Object.entries(await session.readCarried()).map(([name, { type, data }]) => [
      name,
      { type, data: data.slice() },
    ]),
  );

describe('TrainingSession', () => {
  it('learns, with batches of different sizes', async () => {
    const session = open();
    const losses = await steps(session, 1, 40);
    await session.close();
    expect(losses.slice(-5).reduce((sum, loss) => sum + loss, 0) / 5).toBeLessThan(losses[0]! / 2);
  });

  it('continues from a copy of what it carries exactly as if it had not stopped', async () => {
    const whole = open();
    const expected = await steps(whole, 1, 12);
    const first = open();
    await steps(first, 1, 7);
    const second = open(await copyOf(first));
    expect(await steps(second, 8, 12)).toEqual(expected.slice(7));
    const continued = await second.readCarried();
    for (const [name, { data }] of Object.entries(await whole.readCarried())) {
      expect(Buffer.compare(Buffer.from(data.buffer), Buffer.from(continued[name]!.data.buffer)), name).toBe(
        0,
      );
    }
    for (const session of [whole, first, second]) await session.close();
  });

  it('drops other units at every step and for every seed', async () => {
    const losses = await Promise.all(
      [1, 2].map(async (step) => {
        const session = open();
        const { size, inputs } = batch(1);
        const { loss } = await session.run(size, { inputs, step, learningRate: 0 });
        await session.close();
        return loss;
      }),
    );
    expect(losses[0]).not.toBe(losses[1]);
  });

  it('keeps averages of parameters and running statistics beside them', async () => {
    const session = open(undefined, 0.9);
    const start = await copyOf(session);
    await steps(session, 1, 3);
    // decay of the first steps: (1 + t) / (10 + t)
    let expected = Number(start['parameters/logits/bias']!.data[0]);
    const replay = open(undefined, 0.9);
    for (let step = 1; step <= 3; step++) {
      await steps(replay, step, step);
      const value = Number((await replay.readCarried())['parameters/logits/bias']!.data[0]);
      expected += (value - expected) * (1 - Math.min(0.9, (1 + step) / (10 + step)));
    }
    const carried = await session.readCarried();
    expect(Number(carried['ema/parameters/logits/bias']!.data[0])).toBeCloseTo(expected, 6);
    expect(carried['ema/state/norm/mean']!.data).not.toEqual(carried['state/norm/mean']!.data);
    await session.close();
    await replay.close();
  });

  it('makes several steps in one run exactly as one by one', async () => {
    const inputs = [1, 2, 3, 4, 5].map((step) => {
      const { size, inputs: fed } = batch(step === 4 ? 9 : step); // every fourth is smaller
      expect(size).toBe(8);
      return { inputs: fed, step, learningRate: 0.01 / step };
    });
    const sessions = [open(undefined, 0.9), open(undefined, 0.9, undefined, true)] as const;
    const [single, several] = sessions;
    const expected = [];
    for (const input of inputs) expected.push(await single.run(8, input));
    expect([
      ...(await several.runSteps(8, inputs.slice(0, 3))),
      ...(await several.runSteps(8, inputs.slice(3))),
    ]).toEqual(expected);
    expect(await copyOf(several)).toEqual(await copyOf(single));
    for (const session of sessions) await session.close();
  });

  it('makes steps one by one where the graph makes one a run', async () => {
    const inputs = [1, 2, 3].map((step) => ({ ...batch(step), step, learningRate: 0.01 }));
    const [single, several] = [open(), open()];
    const expected = [];
    for (const input of inputs) expected.push(await single.run(8, input));
    expect(await several.runSteps(8, inputs)).toEqual(expected);
    for (const session of [single, several]) await session.close();
  });

  it('learns from a teacher alone as from its probabilities as soft labels', async () => {
    const {
      size,
      inputs: { pixels, targets },
    } = batch(1);
    const shares = targets.map((value) => (value === 1 ? 0.8 : 0.2));
    const [labelled, distilled] = [open(), open(undefined, null, { weight: 1, temperature: 1 })];
    const rates = { step: 1, learningRate: 0.01 };
    const { loss } = await labelled.run(size, { inputs: { pixels, targets: shares }, ...rates });
    const teacher = shares.map(Math.log);
    // The labels, turned round here, have no say at weight 1.
    const turned = targets.map((value) => 1 - value);
    const result = await distilled.run(size, { inputs: { pixels, targets: turned, teacher }, ...rates });
    const entropy = -0.8 * Math.log(0.8) - 0.2 * Math.log(0.2);
    expect(result.loss).toBeCloseTo(loss - entropy, 5);
    const weights = async (session: TrainingSession) =>
      (await session.readCarried())['parameters/logits/kernel']!.data;
    const expected = await weights(labelled);
    (await weights(distilled)).forEach((value, i) => {
      expect(Number(value)).toBeCloseTo(Number(expected[i]), 5);
    });
    await labelled.close();
    await distilled.close();
  });
});

const block = await channelBlock('cpu');

it.runIf(block !== null)('takes the same steps by blocks of channels', async () => {
  const wide: Network = {
    ...network,
    layer: sequential({
      stem: conv2d({ filters: block!, kernelSize: 3 }),
      relu: relu(),
      conv: conv2d({ filters: 2 * block!, kernelSize: 3, useBias: false }),
      norm: batchNormalization(),
      relu2: relu(),
      strided: conv2d({ filters: block!, kernelSize: 3, strides: 2 }),
      pool: globalAveragePooling2d(),
      logits: dense({ units: 2 }),
    }),
  };
  const optimizer = adam();
  const train = async (channelBlock: number | null) => {
    const session = new TrainingSession(
      (batchSize) =>
        compileTrainingStep({
          network: wide,
          batchSize,
          objective: classification(2),
          optimizer,
          provider: 'cpu',
          channelBlock,
          ema: false,
        }),
      initialState(initializeWeights(wide, 3), optimizer, false),
      { optimizer, seed: 3, emaDecay: null, threads: 1 },
    );
    const losses = await steps(session, 1, 5);
    await session.close();
    return losses;
  };
  const [plain, blocked] = [await train(null), await train(block)];
  expect(plain[4]).toBeLessThan(plain[0]!);
  plain.forEach((loss, i) => {
    expect(blocked[i]).toBeCloseTo(loss, 4);
  });
});

it('trains the same weights on images of several sizes', async () => {
  const anySize: Network = {
    ...network,
    layer: sequential({
      conv: conv2d({ filters: 4, kernelSize: 3, useBias: false }),
      norm: batchNormalization(),
      relu: relu(),
      pool: globalAveragePooling2d(),
      dropout: dropout(0.25),
      logits: dense({ units: 2 }),
    }),
  };
  const optimizer = adam();
  const session = new TrainingSession(
    (batchSize, inputShape = anySize.inputShape) =>
      compileTrainingStep({
        network: { ...anySize, inputShape },
        batchSize,
        objective: classification(2),
        optimizer,
        provider: 'cpu',
        ema: false,
      }),
    initialState(initializeWeights(anySize, 3), optimizer, false),
    { optimizer, seed: 3, emaDecay: null, threads: 1 },
  );
  const targets = Float32Array.of(1, 0, 0, 1);
  let step = 0;
  const losses: number[] = [];
  for (const side of [4, 4, 6, 6, 4]) {
    const half = side * side;
    const pixels = Float32Array.from({ length: 2 * half }, (_, i) => (i < half ? 200 : 40) + (i % 7));
    step++;
    losses.push(
      (
        await session.run(2, {
          inputs: { pixels, targets },
          imageShape: [1, side, side],
          step,
          learningRate: 0.05,
        })
      ).loss,
    );
  }
  await session.close();
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  expect(new Set(losses).size).toBe(losses.length);
});

// Whole training steps on WebGPU against the CPU, for every network, with weights that stay on the device.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compileForward } from '../../src/engine/compile/forward.js';
import { initializeWeights } from '../../src/engine/compile/network.js';
import { compileTrainingStep, initialState } from '../../src/engine/compile/training-step.js';
import { classification } from '../../src/engine/nn/classification.js';
import { below } from '../../src/engine/nn/layer.js';
import type { Device } from '../../src/engine/runtime/device.js';
import { DeviceTensor, openSession } from '../../src/engine/runtime/session.js';
import { floatTensor, type HostTensor } from '../../src/engine/tensor/array.js';
import { TrainingSession } from '../../src/engine/training/training-session.js';
import { createNetwork } from '../../src/models/create.js';
import { Random } from '../../src/random/random.js';
import { resolveTrainConfig, type TrainConfigOverrides } from '../../src/train/config/config.js';
import { type PresetName, presetNames } from '../../src/train/config/presets.js';
import { createOptimizer } from '../../src/train/loop/optimizer.js';
import { named, obstacle } from './driver.js';

const classes = 3;
const batchSize = 2;

interface Trained {
  losses: number[];
  /** What the last step left, where it was asked for. */
  carried: Readonly<Record<string, HostTensor>>;
  probabilities: ArrayLike<number | bigint>;
}

/** Compiles the whole step of a preset's network. */
function stepOf(preset: PresetName, device: Device, overrides: TrainConfigOverrides) {
  const config = resolveTrainConfig(preset, { data: { path: '.' }, ...overrides });
  const network = createNetwork(config.model, config.data.imageSize, classes, config.augment.crop);
  const optimizer = createOptimizer(config.optimizer);
  const ema = config.train.ema !== null;
  const compile = (size: number, inputShape = network.inputShape) =>
    compileTrainingStep({
      network: { ...network, inputShape },
      batchSize: size,
      objective: classification(classes),
      optimizer,
      provider: device,
      ema,
    });
  return { config, network, optimizer, ema, compile };
}

/**
 * Trains a preset's network for some steps on drawn images, then predicts with what it carries.
 *
 * @param keep whether what it carries is read back. Where it isn't, closing is all that is left to do.
 */
async function train(
  preset: PresetName,
  device: Device,
  steps: number,
  overrides: TrainConfigOverrides = {},
  { sideAt = () => null, keep = false }: { sideAt?: (step: number) => number | null; keep?: boolean } = {},
): Promise<Trained> {
  const { config, network, optimizer, ema, compile } = stepOf(preset, device, overrides);
  const session = new TrainingSession(compile, initialState(initializeWeights(network, 1), optimizer, ema), {
    optimizer,
    seed: 1,
    emaDecay: config.train.ema,
    threads: 1,
    device,
  });
  const draw = (step: number, shape: readonly number[]): Float32Array => {
    const random = new Random(2, step);
    return Float32Array.from({ length: shape.reduce((a, b) => a * b, batchSize) }, () =>
      random.uniform(0, 255),
    );
  };
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const targets = new Float32Array(batchSize * classes);
    for (let i = 0; i < batchSize; i++) targets[i * classes + ((step + i) % classes)] = 1;
    const side = sideAt(step);
    const imageShape = side === null ? network.inputShape : [1, side, side];
    const pixels = draw(step, imageShape);
    const { loss } = await session.run(batchSize, {
      inputs: { pixels, targets },
      imageShape,
      step,
      learningRate: 1e-3,
    });
    losses.push(loss);
  }
  const onDevice = Object.values(session.carried).every((tensor) => tensor instanceof DeviceTensor);
  expect(onDevice).toBe(device === 'webgpu');
  const forward = await openSession(compileForward(network, device).toBytes(), { device, threads: 1 });
  const shape = network.imageShape ?? network.inputShape;
  const pixels = floatTensor([batchSize, ...shape], draw(0, shape));
  const weights = ema ? below(session.carried, 'ema') : session.carried;
  const { probabilities } = await forward.run({ ...weights, pixels });
  const carried = keep ? await session.readCarried() : {};
  await forward.close();
  await session.close();
  return { losses, carried, probabilities: probabilities!.data };
}

function largestDifference(actual: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const scale = Math.max(1, Math.abs(Number(expected[i])));
    largest = Math.max(largest, Math.abs(Number(actual[i]) - Number(expected[i])) / scale);
  }
  return largest;
}

describe.skipIf(obstacle !== null)(named('training on WebGPU'), () => {
  it('follows the CPU over steps of a small seed network, dropout included', async () => {
    const small = {
      data: { path: '.', imageSize: { width: 16, height: 16 } },
      model: { convFilters: [6, 8], denseUnits: [16] },
    };
    const [cpu, webgpu] = [
      await train('seed', 'cpu', 6, small, { keep: true }),
      await train('seed', 'webgpu', 6, small, { keep: true }),
    ];
    expect(Object.keys(cpu.carried)).not.toEqual([]);
    expect(largestDifference(webgpu.losses, cpu.losses)).toBeLessThan(1e-3);
    expect(largestDifference(webgpu.probabilities, cpu.probabilities)).toBeLessThan(1e-3);
    for (const [name, { data }] of Object.entries(cpu.carried)) {
      expect(largestDifference(webgpu.carried[name]!.data, data), name).toBeLessThan(5e-3);
    }
  });

  const once = new Map<string, [cpu: Trained, webgpu: Trained]>();

  it.each(presetNames)(
    'runs the whole step of %s there, with the loss that the CPU gives',
    async (preset) => {
      // On small images where the layers allow it: a software driver is slow.
      const small = { data: { path: '.', imageSize: { width: 16, height: 16 } }, augment: { crop: null } };
      const size = ['deepid', 'deepface'].includes(preset) ? {} : small;
      // Presets may differ in what a step is given alone (quick and tiny): the same bytes run once.
      const bytes = Buffer.from(stepOf(preset, 'webgpu', size).compile(batchSize).model);
      const key = createHash('sha256').update(bytes).digest('hex');
      if (!once.has(key))
        once.set(key, [await train(preset, 'cpu', 1, size), await train(preset, 'webgpu', 1, size)]);
      const [cpu, webgpu] = once.get(key)!;
      expect(largestDifference(webgpu.losses, cpu.losses)).toBeLessThan(1e-3);
      expect(largestDifference(webgpu.probabilities, cpu.probabilities)).toBeLessThan(1e-2);
    },
  );

  it('keeps the weights where images grow, and the session of their last size closes', async () => {
    const small = { data: { path: '.', imageSize: { width: 24, height: 24 } }, augment: { crop: null } };
    const sideAt = (step: number) => (step < 3 ? 16 : 24);
    const [cpu, webgpu] = [
      await train('tiny', 'cpu', 3, small, { sideAt }),
      await train('tiny', 'webgpu', 3, small, { sideAt }),
    ];
    // Statistics of two images in so deep a network make much of rounding.
    expect(largestDifference(webgpu.losses, cpu.losses)).toBeLessThan(1e-2);
  });

  it('refuses a graph that it could only run in part', async () => {
    const { OnnxGraph } = await import('../../src/engine/onnx/model.js');
    const onnx = new OnnxGraph('signs');
    onnx.addNode('Sign', [onnx.input('x', 'float32', [2])], ['y']);
    onnx.output('y', 'float32', [2]);
    await expect(openSession(onnx.toBytes(), { device: 'webgpu' })).rejects.toMatchObject({
      kind: 'device',
      message: expect.stringMatching(/operators that ONNX Runtime's WebGPU provider lacks/),
    });
  });
});

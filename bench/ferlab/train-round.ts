// One round of training by ferlab, in a process of its own: `step`, one fixed batch again and again, and `pipeline`,
// from image files through decoding and the preset's augmentation to the step. Uses what `ferlab train` uses, put
// together as src/train/train.ts and fit.ts do. Prints one JSON object.

import { parseArgs } from 'node:util';
import { type BatchLoader, createBatchLoader, equalBatches } from '../../dist/data/store/batches.js';
import { initializeWeights, type Network } from '../../dist/engine/compile/network.js';
import { compileTrainingStep, initialState } from '../../dist/engine/compile/training-step.js';
import { channelBlock } from '../../dist/engine/runtime/channel-block.js';
import { type Device, devices } from '../../dist/engine/runtime/device.js';
import { type StepInput, stepsPerRun, TrainingSession } from '../../dist/engine/training/training-session.js';
import { Random } from '../../dist/random/random.js';
import { resolveTrainConfig, type TrainConfig } from '../../dist/train/config/config.js';
import { type PresetName, presetNames } from '../../dist/train/config/presets.js';
import { mixBatch } from '../../dist/train/loop/mixup.js';
import { createOptimizer } from '../../dist/train/loop/optimizer.js';
import { softTargets } from '../../dist/train/loop/targets.js';
import { openTrainingData } from '../../dist/train/run/training-data.js';
import { requireHardware } from './hardware.js';
import { pipelineTimings, printResult, timeCalls, timings } from './timing.js';
import { classCount, networkOf } from './work.js';

const learningRate = 1e-3;

function oneOf<T extends string>(option: string, names: readonly T[], text: string): T {
  const found = names.find((name) => name === text);
  if (found === undefined)
    throw new Error(`${option}: expected one of ${names.join(', ')}; found "${text}".`);
  return found;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      preset: { type: 'string', default: 'seed' },
      device: { type: 'string', default: 'cpu' },
      train: { type: 'string' },
      validation: { type: 'string' },
      batch: { type: 'string', default: '64' },
      steps: { type: 'string', default: '10' },
      warmup: { type: 'string', default: '3' },
      threads: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const { train, validation } = values;
  return {
    preset: oneOf<PresetName>('--preset', presetNames, values.preset),
    device: oneOf<Device>('--device', devices, values.device),
    folders: train === undefined || validation === undefined ? null : { train, validation },
    batch: Number(values.batch),
    steps: Number(values.steps),
    warmup: Number(values.warmup),
    threads: values.threads === undefined ? undefined : Number(values.threads),
    only: values.only,
  };
}

type Arguments = ReturnType<typeof readArguments>;

async function openSession(config: TrainConfig, network: Network, device: Device): Promise<TrainingSession> {
  const optimizer = createOptimizer(config.optimizer);
  const ema = config.optimizer.ema !== null;
  const block = await channelBlock(device);
  return new TrainingSession(
    (batchSize) =>
      compileTrainingStep({
        network,
        batchSize,
        classes: classCount,
        optimizer,
        ema,
        provider: device,
        channelBlock: block,
      }),
    initialState(initializeWeights(network, config.train.seed), optimizer, ema),
    {
      optimizer,
      seed: config.train.seed,
      emaDecay: config.optimizer.ema,
      threads: config.train.threads,
      device,
    },
  );
}

/** What the network is trained towards. */
const targetsOf = (labels: Int32Array, { train }: TrainConfig): Float32Array =>
  softTargets(labels, classCount, train.labelSmoothing, null);

/** Milliseconds of one step, from those of runs that make several at once. */
const perStep = (times: readonly number[], steps: number): number[] => times.map((time) => time / steps);

async function measureStep(
  { device, batch, steps, warmup }: Arguments,
  config: TrainConfig,
  session: TrainingSession,
  pixelCount: number,
) {
  const pixels = Float32Array.from({ length: batch * pixelCount }, (_, i) => (i * 7919) % 256);
  const targets = targetsOf(
    Int32Array.from({ length: batch }, (_, i) => i % classCount),
    config,
  );
  const atOnce = stepsPerRun(device);
  const inputs = (run: number): StepInput[] =>
    Array.from({ length: atOnce }, (_, i) => ({ pixels, targets, step: run * atOnce + i + 1, learningRate }));
  const times = await timeCalls((i) => session.runSteps(batch, inputs(i)), steps, Math.min(warmup, 3));
  return timings(perStep(times, atOnce), batch);
}

/** Batches of epoch after epoch. */
async function* endlessly(loader: BatchLoader) {
  if (loader.batchesPerEpoch === 0) throw new Error('expected at least one batch of images, found fewer.');
  for (let epoch = 0; ; epoch++) yield* loader.epoch(epoch);
}

/** @returns times of steps; `steps` and `warmup` count runs of the engine, which makes several steps at once on CUDA. */
async function measurePipeline(
  { device, batch, steps, warmup }: Arguments,
  config: TrainConfig,
  session: TrainingSession,
) {
  const atOnce = stepsPerRun(device);
  const start = performance.now();
  let read = Number.NaN;
  const data = await openTrainingData(config, {
    onProgress: ({ type }) => {
      if (type === 'log' && Number.isNaN(read)) read = performance.now(); // told when names and labels are read
    },
  });
  const decoded = performance.now();
  try {
    const loader = createBatchLoader(data.training, {
      batchSize: batch,
      seed: config.train.seed,
      augment: config.augment,
      ahead: 4 * atOnce,
      dropRemainder: true,
    });
    const ends: number[] = [];
    let [step, waited] = [0, 0];
    for await (const batches of equalBatches(endlessly(loader), atOnce)) {
      const inputs = batches.map(({ pixels, labels }): StepInput => {
        step++;
        const targets = targetsOf(labels, config);
        const { mixup, seed } = config.train;
        const given =
          mixup === null
            ? { pixels, targets }
            : mixBatch(pixels, targets, batch, mixup, new Random(seed, 'mixup', step));
        return { pixels: given.pixels, targets: given.targets, step, learningRate };
      });
      await session.runSteps(batch, inputs);
      ends.push(performance.now());
      for (const { waitSeconds, release } of batches) {
        release();
        if (ends.length > warmup) waited += waitSeconds * 1000;
      }
      if (ends.length === warmup + steps) break;
    }
    const runs = ends.slice(warmup).map((end, i) => end - ends[warmup - 1 + i]!);
    const times = perStep(runs, atOnce);
    const images = data.training.count + data.validation.count;
    return {
      ...pipelineTimings(times, batch),
      waitShare: waited / (ends.at(-1)! - ends[warmup - 1]!),
      readMicroseconds: (1000 * (read - start)) / images,
      decodeMicroseconds: (1000 * (decoded - read)) / images,
    };
  } finally {
    await data.close();
  }
}

async function measure(given: Arguments) {
  const { preset, device, folders, batch, threads, only } = given;
  const config = resolveTrainConfig(preset, {
    data: folders ?? { path: 'unused' },
    train: { batchSize: batch, ...(threads === undefined ? {} : { threads }) },
  });
  const network = networkOf(config);
  const session = await openSession(config, network, device);
  await session.prepare(batch);
  requireHardware(device);
  const pixelCount = network.inputShape.reduce((product, size) => product * size, 1);
  const result = {
    preset,
    device,
    batch,
    ...(only === 'pipeline' ? {} : { step: await measureStep(given, config, session, pixelCount) }),
    ...(only === 'step' ? {} : { pipeline: await measurePipeline(given, config, session) }),
  };
  await session.close();
  return result;
}

try {
  printResult(await measure(readArguments()));
} catch (error) {
  // The last line is what the report says.
  console.error((error as Error).message.replace(/\s+/g, ' ').trim());
  process.exit(1);
}

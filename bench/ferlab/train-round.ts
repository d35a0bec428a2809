// One round of training by ferlab, in a process of its own: `step`, one fixed batch again and again, and `pipeline`,
// from image files through decoding and the preset's augmentation to the step. The session, the batches and what a step is
// fed are those of `ferlab train`. Prints one JSON object.

import { parseArgs } from 'node:util';
import { initializeWeights } from '../../dist/engine/compile/network.js';
import { classification } from '../../dist/engine/nn/classification.js';
import { type Device, devices } from '../../dist/engine/runtime/device.js';
import {
  type StepInput,
  stepsPerRun,
  type TrainingSession,
} from '../../dist/engine/training/training-session.js';
import { softTargets } from '../../dist/train/classification/targets.js';
import { classificationTask } from '../../dist/train/classification/task.js';
import { openTrainingData } from '../../dist/train/classification/training-data.js';
import { resolveTrainConfig, type TrainConfig } from '../../dist/train/config/config.js';
import { type PresetName, presetNames } from '../../dist/train/config/presets.js';
import { equalBatches } from '../../dist/train/loop/equal-batches.js';
import { prepareSession } from '../../dist/train/loop/prepare.js';
import { forThisMachine, type RunConfig } from '../../dist/train/loop/run-config.js';
import type { RunTask, TaskBatch } from '../../dist/train/loop/task.js';
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
    Array.from({ length: atOnce }, (_, i) => ({
      inputs: { pixels, targets },
      step: run * atOnce + i + 1,
      learningRate,
    }));
  const times = await timeCalls((i) => session.runSteps(batch, inputs(i)), steps, Math.min(warmup, 3));
  return timings(perStep(times, atOnce), batch);
}

/** Whole batches of epoch after epoch. */
async function* endlessly({ batches, trainingImages }: RunTask, size: number): AsyncGenerator<TaskBatch> {
  if (trainingImages < size) throw new Error(`expected at least ${size} images, found ${trainingImages}.`);
  for (let epoch = 0; ; epoch++) {
    for await (const batch of batches(epoch)) {
      if (batch.size === size) yield batch;
      else batch.release();
    }
  }
}

/** @returns times of steps; `steps` and `warmup` count runs of the engine, which makes several steps at once on CUDA. */
async function measurePipeline(
  { device, batch, steps, warmup }: Arguments,
  config: RunConfig,
  session: TrainingSession,
) {
  const atOnce = stepsPerRun(device);
  const start = performance.now();
  let read = Number.NaN;
  const data = await openTrainingData(config, {
    onProgress: ({ type }) => {
      if (type === 'log' && Number.isNaN(read)) read = performance.now(); // logged once names and labels are read
    },
  });
  const decoded = performance.now();
  try {
    const task = classificationTask(config, data, device);
    await task.prepare?.({});
    const ends: number[] = [];
    let [step, waited] = [0, 0];
    for await (const batches of equalBatches(endlessly(task, batch), atOnce)) {
      const inputs: StepInput[] = [];
      for (const given of batches) {
        step++;
        inputs.push({ inputs: await given.inputs(step), step, learningRate });
      }
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
  const config = forThisMachine(
    resolveTrainConfig(preset, {
      data: folders ?? { path: 'unused' },
      // Whole images in every epoch, as in the peers.
      train: { batchSize: batch, growth: null, ...(threads === undefined ? {} : { threads }) },
    }),
  );
  const network = networkOf(config);
  const { session } = await prepareSession(
    {
      network,
      objective: classification(classCount),
      firstWeights: () => initializeWeights(network, config.train.seed),
    },
    config,
    device,
    {},
  );
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
  // The report shows the last line.
  console.error((error as Error).message.replace(/\s+/g, ' ').trim());
  process.exit(1);
}

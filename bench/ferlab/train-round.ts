// One round of training by ferlab, in a process of its own: `step`, one fixed batch again and again, and `pipeline`,
// from image files through decoding, shear, zoom and flip to the step. Uses what `ferlab train` uses, put together as
// src/train/train.ts does. Prints one JSON object.

import { parseArgs } from 'node:util';
import { type BatchLoader, createBatchLoader } from '../../dist/data/batches.js';
import { initializeWeights, type Network } from '../../dist/engine/compile/network.js';
import { compileTrainingStep, initialState } from '../../dist/engine/compile/training-step.js';
import { TrainingSession } from '../../dist/engine/training/training-session.js';
import { createNetwork } from '../../dist/models/create.js';
import { resolveTrainConfig, type TrainConfig } from '../../dist/train/config.js';
import { createOptimizer } from '../../dist/train/optimizer.js';
import { openTrainingData } from '../../dist/train/training-data.js';
import { pipelineTimings, printResult, timeCalls, timings } from './timing.js';

const classCount = 7;
const learningRate = 1e-3;

function readArguments() {
  const { values } = parseArgs({
    options: {
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
    folders: train === undefined || validation === undefined ? null : { train, validation },
    batch: Number(values.batch),
    steps: Number(values.steps),
    warmup: Number(values.warmup),
    threads: values.threads === undefined ? undefined : Number(values.threads),
    only: values.only,
  };
}

type Arguments = ReturnType<typeof readArguments>;

function openSession(config: TrainConfig, network: Network, classes: number): TrainingSession {
  const optimizer = createOptimizer(config.optimizer);
  return new TrainingSession(
    (batchSize) =>
      compileTrainingStep({ network, batchSize, classes, optimizer, provider: 'cpu', ema: false }),
    initialState(initializeWeights(network, config.train.seed), optimizer, false),
    { optimizer, seed: config.train.seed, emaDecay: null, threads: config.train.threads },
  );
}

function oneHot(labels: Int32Array, classes: number): Float32Array {
  const targets = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    targets[i * classes + label] = 1;
  });
  return targets;
}

async function measureStep(
  { batch, steps, warmup }: Arguments,
  session: TrainingSession,
  pixelCount: number,
) {
  const pixels = Float32Array.from({ length: batch * pixelCount }, (_, i) => (i * 7919) % 256);
  const targets = oneHot(
    Int32Array.from({ length: batch }, (_, i) => i % classCount),
    classCount,
  );
  const times = await timeCalls(
    (i) => session.run(batch, { pixels, targets, step: i + 1, learningRate }),
    steps,
    Math.min(warmup, 3),
  );
  return timings(times, batch);
}

/** Batches of epoch after epoch. */
async function* endlessly(loader: BatchLoader) {
  if (loader.batchesPerEpoch === 0) throw new Error('expected at least one batch of images, found fewer.');
  for (let epoch = 0; ; epoch++) yield* loader.epoch(epoch);
}

async function measurePipeline(
  { batch, steps, warmup }: Arguments,
  config: TrainConfig,
  session: TrainingSession,
) {
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
      dropRemainder: true,
    });
    const ends: number[] = [];
    let waited = 0;
    for await (const { pixels, labels, waitSeconds, release } of endlessly(loader)) {
      const step = ends.length + 1;
      await session.run(batch, { pixels, targets: oneHot(labels, classCount), step, learningRate });
      release();
      ends.push(performance.now());
      if (step > warmup) waited += waitSeconds * 1000;
      if (step === warmup + steps) break;
    }
    const times = ends.slice(warmup).map((end, i) => end - ends[warmup - 1 + i]!);
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

const argumentsGiven = readArguments();
const { folders, batch, threads, only } = argumentsGiven;
const config = resolveTrainConfig('seed', {
  data: folders ?? { path: 'unused' },
  train: { batchSize: batch, ...(threads === undefined ? {} : { threads }) },
});
const network = createNetwork(config.model, config.data.imageSize, classCount);
const session = openSession(config, network, classCount);
await session.prepare(batch);
const pixelCount = config.data.imageSize.width * config.data.imageSize.height;
printResult({
  batch,
  ...(only === 'pipeline' ? {} : { step: await measureStep(argumentsGiven, session, pixelCount) }),
  ...(only === 'step' ? {} : { pipeline: await measurePipeline(argumentsGiven, config, session) }),
});
await session.close();

// Training throughput of the seed network: from files to step, and the step alone.

import type { PresetName } from '../../dist/train/config/presets.js';
import { ferlabScript } from '../checkout.js';
import { type Contest, type Contestant, type Metric, type Sample, Unavailable } from '../contest.js';
import { networkSize } from '../ferlab/work.js';
import type { ImageFolders } from '../images.js';
import { runForJson } from '../process.js';
import { bfloat16Obstacle } from '../processor.js';
import { absent, ferlabVersions, type Peers } from './peers.js';

/** What ferlab's round and the peers' scripts print. */
export interface TrainingOutput {
  readonly batch: number;
  readonly step?: { readonly imagesPerSecond: number };
  readonly pipeline?: { readonly imagesPerSecond: number; readonly waitShare?: number };
  readonly peakMemoryMegabytes: number;
}

export interface TrainSettings {
  readonly quick: boolean;
  readonly batches: readonly number[];
  readonly folders: ImageFolders;
}

export const trainingMetrics: readonly Metric[] = [
  { key: 'pipeline', label: 'files to step', unit: 'images/s', better: 'higher' },
  { key: 'step', label: 'step', unit: 'images/s', better: 'higher' },
  { key: 'gflops', label: 'step', unit: 'GFLOP/s', better: 'higher' },
  { key: 'wait', label: 'waiting for data', unit: '%', better: 'lower' },
  { key: 'memory', label: 'peak memory', unit: 'MB', better: 'lower' },
];

/** A JavaScript peer takes seconds for each image of a step. */
const slowBatch = 2;

/** A round's figures by metric. */
export function sampleOf(
  { step, pipeline, peakMemoryMegabytes }: TrainingOutput,
  preset: PresetName = 'seed',
): Sample {
  return {
    ...(pipeline === undefined ? {} : { pipeline: pipeline.imagesPerSecond }),
    ...(step === undefined
      ? {}
      : {
          step: step.imagesPerSecond,
          gflops: (step.imagesPerSecond * networkSize(preset).trainingFlops) / 1e9,
        }),
    ...(pipeline?.waitShare === undefined ? {} : { wait: 100 * pipeline.waitShare }),
    memory: peakMemoryMegabytes,
  };
}

function contestants(batch: number, settings: TrainSettings, peers: Peers): Contestant[] {
  const { quick, folders } = settings;
  const steps = ['--batch', String(batch), '--steps', quick ? '1' : '10'];
  // Each pipeline's queue has to be empty of what was made before the clock started.
  const warmup = (count: number): string[] => ['--warmup', quick ? '1' : String(count)];
  const ferlab: Contestant = {
    name: 'ferlab',
    versions: ferlabVersions,
    async round() {
      const args = [...steps, ...warmup(6), '--train', folders.train, '--validation', folders.validation];
      return sampleOf(await runForJson(process.execPath, [ferlabScript('train-round'), ...args]));
    },
  };
  const keras: Contestant = {
    name: 'Keras',
    versions: () => peers.keras.versions(),
    async round() {
      const args = [...steps, ...warmup(12), '--data', folders.train];
      return sampleOf(await peers.keras.run('keras_train.py', args));
    },
  };
  const torch = (precision: 'fp32' | 'bf16'): Contestant => ({
    name: `PyTorch ${precision}`,
    versions: () => peers.torch.versions(),
    async round() {
      const args = [...steps, ...warmup(6), '--data', folders.train, '--precision', precision];
      return sampleOf(await peers.torch.run('torch_train.py', args));
    },
  });
  const obstacle = bfloat16Obstacle();
  return [
    ferlab,
    keras,
    torch('fp32'),
    obstacle === null ? torch('bf16') : absent('PyTorch bf16', obstacle),
    // Their figures don't depend on the batch, so the first table has them.
    ...(batch === settings.batches[0] ? javaScriptContestants(quick, peers) : []),
  ];
}

function javaScriptContestants(quick: boolean, peers: Peers): Contestant[] {
  const slow = (name: string, script: string, args: string[], peer: Peers['tfjs']): Contestant =>
    quick
      ? absent(name, 'a single step takes it too long for --quick')
      : {
          name,
          versions: () => peer.versions(),
          async round() {
            return sampleOf(await peer.run(script, ['--batch', String(slowBatch), ...args]));
          },
        };
  return [
    slow('TensorFlow.js cpu', 'tfjs-train.js', ['--backend', 'cpu'], peers.tfjs),
    {
      // Runs all the same, so that the row is right on the day that the missing kernel is written.
      name: 'TensorFlow.js wasm',
      versions: () => peers.tfjs.versions(),
      async round() {
        try {
          return sampleOf(
            await peers.tfjs.run('tfjs-train.js', ['--batch', String(slowBatch), '--backend', 'wasm']),
          );
        } catch (error) {
          throw new Unavailable(`its backend can't train this network (${(error as Error).message})`);
        }
      },
    },
    absent(
      'TensorFlow.js node',
      "@tensorflow/tfjs-node brings TensorFlow's C library by an install script, from outside the npm registry",
    ),
    slow('jax-js wasm', 'jax-train.js', [], peers.jax),
  ];
}

const javaScriptNote = `The JavaScript peers are measured at batch ${slowBatch}, one step a round: at ferlab's batch a single step would take minutes. They have no augmentation of images, so only the step is compared.`;

export function trainContests(settings: TrainSettings, peers: Peers): Contest[] {
  return settings.batches.map((batch) => ({
    id: `train-${batch}`,
    title: `The seed network at batch ${batch}`,
    notes: [
      `*Files to step*: image files, decoding, shear, zoom and flip, and the training step (forward, backward, Adam). Keras reads through its ImageDataGenerator in one thread (its default), PyTorch through torchvision in two processes, ferlab through its worker threads from images that it has decoded once. *Step*: one fixed batch again and again. GFLOP/s count 2 x multiply-adds of convolutions and dense layers forward, times 3: ${(networkSize('seed').trainingFlops / 1e9).toFixed(3)} GFLOP per image.`,
      ...(batch === settings.batches[0] ? [javaScriptNote] : []),
    ],
    metrics: trainingMetrics,
    comparison: {
      against: 'ferlab',
      label: 'ferlab is faster by',
      sense: 'againstIsBetter',
      format: 'times',
      metrics: ['pipeline', 'step'],
    },
    contestants: contestants(batch, settings, peers),
  }));
}

// Training throughput on a GPU: the networks of the presets seed and large, ferlab beside PyTorch.

import { availableParallelism } from 'node:os';
import type { Device } from '../../dist/engine/runtime/device.js';
import { ferlabScript } from '../checkout.js';
import { type Contest, type Contestant, type Metric, Unavailable } from '../contest.js';
import { type NetworkSize, networkSize } from '../ferlab/work.js';
import { askTorch, type Gpu, gpuVariable } from '../gpu.js';
import type { ImageFolders } from '../images.js';
import { runForJson } from '../process.js';
import { absent, ferlabVersions, type Peers } from './peers.js';
import { sampleOf, type TrainingOutput, trainingMetrics } from './train.js';

export interface GpuSettings {
  readonly quick: boolean;
  /** Null where there is none. */
  readonly gpu: Gpu | null;
  /** Asked for where something is measured alone. */
  readonly folders: () => Promise<ImageFolders>;
}

/** The seed network's filters and units: Keras gives each a bias before its normalization, which takes it off again. */
const idleBiases = 64 + 128 + 256 + 256 + 512;

/**
 * The networks: by ferlab's preset, by the name that torch_train.py has for its twin, and the parameters that only the
 * twin has.
 */
const networks = [
  { preset: 'seed', torch: 'seed', more: idleBiases, title: 'The seed network' },
  {
    preset: 'large',
    torch: 'resnet18',
    more: 0,
    title: 'The network of the preset large (the shape of ResNet-18)',
  },
] as const;
type NetworkNames = (typeof networks)[number];

interface Task {
  readonly network: NetworkNames;
  readonly batch: number;
  /** The step alone, without files. */
  readonly stepOnly: boolean;
}

/** Processes or threads that augment, for everyone: ferlab's default (src/train/config). */
const workers = Math.max(1, Math.min(8, availableParallelism() - 1));

const torchVariants = [
  { name: 'PyTorch fp32', args: ['--precision', 'fp32'] },
  { name: 'PyTorch fp32 with TF32', args: ['--precision', 'fp32', '--tf32'] },
  { name: 'PyTorch bf16', args: ['--precision', 'bf16'] },
];

const metrics: readonly Metric[] = trainingMetrics.filter(({ key }) => key !== 'memory');

const noGpu = `no GPU was found, neither by PyTorch nor by nvidia-smi (${gpuVariable}=1 says that there is one)`;
const notCuda = 'it takes CUDA, and neither PyTorch nor nvidia-smi found a GPU that has it';

/** Throws where a peer's network isn't as large as ferlab's: their speeds would say nothing. */
export function checkSize(script: string, found: Partial<NetworkSize>, expected: NetworkSize): void {
  for (const key of ['parameters', 'trainingFlops'] as const) {
    if (found[key] === expected[key]) continue;
    throw new Error(
      `${script}: expected a network of ${expected[key]} ${key}, as the twin of ferlab's; found ${found[key]}.`,
    );
  }
}

function ferlab(name: string, device: Device, task: Task, settings: GpuSettings): Contestant {
  const { preset } = task.network;
  // The processor shows the scale only: a few steps, without files.
  const [steps, warmup] = settings.quick ? [1, 0] : device === 'cpu' ? [3, 1] : [20, 6];
  const stepOnly = task.stepOnly || device === 'cpu';
  return {
    name,
    versions: ferlabVersions,
    async round() {
      const { train, validation } = await settings.folders();
      const output = await runForJson<TrainingOutput>(process.execPath, [
        ferlabScript('train-round'),
        ...['--preset', preset, '--device', device, '--batch', String(task.batch)],
        ...['--steps', String(steps), '--warmup', String(warmup)],
        ...['--train', train, '--validation', validation, ...(stepOnly ? ['--only', 'step'] : [])],
      ]);
      return sampleOf(output, preset);
    },
  };
}

function torch(
  name: string,
  args: readonly string[],
  task: Task,
  settings: GpuSettings,
  peers: Peers,
): Contestant {
  const { network, batch, stepOnly } = task;
  const script = 'torch_train.py';
  // More than the two batches of every worker that are ready when the clock starts.
  const [steps, warmup] = settings.quick ? [1, 1] : [20, 2 * workers + 4];
  return {
    name,
    async versions() {
      const versions = await peers.torch.versions();
      const { device, cuda } = await askTorch(peers.torch);
      if (device === null)
        throw new Unavailable('this PyTorch finds no GPU: its build or the driver lacks CUDA');
      return { ...versions, ...(cuda === null ? {} : { CUDA: cuda }) };
    },
    async round() {
      const { train } = await settings.folders();
      const output = await peers.torch.run<TrainingOutput & NetworkSize>(script, [
        ...['--network', network.torch, '--device', 'cuda', '--batch', String(batch), ...args],
        ...['--steps', String(steps), '--warmup', String(warmup), '--workers', String(workers)],
        ...['--data', train, ...(stepOnly ? ['--only', 'step'] : [])],
      ]);
      const size = networkSize(network.preset);
      checkSize(script, output, { ...size, parameters: size.parameters + network.more });
      return sampleOf(output, network.preset);
    },
  };
}

function contestants(task: Task, settings: GpuSettings, peers: Peers): Contestant[] {
  const cuda = settings.gpu?.cuda === true;
  return [
    ferlab('ferlab WebGPU', 'webgpu', task, settings),
    cuda ? ferlab('ferlab CUDA', 'cuda', task, settings) : absent('ferlab CUDA', notCuda),
    ...torchVariants.map(({ name, args }) =>
      cuda ? torch(name, args, task, settings, peers) : absent(name, notCuda),
    ),
    ...(task.stepOnly ? [] : [ferlab('ferlab CPU', 'cpu', task, settings)]),
  ];
}

function contestOf(task: Task, settings: GpuSettings, peers: Peers): Contest {
  const { network, batch, stepOnly } = task;
  const gigaflops = (networkSize(network.preset).trainingFlops / 1e9).toFixed(3);
  return {
    id: `gpu-${network.preset}-${batch}`,
    title: `${network.title} at batch ${batch}${stepOnly ? ', the step alone' : ''}`,
    notes: [
      stepOnly
        ? `One fixed batch again and again; ${gigaflops} GFLOP per image.`
        : `*Files to step*: image files, decoding, the preset's augmentation, and the training step with its optimizer, averages and mixup as the preset has them; PyTorch through torchvision in processes, ferlab in threads from images that it has decoded once (workers of each: ${workers}). *Step*: one fixed batch again and again, until its loss is back in main memory. GFLOP/s count ${gigaflops} GFLOP per image: 2 x multiply-adds of convolutions and dense layers forward, times 3.`,
    ],
    metrics,
    comparison: {
      against: 'ferlab WebGPU',
      label: 'ferlab on WebGPU is faster by',
      sense: 'againstIsBetter',
      format: 'times',
      metrics: ['pipeline', 'step'],
    },
    contestants: contestants(task, settings, peers),
  };
}

const precisionNote =
  "PyTorch runs channels-last; *fp32* has TF32 off, *bf16* is autocast. ONNX Runtime's CUDA provider computes products of float32 in TF32, its default; WebGPU computes in float32.";

/** One table a network and batch; without a GPU a single one, which says so of everyone. */
export function gpuContests(settings: GpuSettings, peers: Peers): Contest[] {
  const [first, second] = settings.quick ? [2, 4] : [128, 512];
  const contests = networks.flatMap((network) => [
    contestOf({ network, batch: first!, stepOnly: false }, settings, peers),
    contestOf({ network, batch: second!, stepOnly: true }, settings, peers),
  ]);
  const [start, ...rest] = contests as [Contest, ...Contest[]];
  if (settings.gpu !== null) return [{ ...start, notes: [...start.notes, precisionNote] }, ...rest];
  return [
    {
      ...start,
      id: 'gpu',
      title: 'The networks seed and large',
      notes: [],
      contestants: start.contestants.map(({ name }) => absent(name, noGpu)),
    },
  ];
}

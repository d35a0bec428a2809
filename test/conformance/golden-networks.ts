// The two networks of the golden training trajectories (test/golden/trajectory), in this project's layers, and their weights: what
// other golden numbers are made with, too.

import { readFileSync } from 'node:fs';
import type { Network, Weights } from '../../src/engine/compile/network.js';
import { residual, sequential, squeezeExcitation } from '../../src/engine/nn/compose.js';
import type { Layer } from '../../src/engine/nn/layer.js';
import {
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAveragePooling2d,
  maxPooling2d,
  relu,
} from '../../src/engine/nn/layers.js';
import { floatTensor, type HostTensor } from '../../src/engine/tensor/array.js';

export interface GoldenTensor {
  shape: number[];
  data: number[];
}

interface Trajectory {
  optimizer: { type: string; learningRate: number; globalClipNorm?: number; weightDecay?: number };
  noisy: string[];
  losses: number[];
  /** Of the first step; absent for running statistics. */
  firstGradients: Record<string, GoldenTensor>;
  final: Record<string, GoldenTensor>;
  inferenceProbabilities: GoldenTensor;
}

export interface GoldenTrajectories {
  steps: number;
  batchSize: number;
  inputs: GoldenTensor;
  softLabels: GoldenTensor;
  masks?: GoldenTensor;
  initial: Record<string, GoldenTensor>;
  trajectories: Record<string, Trajectory>;
}

function readGolden(file: string): GoldenTrajectories {
  const url = new URL(`../golden/trajectory/${file}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as GoldenTrajectories;
}

const norm = (): Layer => batchNormalization({ momentum: 0.9, epsilon: 1e-3 });
const conv = (filters: number, options: Partial<Parameters<typeof conv2d>[0]> = {}): Layer =>
  conv2d({ filters, kernelSize: 3, useBias: false, ...options });

const plain = sequential({
  conv1: conv(4),
  bn1: norm(),
  relu1: relu(),
  pool1: maxPooling2d(),
  conv2: conv(6, { useBias: true }),
  bn2: norm(),
  relu2: relu(),
  pool2: maxPooling2d(),
  flatten: flatten(),
  dense1: dense({ units: 8, useBias: false }),
  bn3: norm(),
  relu3: relu(),
  dropout: dropout(0.25),
  logits: dense({ units: 3 }),
});

const residualNetwork = sequential({
  stem: sequential({ conv: conv(4), bn: norm(), relu: relu() }),
  block: residual(
    sequential({
      conv1: conv(8, { strides: 2 }),
      bn1: norm(),
      relu: relu(),
      conv2: conv(8, { groups: 2 }),
      bn2: norm(),
      excitation: squeezeExcitation(8, 2),
    }),
    sequential({ conv: conv(8, { kernelSize: 1, strides: 2 }), bn: norm() }),
  ),
  relu1: relu(),
  pool: averagePooling2d(),
  head: sequential({ conv: conv(6, { useBias: true }), relu: relu() }),
  mean: globalAveragePooling2d(),
  logits: dense({ units: 3 }),
});

/** Our path of a weight in the residual network, from Keras's. */
function residualPath(path: string): string {
  return path
    .replace(/^block\/shortcut\//, 'block/SHORTCUT/')
    .replace(/^block\/(conv|bn)/, 'block/body/$1')
    .replace(/^block\/squeeze/, 'block/body/excitation/gate/reduce')
    .replace(/^block\/excite\//, 'block/body/excitation/gate/expand/')
    .replace('SHORTCUT', 'shortcut');
}

export const isState = (path: string): boolean => /\/(mean|variance)$/.test(path);
const toTensor = ({ shape, data }: GoldenTensor): HostTensor => floatTensor(shape, data);

export function toWeights(tensors: Record<string, GoldenTensor>, rename: (path: string) => string): Weights {
  const pick = (state: boolean): Record<string, HostTensor> =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([path]) => isState(path) === state)
        .map(([path, tensor]) => [rename(path), toTensor(tensor)]),
    );
  return { parameters: pick(false), state: pick(true) };
}

/** Each network, with its golden numbers and our path of a weight from Keras's. */
export const goldenNetworks = [
  { file: 'trajectory.json', layer: plain, rename: (path: string) => path },
  { file: 'residual.json', layer: residualNetwork, rename: residualPath },
].map(({ file, layer, rename }) => {
  const golden = readGolden(file);
  const network: Network = {
    layer,
    inputShape: golden.inputs.shape.slice(2),
    preprocessing: { scale: 1, offset: 0 },
  };
  return { file, golden, network, rename };
});

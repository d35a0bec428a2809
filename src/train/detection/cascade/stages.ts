// The three stages of the cascade (Zhang, Zhang, Li and Qiao 2016) and how each is trained.

import type { CascadeStage as StageName } from '../../../models/cascade.js';
import type { RunSettings } from '../../loop/prepare.js';
import type { CropKind } from './sample-crops.js';

export { type CascadeStage as StageName, cascadeStages as stageNames } from '../../../models/cascade.js';

/** For people. */
export const stageTitles: Readonly<Record<StageName, string>> = {
  pnet: 'P-Net',
  rnet: 'R-Net',
  onet: 'O-Net',
};

interface StagePlan {
  /** Of crops of all kinds. */
  batchSize: number;
  /** Batches of an epoch, at most, at an effort of 1: later stages cost more and need fewer. */
  mostBatches: number;
  /** Crops of each kind in training, at most; about a gigabyte for the last stage. */
  mostCrops: Readonly<Record<CropKind, number>>;
  /** Share of the faces that an earlier stage kept which its threshold is to keep. */
  keep: number;
}

export const stagePlans: Readonly<Record<StageName, StagePlan>> = {
  pnet: {
    batchSize: 384,
    mostBatches: 1000,
    mostCrops: { negative: 300_000, part: 100_000, positive: 120_000, points: 60_000 },
    keep: 0.985,
  },
  rnet: {
    batchSize: 96,
    mostBatches: 600,
    mostCrops: { negative: 80_000, part: 40_000, positive: 50_000, points: 40_000 },
    keep: 0.985,
  },
  onet: {
    batchSize: 48,
    mostBatches: 500,
    mostCrops: { negative: 30_000, part: 20_000, positive: 30_000, points: 30_000 },
    keep: 0.98,
  },
};

/** What decides a cascade's weights beside its photographs, and how it is trained here. */
export interface CascadeSettings {
  seed: number;
  /** Of each stage. */
  epochs: number;
  /** Of an epoch's crops, how many are taken: 1 is as many as the plan says. */
  effort: number;
  /** Longer side of the smallest face that is learnt, in pixels. */
  minFace: number;
  threads: number;
  device: RunSettings['train']['device'];
}

/** The configuration of a stage's run. */
export interface StageConfig extends RunSettings {
  stage: StageName;
  minFace: number;
  batchSize: number;
  mostBatches: number;
}

/** AdamW with a short warm-up and a cosine: it needs a tenth of the steps that the paper's plain descent takes. */
export function stageConfig(stage: StageName, settings: CascadeSettings): StageConfig {
  const { batchSize, mostBatches } = stagePlans[stage];
  const { epochs, effort, seed, minFace, threads, device } = settings;
  return {
    stage,
    minFace,
    batchSize,
    mostBatches: Math.max(1, Math.round(effort * mostBatches)),
    optimizer: {
      name: 'adamw',
      learningRate: 2e-3,
      weightDecay: 1e-4,
      clipNorm: null,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
    },
    schedule: { name: 'cosine', warmupEpochs: 0.2, minimumLearningRate: 1e-5 },
    train: {
      epochs,
      seed,
      threads,
      device,
      ema: 0.999,
      monitor: 'val_loss',
      minDelta: 0,
      patience: null,
      restoreBest: true,
    },
  };
}

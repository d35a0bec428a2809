// What the configurations of runs have in common that train one network on labelled faces: AdamW, a warm-up and half a cosine, and
// the best epoch by one measure.

import { z } from 'zod';

export const whole = (least: number) => z.number().int().min(least);
const positive = z.number().positive();

/** Label files, and how pictures are read. */
export const labelParts = {
  /** Label files of the photographs to train on; most of the crops of points are of the first. */
  labels: z.array(z.string().min(1)).min(1),
  /** Label files of the photographs to validate on; none takes every twentieth picture of the others. */
  validation: z.array(z.string().min(1)),
  maxBadShare: z.number().min(0).max(1),
  /** Threads that decode pictures and make batches. They decide nothing. */
  workers: whole(1),
};

/** @param monitor the measure by which an epoch is the best. */
export function trainingParts<Monitor extends string>(monitor: Monitor) {
  return {
    optimizer: z.strictObject({
      name: z.literal('adamw'),
      learningRate: positive,
      weightDecay: z.number().min(0),
      clipNorm: positive.nullable(),
      beta1: z.number(),
      beta2: z.number(),
      epsilon: positive,
    }),
    schedule: z.strictObject({
      name: z.literal('cosine'),
      warmupEpochs: z.number().min(0),
      minimumLearningRate: z.number().min(0),
    }),
    train: z.strictObject({
      epochs: whole(1),
      seed: whole(0),
      ema: z.number().min(0).max(1).nullable(),
      monitor: z.literal(monitor),
      minDelta: z.literal(0),
      patience: z.null(),
      restoreBest: z.literal(true),
      threads: whole(1),
      device: z.enum(['cpu', 'cuda']),
    }),
  };
}

/** What a caller chooses of them. */
export interface TrainingChoices {
  labels: readonly string[];
  validation: readonly string[];
  maxBadShare: number;
  epochs: number;
  batchSize: number;
  learningRate: number;
  seed: number;
  threads: number;
  workers: number;
  device: 'cpu' | 'cuda';
}

/**
 * The sections of trainingParts.
 *
 * @param recipe `warmup` in epochs, at most a tenth of all; `fall`: the last learning rate is the highest over it.
 */
export function trainingOf<Monitor extends string>(
  { learningRate, epochs, seed, threads, device }: TrainingChoices,
  recipe: { monitor: Monitor; weightDecay: number; warmup: number; fall: number },
) {
  return {
    optimizer: {
      name: 'adamw' as const,
      learningRate,
      weightDecay: recipe.weightDecay,
      clipNorm: 10,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
    },
    schedule: {
      name: 'cosine' as const,
      warmupEpochs: Math.min(recipe.warmup, epochs / 10),
      minimumLearningRate: learningRate / recipe.fall,
    },
    train: {
      epochs,
      seed,
      ema: 0.998,
      monitor: recipe.monitor,
      minDelta: 0 as const,
      patience: null,
      restoreBest: true as const,
      threads,
      device,
    },
  };
}

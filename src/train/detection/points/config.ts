// The configuration of a run that trains the network of points.

import { z } from 'zod';
import { FerlabError } from '../../../errors.js';
import { pointCropSide } from '../../../models/face-points.js';
import type { RunSettings } from '../../loop/prepare.js';

const whole = (least: number) => z.number().int().min(least);
const positive = z.number().positive();

const schema = z.strictObject({
  data: z.strictObject({
    /** Label files of the photographs to train on; most of the crops are of the first. */
    labels: z.array(z.string().min(1)).min(1),
    /** Label files of the photographs to validate on; none takes every twentieth picture of the others. */
    validation: z.array(z.string().min(1)),
    maxBadShare: z.number().min(0).max(1),
    /** Threads that decode pictures and cut faces out. They decide nothing. */
    workers: whole(1),
  }),
  crops: z.strictObject({
    side: z.literal(pointCropSide),
    batchSize: whole(1),
    perEpoch: whole(1),
  }),
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
    monitor: z.literal('val_point_error'),
    minDelta: z.literal(0),
    patience: z.null(),
    restoreBest: z.literal(true),
    threads: whole(1),
    device: z.enum(['cpu', 'cuda']),
  }),
});

export type PointConfig = z.output<typeof schema> & RunSettings;

/** What a caller chooses; the rest follows. */
export interface PointChoices {
  labels: readonly string[];
  validation: readonly string[];
  maxBadShare: number;
  epochs: number;
  crops: number;
  batchSize: number;
  learningRate: number;
  seed: number;
  threads: number;
  workers: number;
  device: 'cpu' | 'cuda';
}

export function pointConfig(choices: PointChoices): PointConfig {
  const { labels, validation, maxBadShare, workers, epochs, seed, threads, device } = choices;
  return {
    data: { labels: [...labels], validation: [...validation], maxBadShare, workers },
    crops: { side: pointCropSide, batchSize: choices.batchSize, perEpoch: choices.crops },
    optimizer: {
      name: 'adamw',
      learningRate: choices.learningRate,
      weightDecay: 0.02,
      clipNorm: 10,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
    },
    schedule: {
      name: 'cosine',
      warmupEpochs: Math.min(0.3, epochs / 10),
      minimumLearningRate: choices.learningRate / 100,
    },
    train: {
      epochs,
      seed,
      ema: 0.998,
      monitor: 'val_point_error',
      minDelta: 0,
      patience: null,
      restoreBest: true,
      threads,
      device,
    },
  };
}

/** @throws FerlabError `model` where a run's configuration isn't one of this version. */
export function parsePointConfig(value: unknown, file: string): PointConfig {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FerlabError(
    'model',
    `${file}: expected the configuration of a run that trains points of faces, found another (${issue?.path.join('.')}: ` +
      `${issue?.message}). Start the training anew.`,
  );
}

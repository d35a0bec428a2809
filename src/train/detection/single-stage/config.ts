// The configuration of a run that trains the single-stage detector.

import { z } from 'zod';
import { FerlabError } from '../../../errors.js';
import type { RunSettings } from '../../loop/prepare.js';

const whole = (least: number) => z.number().int().min(least);
const positive = z.number().positive();

const schema = z.strictObject({
  data: z.strictObject({
    /** Label files of the photographs to train on. */
    labels: z.array(z.string().min(1)).min(1),
    /** Label files of the photographs to validate on; none takes every twentieth picture of the others. */
    validation: z.array(z.string().min(1)),
    /** Folder of pictures without faces, to train on. */
    backgrounds: z.string().min(1).nullable(),
    maxBadShare: z.number().min(0).max(1),
    /** Threads that decode pictures and make tiles. They decide nothing. */
    workers: whole(1),
  }),
  tiles: z.strictObject({
    /** Side in pixels of the squares that the network is trained on. */
    side: whole(64).multipleOf(32),
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
    monitor: z.literal('val_average_precision'),
    minDelta: z.literal(0),
    patience: z.null(),
    restoreBest: z.literal(true),
    threads: whole(1),
    device: z.enum(['cpu', 'cuda']),
  }),
});

export type DetectionConfig = z.output<typeof schema> & RunSettings;

/** What a caller chooses; the rest follows. */
export interface DetectionChoices {
  labels: readonly string[];
  validation: readonly string[];
  backgrounds: string | null;
  maxBadShare: number;
  epochs: number;
  tiles: number;
  batchSize: number;
  learningRate: number;
  seed: number;
  threads: number;
  workers: number;
  device: 'cpu' | 'cuda';
}

const tileSide = 256;

export function detectionConfig(choices: DetectionChoices): DetectionConfig {
  const { labels, validation, backgrounds, maxBadShare, workers, epochs, seed, threads, device } = choices;
  return {
    data: { labels: [...labels], validation: [...validation], backgrounds, maxBadShare, workers },
    tiles: { side: tileSide, batchSize: choices.batchSize, perEpoch: choices.tiles },
    optimizer: {
      name: 'adamw',
      learningRate: choices.learningRate,
      weightDecay: 0.01,
      clipNorm: 10,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
    },
    schedule: {
      name: 'cosine',
      warmupEpochs: Math.min(0.5, epochs / 10),
      minimumLearningRate: choices.learningRate / 50,
    },
    train: {
      epochs,
      seed,
      ema: 0.998,
      monitor: 'val_average_precision',
      minDelta: 0,
      patience: null,
      restoreBest: true,
      threads,
      device,
    },
  };
}

/** @throws FerlabError `model` where a run's configuration isn't one of this version. */
export function parseDetectionConfig(value: unknown, file: string): DetectionConfig {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FerlabError(
    'model',
    `${file}: expected the configuration of a detector's run, found another (${issue?.path.join('.')}: ${issue?.message}). ` +
      'Start the training anew.',
  );
}

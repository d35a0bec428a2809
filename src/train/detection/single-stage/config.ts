// The configuration of a run that trains the single-stage detector.

import { z } from 'zod';
import { FerlabError } from '../../../errors.js';
import type { RunSettings } from '../../loop/prepare.js';
import { labelParts, type TrainingChoices, trainingOf, trainingParts, whole } from '../config-parts.js';

const schema = z.strictObject({
  data: z.strictObject({
    ...labelParts,
    /** Folder of pictures without faces, to train on. */
    backgrounds: z.string().min(1).nullable(),
  }),
  tiles: z.strictObject({
    /** Side in pixels of the squares that the network is trained on. */
    side: whole(64).multipleOf(32),
    batchSize: whole(1),
    perEpoch: whole(1),
  }),
  ...trainingParts('val_average_precision'),
});

export type DetectionConfig = z.output<typeof schema> & RunSettings;

/** What a caller chooses; the rest follows. */
export interface DetectionChoices extends TrainingChoices {
  backgrounds: string | null;
  tiles: number;
}

const tileSide = 256;

export function detectionConfig(choices: DetectionChoices): DetectionConfig {
  const { labels, validation, backgrounds, maxBadShare, workers } = choices;
  return {
    data: { labels: [...labels], validation: [...validation], maxBadShare, workers, backgrounds },
    tiles: { side: tileSide, batchSize: choices.batchSize, perEpoch: choices.tiles },
    ...trainingOf(choices, { monitor: 'val_average_precision', weightDecay: 0.01, warmup: 0.5, fall: 50 }),
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

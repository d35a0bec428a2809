// The configuration of a run that trains the network of points.

import { z } from 'zod';
import { FerlabError } from '../../../errors.js';
import { pointCropSide } from '../../../models/face-points.js';
import type { RunSettings } from '../../loop/prepare.js';
import { labelParts, type TrainingChoices, trainingOf, trainingParts, whole } from '../config-parts.js';

const schema = z.strictObject({
  data: z.strictObject(labelParts),
  crops: z.strictObject({
    side: z.literal(pointCropSide),
    batchSize: whole(1),
    perEpoch: whole(1),
  }),
  ...trainingParts('val_point_error'),
});

export type PointConfig = z.output<typeof schema> & RunSettings;

/** What a caller chooses; the rest follows. */
export interface PointChoices extends TrainingChoices {
  crops: number;
}

export function pointConfig(choices: PointChoices): PointConfig {
  const { labels, validation, maxBadShare, workers } = choices;
  return {
    data: { labels: [...labels], validation: [...validation], maxBadShare, workers },
    crops: { side: pointCropSide, batchSize: choices.batchSize, perEpoch: choices.crops },
    ...trainingOf(choices, { monitor: 'val_point_error', weightDecay: 0.02, warmup: 0.3, fall: 100 }),
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

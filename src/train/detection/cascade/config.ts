// The configuration of a run that trains a cascade, as its folder keeps it.

import { z } from 'zod';
import { FerlabError } from '../../../errors.js';
import type { ConfigFormat } from '../../run/stored-run.js';
import { labelParts, whole } from '../config-parts.js';

const schema = z.strictObject({
  data: z.strictObject({
    ...labelParts,
    /** Folder of pictures without faces, to train on. */
    backgrounds: z.string().min(1).nullable(),
  }),
  settings: z.strictObject({
    seed: whole(0),
    epochs: whole(1),
    effort: z.number().positive(),
    minFace: whole(12),
    threads: whole(1),
    device: z.enum(['cpu', 'cuda']),
  }),
});

export type CascadeConfig = z.output<typeof schema>;

export const cascadeFormat: ConfigFormat<CascadeConfig> = {
  task: 'detect-cascade',
  parse(value, file) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new FerlabError(
      'model',
      `${file}: expected the configuration of a cascade's run, found another (${issue?.path.join('.')}: ${issue?.message}). ` +
        'Start the training anew.',
    );
  },
  withPaths: (config, change) => {
    const { labels, validation, backgrounds } = config.data;
    return {
      ...config,
      data: {
        ...config.data,
        labels: labels.map(change),
        validation: validation.map(change),
        backgrounds: backgrounds && change(backgrounds),
      },
    };
  },
};

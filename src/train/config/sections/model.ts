// Settings of the networks, by name.

import { z } from 'zod';
import { listOf, number, positiveInteger, positiveNumber, rate, section, setBy } from '../setting.js';
import { importedModel } from './imported.js';

const dropoutDefault = 0.25;

const seedModel = section({
  name: z.literal('seed'),
  /** Filters of each convolution block; every block halves the image's sides. */
  convFilters: setBy(listOf(positiveInteger(), 'positive integers').default([64, 128, 256]), {
    flags: '--conv-filters <list>',
    description: 'seed: filters of each convolution block, separated by commas',
  }),
  kernelSize: setBy(
    number(
      'an odd positive integer',
      (value) => Number.isInteger(value) && value > 0 && value % 2 === 1,
    ).default(3),
    { flags: '--kernel-size <pixels>', description: "seed: side of the convolutions' kernels" },
  ),
  /** Units of each dense layer before the last. */
  denseUnits: setBy(listOf(positiveInteger(), 'positive integers').default([256, 512]), {
    flags: '--dense-units <list>',
    description: 'seed: units of each dense layer, separated by commas',
  }),
  /** Dropout after each convolution block and after each dense layer. */
  dropout: setBy(
    section({ conv: rate().default(dropoutDefault), dense: rate().default(dropoutDefault) }).prefault({}),
    {
      flags: '--dropout <rate>',
      description: 'seed: dropout rate, or CONVOLUTION,DENSE rates',
      form: 'rates',
    },
  ),
  /** Keras's defaults are momentum 0.99 and epsilon 1e-3. */
  batchNorm: section({
    momentum: setBy(rate().default(0.99), {
      flags: '--batch-norm-momentum <share>',
      description:
        'seed: share of the running statistics that each step keeps; lower it where an epoch has few steps',
    }),
    epsilon: positiveNumber().default(1e-3),
  }).prefault({}),
});

const extraBlocks = setBy(
  number('an integer from 0 to 16', (value) => Number.isInteger(value) && value >= 0 && value <= 16).default(
    0,
  ),
  {
    flags: '--extra-blocks <n>',
    description:
      'tiny, medium, large: residual blocks at the end of each stage beside its own; they begin as nothing, so that --start-from takes a model without them',
  },
);

export const model = z.discriminatedUnion(
  'name',
  [
    seedModel,
    section({ name: z.literal('tiny'), extraBlocks }),
    section({ name: z.literal('medium'), extraBlocks }),
    section({ name: z.literal('large'), extraBlocks }),
    section({ name: z.literal('deepid') }),
    section({ name: z.literal('deepface') }),
    importedModel,
  ],
  { error: 'one of seed, tiny, medium, large, deepid, deepface' },
);

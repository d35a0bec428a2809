// Settings of the optimizers and of the schedules of the learning rate, by name.

import { z } from 'zod';
import {
  flag,
  nonNegative,
  number,
  positiveInteger,
  positiveNumber,
  rate,
  section,
  setBy,
} from '../setting.js';

/** Settings that all optimizers have. */
const ofOptimizers = {
  learningRate: setBy(positiveNumber().default(1e-3), {
    flags: '--learning-rate <rate>',
    description: 'learning rate, the highest one of a schedule',
  }),
  weightDecay: setBy(nonNegative().default(0), {
    flags: '--weight-decay <rate>',
    description: 'decoupled with adamw, else added to the gradient',
  }),
  /** Largest global norm of the gradients; null for no clipping. */
  clipNorm: setBy(positiveNumber().nullable().default(null), {
    flags: '--clip-norm <norm>',
    description: 'largest global norm of the gradients, or off',
  }),
};

/** Adam's and AdamW's; Keras's defaults. */
const moments = {
  beta1: rate().default(0.9),
  beta2: rate().default(0.999),
  epsilon: positiveNumber().default(1e-7),
};

const optimizerName = { flags: '--optimizer <name>', description: 'adam, adamw, sgd' };

export const optimizer = z.discriminatedUnion(
  'name',
  [
    section({ name: setBy(z.literal('adam'), optimizerName), ...ofOptimizers, ...moments }),
    section({ name: z.literal('adamw'), ...ofOptimizers, ...moments }),
    section({
      name: z.literal('sgd'),
      ...ofOptimizers,
      momentum: setBy(rate().default(0), { flags: '--momentum <rate>', description: 'sgd: momentum' }),
      nesterov: setBy(flag().default(false), {
        flags: '--nesterov',
        description: "sgd: Nesterov's momentum",
      }),
    }),
  ],
  { error: 'one of adam, adamw, sgd' },
);

/** Epochs over which the learning rate rises linearly from 0. May be a fraction. */
const warmupEpochs = setBy(nonNegative().default(0), {
  flags: '--warmup-epochs <n>',
  description: 'epochs of linear rise at the start',
});
const minimumLearningRate = setBy(nonNegative().default(0), {
  flags: '--minimum-learning-rate <rate>',
  description: 'cosine: last rate; plateau: lowest rate',
});

export const schedule = z.discriminatedUnion(
  'name',
  [
    section({
      name: setBy(z.literal('constant'), {
        flags: '--schedule <name>',
        description: 'constant, cosine, plateau',
      }),
      warmupEpochs,
    }),
    section({ name: z.literal('cosine'), warmupEpochs, minimumLearningRate }),
    /** Keras's ReduceLROnPlateau. */
    section({
      name: z.literal('plateau'),
      warmupEpochs,
      factor: setBy(number('a number above 0 and below 1', (value) => value > 0 && value < 1).default(0.2), {
        flags: '--plateau-factor <factor>',
        description: 'plateau: multiplies the learning rate',
      }),
      patience: setBy(positiveInteger().default(3), {
        flags: '--plateau-patience <epochs>',
        description: 'plateau: epochs without improvement before it does',
      }),
      minimumLearningRate,
    }),
  ],
  { error: 'one of constant, cosine, plateau' },
);

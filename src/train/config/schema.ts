// The settings of a training run: types, ranges, defaults, options and descriptions, by section. Presets are in presets.ts, what is
// relational in rules.ts, and resolve.ts makes a configuration from all three. Portable: it looks at no file and no
// machine. The resolved object is stored with the run and in the model file, so that a run can be repeated and resumed
// from it alone.

import type { z } from 'zod';
import { augment, data } from './sections/images.js';
import { model } from './sections/model.js';
import { optimizer, schedule } from './sections/optimizer.js';
import { distillation, softLabels, train } from './sections/train.js';
import { headed, section, setBy, text } from './setting.js';

const besideLabels = 'Beside the labels: weights to start from, votes of several people, other models';

/** The resolved training configuration. Parsing fills defaults and refuses unknown keys. */
export const trainConfigSchema = section({
  preset: text().default('seed'),
  data: headed(data, 'Data').prefault({}),
  augment: headed(augment, 'Augmentation of the training images, in the units of Keras').prefault({}),
  model: headed(model, 'Model').prefault({ name: 'seed' }),
  optimizer: headed(optimizer, 'Optimizer').prefault({ name: 'adam' }),
  schedule: headed(schedule, 'Schedule of the learning rate').prefault({ name: 'constant' }),
  train: headed(train, 'Training').prefault({}),
  /** A model file to begin with, or `box` for the one that comes with ferlab; null for random weights. */
  startFrom: headed(
    setBy(text().nullable().default(null), {
      flags: '--start-from <model>',
      description:
        'begin with the weights of this model file, or of the model that comes with ferlab (box), rather than random ones; a last layer for other classes begins anew',
      defaultText: 'none',
    }),
    besideLabels,
  ),
  softLabels: headed(softLabels, besideLabels).nullable().default(null),
  distillation: headed(distillation, besideLabels).nullable().default(null),
  /** The run folder; null for the first free `runs/<dataset>-<preset>`. */
  out: headed(
    setBy(text().nullable().default(null), {
      flags: '--out <folder>',
      description: 'the run folder, new or empty',
      defaultText: 'runs/<dataset>-<preset>, with -2, -3, ... where that exists',
    }),
    'Run',
  ),
});

export type TrainConfig = z.output<typeof trainConfigSchema>;

type Overrides<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: Overrides<T[K]> | undefined }
    : T;

/** Any part of a training configuration; what is left out comes from the preset. */
export type TrainConfigOverrides = Overrides<Omit<TrainConfig, 'preset'>>;

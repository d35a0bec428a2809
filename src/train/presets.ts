// Named training recipes. A preset lists only what differs from the defaults in config.ts.

import type { TrainConfigOverrides } from './config.js';

interface Preset {
  /** One line, for the help. */
  description: string;
  settings: TrainConfigOverrides;
}

export const presets = {
  /**
   * The seed system: three convolution blocks and two dense layers, Adam, and the generator of the notebooks it
   * comes from, `ImageDataGenerator(shear_range=0.2, zoom_range=0.2, horizontal_flip=True)`. Keras takes the shear
   * in degrees, so that 0.2 hardly moves a pixel; it is kept as they wrote it.
   */
  seed: {
    description: 'three convolution blocks and two dense layers, Adam; shear, zoom and flip',
    settings: {
      augment: { shear: 0.2, zoom: 0.2, horizontalFlip: true },
      schedule: { name: 'cosine' },
      train: { epochs: 24, patience: 10 },
    },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as PresetName[];

// Named training recipes. A preset lists only what differs from the defaults in config.ts.

import type { TrainConfigOverrides } from './config.js';

interface Preset {
  /** One line, for the help. */
  description: string;
  settings: TrainConfigOverrides;
}

/**
 * What the residual presets share: one affine warp, a random crop of 44 pixels, jitter of brightness and contrast,
 * random erasing; SGD with Nesterov's momentum, warm-up and half a cosine; averaged weights. The last epoch is kept:
 * the schedule ends at zero, and choosing among epochs would fit the validation images.
 */
const residualRecipe = {
  augment: {
    horizontalFlip: true,
    warpProbability: 0.8,
    rotation: 10,
    zoom: 0.15,
    isotropicZoom: true,
    widthShift: 0.08,
    heightShift: 0.08,
    jitterProbability: 0.5,
    brightness: [0.7, 1.3],
    contrast: 0.3,
    crop: 44,
    erasing: 0.5,
  },
  optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, ema: 0.999 },
  schedule: { name: 'cosine' },
  train: { labelSmoothing: 0.1, restoreBest: false },
} as const satisfies TrainConfigOverrides;

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
  tiny: {
    description: 'a small residual network',
    settings: {
      ...residualRecipe,
      model: { name: 'tiny' },
      // So small a network underfits: it learns faster from higher rates, and from images with less erased.
      augment: { ...residualRecipe.augment, erasing: 0.25 },
      optimizer: { ...residualRecipe.optimizer, learningRate: 0.2, weightDecay: 2e-4 },
      schedule: { ...residualRecipe.schedule, warmupEpochs: 3 },
      train: { ...residualRecipe.train, epochs: 60 },
    },
  },
  medium: {
    description: 'a residual network with squeeze and excitation',
    settings: {
      ...residualRecipe,
      model: { name: 'medium' },
      optimizer: { ...residualRecipe.optimizer, weightDecay: 5e-4 },
      schedule: { ...residualRecipe.schedule, warmupEpochs: 4 },
      train: { ...residualRecipe.train, epochs: 40 },
    },
  },
  large: {
    description: 'the shape of ResNet-18, for GPUs',
    settings: {
      ...residualRecipe,
      model: { name: 'large' },
      optimizer: { ...residualRecipe.optimizer, weightDecay: 5e-4 },
      schedule: { ...residualRecipe.schedule, warmupEpochs: 6 },
      train: { ...residualRecipe.train, epochs: 60, mixup: 0.4, mixupOffEpochs: 10 },
    },
  },
  deepid: {
    description: 'in the manner of DeepID (Sun, Wang and Tang 2014)',
    settings: {
      ...residualRecipe,
      model: { name: 'deepid' },
      optimizer: { name: 'adam', learningRate: 1e-3, ema: 0.999 },
      train: { ...residualRecipe.train, epochs: 60 },
    },
  },
  deepface: {
    description: 'in the manner of DeepFace (Taigman et al. 2014)',
    settings: {
      ...residualRecipe,
      model: { name: 'deepface' },
      optimizer: { name: 'adam', learningRate: 1e-3, ema: 0.999 },
      train: { ...residualRecipe.train, epochs: 60 },
    },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as PresetName[];

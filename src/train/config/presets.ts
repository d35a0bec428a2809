// Named training recipes. A preset lists only what differs from the defaults in config.ts.

import type { TrainConfigOverrides } from './config.js';

interface Preset {
  /** One line, for the help. */
  description: string;
  settings: TrainConfigOverrides;
}

/** One affine warp, jitter of brightness and contrast, a random crop of 44 pixels, random erasing: far. */
const strongAugmentation = {
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
} as const satisfies TrainConfigOverrides['augment'];

/** The same, less far: for smaller networks, and the few epochs that a processor has time for. */
const augmentation = {
  ...strongAugmentation,
  zoom: 0.12,
  widthShift: 0.06,
  heightShift: 0.06,
  brightness: [0.8, 1.2],
  contrast: 0.2,
  erasing: 0.1,
} as const satisfies TrainConfigOverrides['augment'];

/**
 * What the presets but the seed share: AdamW (SGD learnt more slowly in its first epochs, and far higher rates than usual
 * paid: docs/results), a short warm-up and half a cosine, averaged weights. The last epoch is kept: the schedule ends at
 * zero, and choosing among epochs would fit the validation images.
 */
const recipe = {
  augment: augmentation,
  optimizer: { name: 'adamw', learningRate: 0.01, weightDecay: 0.05, ema: 0.999 },
  schedule: { name: 'cosine', warmupEpochs: 1 },
  train: { labelSmoothing: 0.1, restoreBest: false },
} as const satisfies TrainConfigOverrides;

/** Images that grow over most of the epochs: for networks that take any size. */
const growingImages = { startSide: 28 } as const satisfies TrainConfigOverrides['train'];

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
  quick: {
    description: 'the network of tiny on a schedule of minutes',
    settings: {
      ...recipe,
      model: { name: 'tiny' },
      augment: { ...augmentation, erasing: 0 },
      optimizer: { ...recipe.optimizer, learningRate: 0.016, ema: 0.998 },
      train: { ...recipe.train, ...growingImages, epochs: 20 },
    },
  },
  tiny: {
    description: 'a small residual network',
    settings: {
      ...recipe,
      model: { name: 'tiny' },
      optimizer: { ...recipe.optimizer, learningRate: 0.016 },
      train: { ...recipe.train, ...growingImages, epochs: 40 },
    },
  },
  medium: {
    description: 'a residual network with squeeze and excitation',
    settings: {
      ...recipe,
      model: { name: 'medium' },
      augment: { ...augmentation, zoom: 0.15, widthShift: 0.08, heightShift: 0.08, erasing: 0.3 },
      train: {
        ...recipe.train,
        startSide: 20,
        growShare: 0.8,
        epochs: 70,
        mixup: 0.2,
        mixupOffEpochs: 10,
      },
    },
  },
  large: {
    description: 'the shape of ResNet-18, for GPUs',
    settings: {
      ...recipe,
      model: { name: 'large' },
      augment: strongAugmentation,
      optimizer: { ...recipe.optimizer, learningRate: 0.005, weightDecay: 0.1 },
      schedule: { ...recipe.schedule, warmupEpochs: 3 },
      train: {
        ...recipe.train,
        batchSize: 256,
        startSide: 28,
        growShare: 0.6,
        epochs: 72,
        mixup: 0.4,
        mixupOffEpochs: 10,
      },
    },
  },
  deepid: {
    description: 'in the manner of DeepID (Sun, Wang and Tang 2014)',
    settings: {
      ...recipe,
      model: { name: 'deepid' },
      optimizer: { ...recipe.optimizer, learningRate: 0.008 },
      train: { ...recipe.train, epochs: 40 },
    },
  },
  deepface: {
    description: 'in the manner of DeepFace (Taigman et al. 2014)',
    settings: {
      ...recipe,
      model: { name: 'deepface' },
      optimizer: { ...recipe.optimizer, learningRate: 1e-3 },
      train: { ...recipe.train, epochs: 40 },
    },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as PresetName[];

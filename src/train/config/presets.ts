// Named training recipes. A preset gives what differs from the defaults in schema.ts. It is a function of what was asked
// for, since a few of its settings follow others: pixels follow the image size, a warm-up the number of epochs, and a
// network that starts from trained weights needs neither small images nor mixed ones. Nothing else changes a preset.

import type { TrainConfigOverrides } from './schema.js';
import { smallestSide } from './setting.js';

/** What a preset's settings follow. */
export interface Asked {
  /** The number of epochs; the preset's own where none was asked for. */
  epochs: number | undefined;
  imageSize: { width: number; height: number };
  /** The side of the crop; undefined where none was asked for, null where it was turned off. */
  crop: number | null | undefined;
  /** The network begins with the weights of a model file. */
  startsTrained: boolean;
  /** Teachers answer for every image alone, so images can't be mixed. */
  taught: boolean;
}

interface Preset {
  /** One line, for the help. */
  description: string;
  settings(asked: Asked): TrainConfigOverrides;
}

/** The size that the recipes were made for; pixels in them are of it. */
const recipeSide = 48;
const recipeCrop = 44;

/**
 * Side of the random crop: 44 of 48 pixels, in the same proportion for other square images, with the same margin on both
 * sides; none for others, of which a square would lose a part.
 */
function crop({ imageSize: { width, height } }: Asked): number | null {
  if (width !== height) return null;
  return width - 2 * Math.round((width * 2) / recipeSide);
}

/** Images that grow from `startSide`, given for images of 48 pixels; null where there is no room or no use for it. */
function growth(startSide: number, share: number, asked: Asked): { startSide: number; share: number } | null {
  const { width, height } = asked.imageSize;
  const own = crop(asked);
  if (asked.startsTrained) return null;
  const whole = width === height ? width : null;
  const last = asked.crop === undefined ? own : (asked.crop ?? whole);
  if (last === null) return null;
  // In proportion to the images, or to the crop that was asked for.
  const scale = typeof asked.crop === 'number' ? asked.crop / recipeCrop : width / recipeSide;
  const first = Math.max(smallestSide, Math.round(startSide * scale));
  return first < last ? { startSide: first, share } : null;
}

/** A share of the epochs that leaves at least half of them. */
const atMostHalf = (wanted: number, epochs: number): number => Math.min(wanted, epochs / 2);

/** Mixup but for the last epochs; null where images begin known or are taught one by one. */
function mixup(
  alpha: number,
  epochs: number,
  { startsTrained, taught }: Asked,
): { alpha: number; offEpochs: number } | null {
  return startsTrained || taught ? null : { alpha, offEpochs: Math.floor(atMostHalf(10, epochs)) };
}

/** One affine warp, jitter of brightness and contrast, a random crop, random erasing: far. */
const strongAugmentation = (asked: Asked) =>
  ({
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
    crop: crop(asked),
    erasing: 0.5,
  }) satisfies TrainConfigOverrides['augment'];

/** The same, less far: for smaller networks, and the few epochs that a processor has time for. */
const augmentation = (asked: Asked) =>
  ({
    ...strongAugmentation(asked),
    zoom: 0.12,
    widthShift: 0.06,
    heightShift: 0.06,
    brightness: [0.8, 1.2],
    contrast: 0.2,
    erasing: 0.1,
  }) satisfies TrainConfigOverrides['augment'];

/** AdamW: SGD learnt more slowly in its first epochs, and far higher rates than usual paid (docs/results). */
const adamw = (learningRate: number, weightDecay = 0.05) =>
  ({ name: 'adamw', learningRate, weightDecay }) satisfies TrainConfigOverrides['optimizer'];

/** A short warm-up and half a cosine. */
const cosine = (epochs: number, warmupEpochs = 1) =>
  ({
    name: 'cosine',
    warmupEpochs: atMostHalf(warmupEpochs, epochs),
  }) satisfies TrainConfigOverrides['schedule'];

/**
 * Averaged weights, of which the last are kept: the schedule ends at zero, and choosing among epochs would fit the
 * validation images.
 */
const recipe = { labelSmoothing: 0.1, restoreBest: false, ema: 0.999 } as const;

export const presets = {
  /**
   * The seed system: three convolution blocks and two dense layers, Adam, and the generator of the notebooks it
   * comes from, `ImageDataGenerator(shear_range=0.2, zoom_range=0.2, horizontal_flip=True)`. Keras takes the shear
   * in degrees, so that 0.2 hardly moves a pixel; it is kept as they wrote it.
   */
  seed: {
    description: 'three convolution blocks and two dense layers, Adam; shear, zoom and flip',
    settings: () => ({
      augment: { shear: 0.2, zoom: 0.2, horizontalFlip: true },
      schedule: { name: 'cosine' },
      train: { epochs: 24, patience: 10 },
    }),
  },
  quick: {
    description: 'the network of tiny on a schedule of minutes',
    settings: (asked) => {
      const epochs = asked.epochs ?? 20;
      return {
        model: { name: 'tiny' },
        augment: { ...augmentation(asked), erasing: 0 },
        optimizer: adamw(0.016),
        schedule: cosine(epochs),
        train: { ...recipe, ema: 0.998, growth: growth(28, 0.7, asked), epochs },
      };
    },
  },
  tiny: {
    description: 'a small residual network',
    settings: (asked) => {
      const epochs = asked.epochs ?? 40;
      return {
        model: { name: 'tiny' },
        augment: augmentation(asked),
        optimizer: adamw(0.016),
        schedule: cosine(epochs),
        train: { ...recipe, growth: growth(28, 0.7, asked), epochs },
      };
    },
  },
  medium: {
    description: 'a residual network with squeeze and excitation',
    settings: (asked) => {
      const epochs = asked.epochs ?? 70;
      return {
        model: { name: 'medium' },
        augment: { ...augmentation(asked), zoom: 0.15, widthShift: 0.08, heightShift: 0.08, erasing: 0.3 },
        optimizer: adamw(0.01),
        schedule: cosine(epochs),
        train: {
          ...recipe,
          growth: growth(20, 0.8, asked),
          mixup: mixup(0.2, epochs, asked),
          epochs,
        },
      };
    },
  },
  large: {
    description: 'the shape of ResNet-18, for GPUs',
    settings: (asked) => {
      const epochs = asked.epochs ?? 72;
      return {
        model: { name: 'large' },
        augment: strongAugmentation(asked),
        optimizer: adamw(0.005, 0.1),
        schedule: cosine(epochs, 3),
        train: {
          ...recipe,
          batchSize: 256,
          growth: growth(28, 0.6, asked),
          mixup: mixup(0.4, epochs, asked),
          epochs,
        },
      };
    },
  },
  deepid: {
    description: 'in the manner of DeepID (Sun, Wang and Tang 2014)',
    settings: (asked) => {
      const epochs = asked.epochs ?? 40;
      return {
        model: { name: 'deepid' },
        augment: augmentation(asked),
        optimizer: adamw(0.008),
        schedule: cosine(epochs),
        train: { ...recipe, epochs },
      };
    },
  },
  deepface: {
    description: 'in the manner of DeepFace (Taigman et al. 2014)',
    settings: (asked) => {
      const epochs = asked.epochs ?? 40;
      return {
        model: { name: 'deepface' },
        augment: augmentation(asked),
        optimizer: adamw(1e-3),
        schedule: cosine(epochs),
        train: { ...recipe, epochs },
      };
    },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as PresetName[];

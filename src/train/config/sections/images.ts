// Settings of the images: which ones, how they are read, and how those of training are augmented.

import { z } from 'zod';
import {
  flag,
  nonNegative,
  number,
  positiveInteger,
  rate,
  section,
  setBy,
  share,
  side,
  text,
} from '../setting.js';

export const data = section({
  /** Folder with split folders, one folder of class folders, or a CSV file like fer2013.csv. */
  path: text().nullable().default(null),
  train: setBy(text().nullable().default(null), {
    flags: '--train <folder>',
    description: 'folder of class folders to train on',
    defaultText: 'found in DATASET',
  }),
  validation: setBy(text().nullable().default(null), {
    flags: '--validation <folder>',
    description: 'folder of class folders to validate on',
    defaultText: 'found in DATASET',
  }),
  validationSplit: setBy(
    number('a number between 0 and 1', (value) => value > 0 && value < 1)
      .nullable()
      .default(null),
    {
      flags: '--validation-split <share>',
      description: 'keep this share of a single folder of class folders for validation',
    },
  ),
  overlay: setBy(text().nullable().default(null), {
    flags: '--overlay <file>',
    description: 'a CSV file of corrections: images of another class, or of none',
    defaultText: 'none',
  }),
  imageSize: setBy(section({ width: side().default(48), height: side().default(48) }).prefault({}), {
    flags: '--image-size <pixels>',
    description: 'side, or WIDTHxHEIGHT, that images are resized to',
    form: 'size',
  }),
  maxBadShare: setBy(share().default(0.05), {
    flags: '--max-bad-share <share>',
    description: "stop when more than this share of the images can't be used",
  }),
  strict: setBy(flag().default(false), {
    flags: '--strict',
    description: "refuse the dataset when any image can't be used",
  }),
  excludeLeaks: setBy(flag().default(false), {
    flags: '--exclude-leaks',
    description: 'train without the images whose pixels stand in validation too',
  }),
  memoryBudget: setBy(
    number('a number of bytes, 0 or more', (value) => Number.isSafeInteger(value) && value >= 0).default(
      1024 ** 3,
    ),
    {
      flags: '--memory-budget <bytes>',
      description: 'decoded images kept in memory, as 512MiB; a larger dataset is decoded again each epoch',
      form: 'bytes',
    },
  ),
  /** Batches don't depend on the number of workers. */
  workers: setBy(positiveInteger().nullable().default(null), {
    flags: '--workers <n>',
    description: 'threads that decode and augment',
    defaultText: 'one less than the cores, at most 8',
  }),
});

export const augment = section({
  /** Keras's `shear_range`: the angle is drawn from [-shear, shear] degrees. */
  shear: setBy(nonNegative().default(0), {
    flags: '--shear <degrees>',
    description: 'largest shear angle',
  }),
  /** Keras's `zoom_range`: each axis is scaled by a factor from [1 - zoom, 1 + zoom]. */
  zoom: setBy(rate().default(0), {
    flags: '--zoom <share>',
    description: 'scale each axis by 1 - share to 1 + share',
  }),
  horizontalFlip: setBy(flag().default(false), {
    flags: '--horizontal-flip',
    description: 'mirror half of the images',
    opposite: ['--no-horizontal-flip', 'mirror none'],
  }),
  /** Keras's `rotation_range`, degrees. */
  rotation: setBy(
    number('an angle from 0 to 180 degrees', (value) => value >= 0 && value <= 180).default(0),
    { flags: '--rotation <degrees>', description: 'largest rotation' },
  ),
  /** Keras's `width_shift_range`: a share of the width when below 1, else pixels. */
  widthShift: setBy(nonNegative().default(0), {
    flags: '--width-shift <size>',
    description: 'largest horizontal shift: below 1 a share of the width, else pixels',
  }),
  heightShift: setBy(nonNegative().default(0), {
    flags: '--height-shift <size>',
    description: 'largest vertical shift: below 1 a share of the height, else pixels',
  }),
  /** Keras's `brightness_range`: two factors between which one is drawn; null for none. */
  brightness: setBy(
    z
      .tuple([nonNegative(), nonNegative()], 'two factors, the lowest and the highest, or null')
      .nullable()
      .default(null),
    {
      flags: '--brightness <low,high>',
      description: 'factors between which the brightness is drawn, as 0.8,1.2, or off',
      form: 'numbers',
    },
  ),
  isotropicZoom: setBy(flag().default(false), {
    flags: '--isotropic-zoom',
    description: 'one zoom factor for both axes',
    opposite: ['--no-isotropic-zoom', 'one zoom factor for each axis'],
  }),
  /** Probability that shear, zoom, rotation and shifts are applied, all or none. */
  warpProbability: setBy(share().default(1), {
    flags: '--warp-probability <share>',
    description: 'share of the images that shear, zoom, rotation and shifts change',
  }),
  /** torchvision's ColorJitter: the factor about the image's mean is drawn from [max(0, 1 - contrast), 1 + contrast]. */
  contrast: setBy(nonNegative().default(0), {
    flags: '--contrast <share>',
    description: "scale the distance from the image's mean by 1 - share to 1 + share",
  }),
  /** Probability that brightness and contrast are applied, both or none. */
  jitterProbability: setBy(share().default(1), {
    flags: '--jitter-probability <share>',
    description: 'share of the images whose brightness and contrast change',
  }),
  /** Side in pixels of a random crop, part of the warp; outside training the model takes the centre. Null for none. */
  crop: setBy(positiveInteger().nullable().default(null), {
    flags: '--crop <pixels>',
    description:
      'side of a random crop; outside training the model takes the centre; or off. Of presets with a crop, 44/48 of square images',
  }),
  /** Probability of erasing a rectangle of 2 to 20% of the image with random values (Zhong et al. 2020). */
  erasing: setBy(share().default(0), {
    flags: '--erasing <share>',
    description: 'share of the images in which a random rectangle is filled with noise',
  }),
  /** As albumentations' Downscale: a factor from [downscale, 1], for half of the images. */
  downscale: setBy(number('a factor above 0 and at most 1', (value) => value > 0 && value <= 1).default(1), {
    flags: '--downscale <factor>',
    description: 'shrink half of the images by a factor between this one and 1, and enlarge them again',
  }),
  /** As albumentations' ImageCompression: a JPEG quality from [compression, 100], for half of the images. */
  compression: setBy(
    number('a JPEG quality from 1 to 100', (value) => value >= 1 && value <= 100)
      .nullable()
      .default(null),
    {
      flags: '--compression <quality>',
      description: 'compress half of the images as JPEG at a quality between this one and 100, or off',
    },
  ),
});

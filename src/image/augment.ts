// Random changes of training images. The first eight have the meaning they have in Keras's ImageDataGenerator
// (keras.src.legacy.preprocessing.image: get_random_transform, apply_transform): one composed affine warp about the
// image's centre, bilinear, edges repeated ("nearest"); then flips; then brightness. To these come a crop, which is
// part of the warp; contrast, as torchvision's ColorJitter; random erasing (erase.ts); small and compressed images
// (degrade.ts); and probabilities with which the warp and the changes of tone happen at all. Drawing the parameters is apart from applying them, so that the
// same parameters can be replayed.
//
// Differences from Keras, none of which shows with the seed preset: brightness isn't rounded to whole levels;
// `widthShift` moves along the width, where Keras 3 interchanges its two shift ranges (its tx is drawn from
// height_shift_range but moves along x); and images that aren't square turn about their own centre, where Keras
// interchanges its coordinates.
//
// A further step is one field of AugmentOptions, its drawn value in Augmentation, and a line in drawAugmentation.
// Draws happen in the order of the fields; new ones go last and are made only where the field is on, so that seeds
// keep their meaning.

import type { Random } from '../random/random.js';
import { compress, downscale } from './degrade.js';
import { drawErasing, type Erasing, erase } from './erase.js';
import type { ImageSize } from './size.js';
import { affineMap, copyView, type View, warp } from './warp.js';

/** What may change, and how far. */
export interface AugmentOptions {
  /** Shear angle in degrees, drawn from [-shear, shear] (Keras's shear_range). */
  shear: number;
  /** z draws both factors independently from [1 - z, 1 + z], [low, high] from that range. Below 1 enlarges (zoom_range). */
  zoom: number | readonly [number, number];
  /** Mirror left and right with probability one half. */
  horizontalFlip: boolean;
  /** Degrees, drawn from [-rotation, rotation]. */
  rotation: number;
  /** Drawn from [-s, s]: a fraction of the width when s < 1, else pixels. */
  widthShift: number;
  /** Drawn from [-s, s]: a fraction of the height when s < 1, else pixels. */
  heightShift: number;
  /** Factor drawn from [low, high] that multiplies every pixel, clipped to 0..255; null leaves brightness alone. */
  brightness: readonly [number, number] | null;
  /** One factor for both axes, where Keras draws two. */
  isotropicZoom: boolean;
  /** Probability that shear, zoom, rotation and shifts are applied, all or none. */
  warpProbability: number;
  /**
   * Factor drawn from [max(0, 1 - c), 1 + c] that multiplies every pixel's distance from the mean of the cropped image,
   * after brightness, clipped to 0..255 (torchvision's ColorJitter); 0 leaves contrast alone.
   */
  contrast: number;
  /** Probability that brightness and contrast are applied, both or none. */
  jitterProbability: number;
  /** Side in pixels of a square that is cut at a random place out of the warped and mirrored image; null keeps it whole. */
  crop: number | null;
  /** Probability of erasing a rectangle of 2 to 20% of the (cropped) image with random values, as the last step. */
  erasing: number;
  /**
   * Smallest factor, above 0 to 1. Half of the images are shrunk by a factor drawn from [downscale, 1] and enlarged to
   * their size again, after the changes of tone; 1 leaves all as they are.
   */
  downscale: number;
  /**
   * Lowest JPEG quality, from 1 to 100. Half of the images are compressed at a quality drawn from [compression, 100],
   * after downscaling; null compresses none.
   */
  compression: number | null;
}

/** Changes nothing. */
export const noAugmentation: Readonly<AugmentOptions> = Object.freeze({
  shear: 0,
  zoom: 0,
  horizontalFlip: false,
  rotation: 0,
  widthShift: 0,
  heightShift: 0,
  brightness: null,
  isotropicZoom: false,
  warpProbability: 1,
  contrast: 0,
  jitterProbability: 1,
  crop: null,
  erasing: 0,
  downscale: 1,
  compression: null,
});

/** The drawn parameters of one image. */
export interface Augmentation {
  /** Rotation in degrees. */
  theta: number;
  /** Shift of the place that is read, in pixels along the width (Keras's tx). */
  tx: number;
  /** The same along the height (Keras's ty). */
  ty: number;
  /** Shear in degrees. */
  shear: number;
  /** Scale of the place that is read, along the width. */
  zx: number;
  /** The same along the height. */
  zy: number;
  flipHorizontal: boolean;
  /** Factor, or null. */
  brightness: number | null;
  /** Factor, or null. */
  contrast: number | null;
  /** Square to keep, in whole pixels of the warped and mirrored image, or null. */
  crop: { left: number; top: number; side: number } | null;
  /** Side in pixels of the square that the (cropped) image is resized to, or null. */
  side: number | null;
  /** Rectangle to fill, in pixels of the cropped and resized image, or null. */
  erasing: Erasing | null;
  /** Factor of both sides, or null. */
  downscale: number | null;
  /** JPEG quality, or null. */
  compression: number | null;
}

/** Parameters that leave an image as it is. */
export const identityAugmentation: Readonly<Augmentation> = Object.freeze({
  theta: 0,
  tx: 0,
  ty: 0,
  shear: 0,
  zx: 1,
  zy: 1,
  flipHorizontal: false,
  brightness: null,
  contrast: null,
  crop: null,
  side: null,
  erasing: null,
  downscale: null,
  compression: null,
});

/**
 * The size of images of `size` after augmentation, before they are resized; null stands for none.
 *
 * @throws RangeError where the crop doesn't fit.
 */
export function augmentedSize(options: Pick<AugmentOptions, 'crop'> | null, size: ImageSize): ImageSize {
  const crop = options?.crop ?? null;
  if (crop === null) return { width: size.width, height: size.height };
  if (!Number.isInteger(crop) || crop < 1 || crop > Math.min(size.width, size.height)) {
    throw new RangeError(
      `crop: expected an integer from 1 to the shorter side of ${size.width}x${size.height}, found ${crop}`,
    );
  }
  return { width: crop, height: crop };
}

function drawShift(range: number, length: number, random: Random): number {
  if (range === 0) return 0;
  return random.uniform(-range, range) * (range < 1 ? length : 1);
}

/** Whether something of this probability happens; certainty draws nothing. */
function drawChance(probability: number, random: Random): boolean {
  return probability >= 1 || (probability > 0 && random.uniform() < probability);
}

const noWarp = { theta: 0, tx: 0, ty: 0, shear: 0, zx: 1, zy: 1 };
const noJitter = { brightness: null, contrast: null };

/**
 * Draws the parameters for one image. Options that are off draw nothing from `random`.
 *
 * @param size of the image, in pixels; shifts given as fractions refer to it.
 * @param side of the square that it becomes in the end; null leaves it the size that it has.
 */
export function drawAugmentation(
  options: AugmentOptions,
  random: Random,
  size: ImageSize,
  side: number | null = null,
): Augmentation {
  const drawn: Augmentation = { ...identityAugmentation, side };
  if (options.rotation !== 0) drawn.theta = random.uniform(-options.rotation, options.rotation);
  drawn.ty = drawShift(options.heightShift, size.height, random);
  drawn.tx = drawShift(options.widthShift, size.width, random);
  if (options.shear !== 0) drawn.shear = random.uniform(-options.shear, options.shear);
  const [low, high] = zoomRange(options.zoom);
  if (low !== 1 || high !== 1) {
    drawn.zx = random.uniform(low, high);
    drawn.zy = options.isotropicZoom ? drawn.zx : random.uniform(low, high);
  }
  if (options.horizontalFlip) drawn.flipHorizontal = random.uniform() < 0.5;
  if (options.brightness) drawn.brightness = random.uniform(options.brightness[0], options.brightness[1]);
  // The chance is drawn after the values, and these always, so that seeds keep their values whatever the probability.
  if (!drawChance(options.warpProbability, random)) Object.assign(drawn, noWarp);
  if (options.contrast !== 0) {
    drawn.contrast = random.uniform(Math.max(0, 1 - options.contrast), 1 + options.contrast);
  }
  if (!drawChance(options.jitterProbability, random)) Object.assign(drawn, noJitter);
  const { width, height } = augmentedSize(options, size);
  if (options.crop !== null) {
    const top = random.integer(size.height - height + 1);
    const left = random.integer(size.width - width + 1);
    drawn.crop = { left, top, side: options.crop };
  }
  if (drawChance(options.erasing, random)) drawn.erasing = drawErasing(side ?? width, side ?? height, random);
  if (options.downscale < 1 && drawChance(0.5, random))
    drawn.downscale = random.uniform(options.downscale, 1);
  if (options.compression !== null && drawChance(0.5, random)) {
    drawn.compression = random.uniform(options.compression, 100);
  }
  return drawn;
}

function zoomRange(zoom: AugmentOptions['zoom']): readonly [number, number] {
  return typeof zoom === 'number' ? [1 - zoom, 1 + zoom] : zoom;
}

/** Multiplies the distances of `count` pixels from their mean. */
function changeContrast(pixels: Float32Array, offset: number, count: number, factor: number): void {
  let sum = 0;
  for (let i = offset; i < offset + count; i++) sum += pixels[i]!;
  const mean = sum / count;
  for (let i = offset; i < offset + count; i++) {
    pixels[i] = Math.min(255, Math.max(0, mean + (pixels[i]! - mean) * factor));
  }
}

/**
 * Applies drawn parameters to one grey image.
 *
 * @param source `height * width` grey values, row by row; not changed.
 * @param target receives `height * width` floats from 0 to 255 (`side * side` of what it is resized or cropped to), not
 *   rounded, starting at `offset`.
 */
export function applyAugmentation(
  source: Uint8Array,
  width: number,
  height: number,
  parameters: Augmentation,
  target: Float32Array,
  offset: number,
): void {
  const { theta, tx, ty, shear, zx, zy, flipHorizontal: flip, brightness, contrast, crop, side } = parameters;
  const window = crop
    ? { left: crop.left, top: crop.top, width: crop.side, height: crop.side }
    : { left: 0, top: 0, width, height };
  const size = side === null ? window : { width: side, height: side };
  const view: View = { width, height, flip, window, size };
  const count = size.width * size.height;
  const resized = size.width !== window.width || size.height !== window.height;
  if (resized || theta !== 0 || tx !== 0 || ty !== 0 || shear !== 0 || zx !== 1 || zy !== 1) {
    warp(source, affineMap(parameters, width, height), view, target, offset);
  } else {
    copyView(source, view, target, offset);
  }
  if (brightness !== null && brightness !== 1) {
    for (let i = offset; i < offset + count; i++) target[i] = Math.min(255, target[i]! * brightness);
  }
  if (contrast !== null && contrast !== 1) changeContrast(target, offset, count, contrast);
  if (parameters.downscale !== null) downscale(target, offset, size.width, size.height, parameters.downscale);
  if (parameters.compression !== null) {
    compress(target, offset, size.width, size.height, parameters.compression);
  }
  if (parameters.erasing) erase(parameters.erasing, target, offset, size.width);
}

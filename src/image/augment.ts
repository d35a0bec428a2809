// Random changes of training images, with the meaning they have in Keras's ImageDataGenerator
// (keras.src.legacy.preprocessing.image: get_random_transform, apply_transform): one composed affine warp about the
// image's centre, bilinear, edges repeated ("nearest"); then flips; then brightness. Drawing the parameters is apart
// from applying them, so that the same parameters can be replayed.
//
// Differences from Keras, none of which shows with the seed preset: brightness isn't rounded to whole levels;
// `widthShift` moves along the width, where Keras 3 interchanges its two shift ranges (its tx is drawn from
// height_shift_range but moves along x); and images that aren't square turn about their own centre, where Keras
// interchanges its coordinates.
//
// A further step is one optional field of AugmentOptions, its drawn value in Augmentation, and one line in
// drawAugmentation. Draws happen in the order of the fields; new ones go last, so that seeds keep their meaning.

import type { Random } from '../random/random.js';

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
});

function drawShift(range: number, length: number, random: Random): number {
  if (range === 0) return 0;
  return random.uniform(-range, range) * (range < 1 ? length : 1);
}

/**
 * Draws the parameters for one image. Options that are off draw nothing from `random`.
 *
 * @param size of the image, in pixels; shifts given as fractions refer to it.
 */
export function drawAugmentation(
  options: AugmentOptions,
  random: Random,
  size: { width: number; height: number },
): Augmentation {
  const drawn: Augmentation = { ...identityAugmentation };
  if (options.rotation !== 0) drawn.theta = random.uniform(-options.rotation, options.rotation);
  drawn.ty = drawShift(options.heightShift, size.height, random);
  drawn.tx = drawShift(options.widthShift, size.width, random);
  if (options.shear !== 0) drawn.shear = random.uniform(-options.shear, options.shear);
  const [low, high] = zoomRange(options.zoom);
  if (low !== 1 || high !== 1) {
    drawn.zx = random.uniform(low, high);
    drawn.zy = random.uniform(low, high);
  }
  if (options.horizontalFlip) drawn.flipHorizontal = random.uniform() < 0.5;
  if (options.brightness) drawn.brightness = random.uniform(options.brightness[0], options.brightness[1]);
  return drawn;
}

function zoomRange(zoom: AugmentOptions['zoom']): readonly [number, number] {
  return typeof zoom === 'number' ? [1 - zoom, 1 + zoom] : zoom;
}

/** The six numbers of affineMap. */
type AffineMap = [number, number, number, number, number, number];

/**
 * The affine map from an output place (x, y) to the place that is read: `[a, b, c, d, e, f]` with
 * `x' = a x + b y + c`, `y' = d x + e y + f`, in pixels; rotation x shift x shear x zoom, about the centre.
 */
function affineMap(parameters: Augmentation, width: number, height: number): AffineMap {
  const theta = (parameters.theta * Math.PI) / 180;
  const shear = (parameters.shear * Math.PI) / 180;
  const cos = Math.cos(theta);
  const sin = Math.sin(theta);
  const { tx, ty, zx, zy } = parameters;
  // rotation . shift . shear . zoom, multiplied out
  const a = cos * zx;
  const b = (-cos * Math.sin(shear) - sin * Math.cos(shear)) * zy;
  const c = cos * tx - sin * ty;
  const d = sin * zx;
  const e = (-sin * Math.sin(shear) + cos * Math.cos(shear)) * zy;
  const f = sin * tx + cos * ty;
  const centerX = width / 2 - 0.5;
  const centerY = height / 2 - 0.5;
  return [a, b, c + centerX - a * centerX - b * centerY, d, e, f + centerY - d * centerX - e * centerY];
}

function warp(
  source: Uint8Array,
  width: number,
  height: number,
  map: AffineMap,
  flip: boolean,
  target: Float32Array,
  offset: number,
): void {
  const [a, b, c, d, e, f] = map;
  const right = width - 1;
  const bottom = height - 1;
  const step = flip ? -1 : 1;
  for (let y = 0; y < height; y++) {
    const rowX = b * y + c;
    const rowY = e * y + f;
    let out = offset + y * width + (flip ? right : 0);
    for (let x = 0; x < width; x++) {
      let fromX = a * x + rowX;
      let fromY = d * x + rowY;
      if (fromX < 0) fromX = 0;
      else if (fromX > right) fromX = right;
      if (fromY < 0) fromY = 0;
      else if (fromY > bottom) fromY = bottom;
      const x0 = fromX | 0;
      const y0 = fromY | 0;
      const fractionX = fromX - x0;
      const at = y0 * width + x0;
      const below = y0 < bottom ? at + width : at;
      const nextX = x0 < right ? 1 : 0;
      const upper = source[at]!;
      const lower = source[below]!;
      const top = upper + (source[at + nextX]! - upper) * fractionX;
      const low = lower + (source[below + nextX]! - lower) * fractionX;
      target[out] = top + (low - top) * (fromY - y0);
      out += step;
    }
  }
}

/**
 * Applies drawn parameters to one grey image.
 *
 * @param source `height * width` grey values, row by row; not changed.
 * @param target receives `height * width` floats from 0 to 255, not rounded, starting at `offset`.
 */
export function applyAugmentation(
  source: Uint8Array,
  width: number,
  height: number,
  parameters: Augmentation,
  target: Float32Array,
  offset: number,
): void {
  const { theta, tx, ty, shear, zx, zy, flipHorizontal, brightness } = parameters;
  const count = width * height;
  if (theta !== 0 || tx !== 0 || ty !== 0 || shear !== 0 || zx !== 1 || zy !== 1) {
    warp(source, width, height, affineMap(parameters, width, height), flipHorizontal, target, offset);
  } else if (flipHorizontal) {
    for (let y = 0; y < height; y++) {
      const row = y * width;
      for (let x = 0; x < width; x++) target[offset + row + x] = source[row + width - 1 - x]!;
    }
  } else {
    target.set(source.length === count ? source : source.subarray(0, count), offset);
  }
  if (brightness !== null && brightness !== 1) {
    for (let i = offset; i < offset + count; i++) target[i] = Math.min(255, target[i]! * brightness);
  }
}

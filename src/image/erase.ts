// Random erasing (Zhong et al. 2020, "Random Erasing Data Augmentation"): one rectangle of the image is filled with
// random values. Areas and aspect ratios are the paper's, with an area of at most 20%. As in torchvision, the logarithm
// of the aspect ratio is uniform, so that tall and wide rectangles are equally likely, and the place is uniform
// among those that hold the rectangle. Values are the paper's: whole levels from 0 to 255, each as likely.

import { Random } from '../random/random.js';
import type { Window } from './warp.js';

/** Shares of the image's area. */
const smallestArea = 0.02;
const largestArea = 0.2;
/** Height by width; the tallest is as tall as the widest is wide. */
const widestAspect = 0.3;
/** Rectangles drawn before the image is left whole: some don't fit into an image that is far from square. */
const attempts = 10;

/** A rectangle to erase, and the seed of its values. */
export interface Erasing extends Window {
  seed: number;
}

/** Draws what to erase of an image; null in the rare case that nothing fits. */
export function drawErasing(width: number, height: number, random: Random): Erasing | null {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = random.uniform(smallestArea, largestArea) * width * height;
    const aspect = Math.exp(random.uniform(Math.log(widestAspect), -Math.log(widestAspect)));
    const tall = Math.max(1, Math.round(Math.sqrt(area * aspect)));
    const wide = Math.max(1, Math.round(Math.sqrt(area / aspect)));
    if (tall > height || wide > width) continue;
    const top = random.integer(height - tall + 1);
    const left = random.integer(width - wide + 1);
    return { left, top, width: wide, height: tall, seed: random.uint32() };
  }
  return null;
}

/** Fills the rectangle in an image of `width` that starts at `offset`. */
export function erase(erasing: Erasing, pixels: Float32Array, offset: number, width: number): void {
  const random = new Random(erasing.seed, 'erase');
  for (let row = erasing.top; row < erasing.top + erasing.height; row++) {
    const start = offset + row * width + erasing.left;
    for (let i = start; i < start + erasing.width; i++) pixels[i] = random.integer(256);
  }
}

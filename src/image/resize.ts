// Resizing of grey images: the one function that training, command line, server and browser use, so that a model sees
// the same pixels everywhere. Bilinear with antialiasing, as Pillow's resize(..., BILINEAR): a triangle filter whose
// support is widened by the scale when shrinking, in two separable passes. Results are within one level of Pillow's.

import type { GrayImage } from './gray.js';

/** For each output position: where its window of inputs starts, and the weights over that window (sum 1). */
interface Windows {
  /** Weights per window; shorter windows are filled up with zeros. */
  length: number;
  starts: Int32Array;
  weights: Float32Array;
}

function triangleWindows(from: number, to: number): Windows {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const length = Math.min(from, Math.ceil(support) * 2 + 1);
  const starts = new Int32Array(to);
  const weights = new Float32Array(to * length);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const last = Math.min(from, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let j = first; j < last; j++) {
      const weight = Math.max(0, 1 - Math.abs(j + 0.5 - center) / support);
      weights[i * length + j - first] = weight;
      sum += weight;
    }
    for (let j = 0; j < last - first; j++) weights[i * length + j]! /= sum;
    // A window at the far edge is moved back so that reading all of `length` stays inside the row.
    const start = Math.min(first, from - length);
    if (start < first) {
      const window = weights.subarray(i * length, (i + 1) * length);
      window.copyWithin(first - start, 0, last - first);
      window.fill(0, 0, first - start);
    }
    starts[i] = start;
  }
  return { length, starts, weights };
}

const kept = new Map<string, Windows>();

function windowsFor(from: number, to: number): Windows {
  const key = `${from}>${to}`;
  let windows = kept.get(key);
  if (!windows) {
    windows = triangleWindows(from, to);
    if (kept.size >= 64) kept.clear(); // images of a dataset rarely have more sizes than this
    kept.set(key, windows);
  }
  return windows;
}

function resizeRows(source: Uint8Array, width: number, height: number, to: number): Uint8Array {
  const { length, starts, weights } = windowsFor(width, to);
  const target = new Uint8Array(to * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      const from = y * width + starts[x]!;
      let sum = 0.5;
      for (let k = 0; k < length; k++) sum += source[from + k]! * weights[x * length + k]!;
      target[y * to + x] = sum;
    }
  }
  return target;
}

function resizeColumns(source: Uint8Array, width: number, height: number, to: number): Uint8Array {
  const { length, starts, weights } = windowsFor(height, to);
  const target = new Uint8Array(width * to);
  const sums = new Float32Array(width);
  for (let y = 0; y < to; y++) {
    sums.fill(0.5);
    for (let k = 0; k < length; k++) {
      const weight = weights[y * length + k]!;
      if (weight === 0) continue;
      const from = (starts[y]! + k) * width;
      for (let x = 0; x < width; x++) sums[x]! += source[from + x]! * weight;
    }
    target.set(sums, y * width);
  }
  return target;
}

/**
 * Resizes to exactly `width` x `height` (the aspect ratio is not kept, as Keras's target_size).
 * The same size returns the image itself.
 *
 * @throws RangeError unless all sizes are positive integers.
 */
export function resizeGray(image: GrayImage, width: number, height: number): GrayImage {
  for (const [name, value] of Object.entries({
    width,
    height,
    from: image.width,
    'from height': image.height,
  })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`resizeGray: expected ${name} to be a positive integer, found ${value}`);
    }
  }
  if (width === image.width && height === image.height) return image;
  let data = image.data;
  if (width !== image.width) data = resizeRows(data, image.width, image.height, width);
  if (height !== image.height) data = resizeColumns(data, width, image.height, height);
  return { width, height, data };
}

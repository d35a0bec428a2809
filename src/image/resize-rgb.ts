// Resizing of colour images, for looking for faces at several scales. Made smaller, each pixel is the mean of the area that
// it stands for: nothing flickers between scales, every source pixel counts once, and it takes half of the time of a
// triangle filter. Made larger, it is interpolated between the centres of pixels. Rows are worked off one by one, so that
// besides the result there is memory for one row.

import type { RgbImage } from './rgb.js';

/** For each output place: its window of source places, and their weights (sum 1). */
interface Windows {
  /** Source places of output place i: `starts[i]` to `starts[i] + lengths[i] - 1`. */
  starts: Int32Array;
  lengths: Int32Array;
  /** `longest` for each output place. */
  weights: Float32Array;
  longest: number;
}

function windowsOf(from: number, to: number): Windows {
  const scale = from / to;
  const longest = scale > 1 ? Math.ceil(scale) + 1 : 2;
  const windows = {
    starts: new Int32Array(to),
    lengths: new Int32Array(to),
    weights: new Float32Array(to * longest),
    longest,
  };
  for (let i = 0; i < to; i++) {
    const [first, weights] = scale > 1 ? areaWindow(i, scale, from) : linearWindow(i, scale, from);
    windows.starts[i] = first;
    windows.lengths[i] = weights.length;
    windows.weights.set(weights, i * longest);
  }
  return windows;
}

function areaWindow(i: number, scale: number, from: number): [first: number, weights: number[]] {
  const start = i * scale;
  const end = Math.min(from, start + scale);
  const first = Math.min(from - 1, Math.floor(start));
  const weights: number[] = [];
  for (let j = first; j < end; j++) weights.push((Math.min(end, j + 1) - Math.max(start, j)) / (end - start));
  // A sliver that rounding left over has no weight worth reading a row for.
  while (weights.length > 1 && weights.at(-1)! < 1e-6) weights.pop();
  return [first, weights];
}

function linearWindow(i: number, scale: number, from: number): [first: number, weights: number[]] {
  const at = Math.min(from - 1, Math.max(0, (i + 0.5) * scale - 0.5));
  const first = Math.floor(at);
  const fraction = at - first;
  return fraction === 0 ? [first, [1]] : [first, [1 - fraction, fraction]];
}

/** The weighted mean of a window's rows. */
function meanRow(source: Uint8Array, stride: number, rows: Windows, y: number, sums: Float32Array): void {
  const first = rows.starts[y]!;
  for (let k = 0; k < rows.lengths[y]!; k++) {
    const weight = rows.weights[y * rows.longest + k]!;
    const from = (first + k) * stride;
    if (k === 0) for (let i = 0; i < stride; i++) sums[i] = source[from + i]! * weight;
    else for (let i = 0; i < stride; i++) sums[i]! += source[from + i]! * weight;
  }
}

/**
 * Resizes to exactly `width` x `height`, by areas where it becomes smaller and by bilinear interpolation where it becomes
 * larger. The same size returns the image itself.
 *
 * @throws RangeError unless both are positive integers.
 */
export function resizeRgb(image: RgbImage, width: number, height: number): RgbImage {
  for (const [name, value] of Object.entries({ width, height })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`resizeRgb: expected ${name} to be a positive integer, found ${value}`);
  }
  if (width === image.width && height === image.height) return image;
  const columns = windowsOf(image.width, width);
  const rows = windowsOf(image.height, height);
  const stride = image.width * 3;
  const sums = new Float32Array(stride);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, out = 0; y < height; y++) {
    meanRow(image.data, stride, rows, y, sums);
    for (let x = 0; x < width; x++, out += 3) {
      let at = columns.starts[x]! * 3;
      let [red, green, blue] = [0.5, 0.5, 0.5];
      const from = x * columns.longest;
      for (let k = from; k < from + columns.lengths[x]!; k++, at += 3) {
        const weight = columns.weights[k]!;
        red += sums[at]! * weight;
        green += sums[at + 1]! * weight;
        blue += sums[at + 2]! * weight;
      }
      data[out] = red;
      data[out + 1] = green;
      data[out + 2] = blue;
    }
  }
  return { width, height, data };
}

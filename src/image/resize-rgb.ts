// Resizing of colour images, for looking for faces at several scales. Made smaller, each pixel is the mean of the area that
// it stands for: nothing flickers between scales, every source pixel counts once, and it takes half of the time of a
// triangle filter. Made larger, it is interpolated between the centres of pixels. Rows are worked off one by one, so that
// besides the result there is memory for one row.

import { cutRgb } from './cut-rgb.js';
import type { RgbImage } from './rgb.js';
import type { ImageSize } from './size.js';
import type { Window } from './warp.js';

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

/** The weighted mean of a window's rows, from one of their values to before another. */
function meanRow(
  source: Uint8Array,
  stride: number,
  rows: Windows,
  y: number,
  [begin, end]: readonly [number, number],
  sums: Float32Array,
): void {
  const first = rows.starts[y]!;
  for (let k = 0; k < rows.lengths[y]!; k++) {
    const weight = rows.weights[y * rows.longest + k]!;
    const from = (first + k) * stride;
    if (k === 0) for (let i = begin; i < end; i++) sums[i] = source[from + i]! * weight;
    else for (let i = begin; i < end; i++) sums[i]! += source[from + i]! * weight;
  }
}

/**
 * Resizes to exactly `width` x `height`, by areas where it becomes smaller and by bilinear interpolation where it becomes
 * larger. The same size returns the image itself.
 *
 * @throws RangeError unless both are positive integers.
 */
export function resizeRgb(image: RgbImage, width: number, height: number): RgbImage {
  return resizeWindow(image, { width, height }, { left: 0, top: 0, width, height });
}

/**
 * A window of what resizeRgb gives, without the rest of it, so that parts of a large picture take their own memory alone.
 *
 * @param window whole pixels of the resized image; what lies beyond it is left out.
 * @throws RangeError unless both sides are positive integers.
 */
export function resizeWindow(image: RgbImage, { width, height }: ImageSize, window: Window): RgbImage {
  for (const [name, value] of Object.entries({ width, height })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`resizeRgb: expected ${name} to be a positive integer, found ${value}`);
  }
  const right = Math.min(width, window.left + window.width);
  const bottom = Math.min(height, window.top + window.height);
  const shown = { width: right - window.left, height: bottom - window.top };
  if (width === image.width && height === image.height)
    return shown.width === width && shown.height === height ? image : cutRgb(image, { ...window, ...shown });
  const columns = windowsOf(image.width, width);
  const rows = windowsOf(image.height, height);
  const stride = image.width * 3;
  const sums = new Float32Array(stride);
  const needed = [
    columns.starts[window.left]! * 3,
    (columns.starts[right - 1]! + columns.lengths[right - 1]!) * 3,
  ] as const;
  const data = new Uint8Array(shown.width * shown.height * 3);
  const span = [window.left, right] as const;
  for (let y = window.top; y < bottom; y++) {
    meanRow(image.data, stride, rows, y, needed, sums);
    meanColumns(sums, columns, span, data, (y - window.top) * shown.width * 3);
  }
  return { ...shown, data };
}

/** The weighted means of a row's windows, rounded, to `target` from `out`. */
function meanColumns(
  sums: Float32Array,
  { starts, lengths, weights, longest }: Windows,
  [left, right]: readonly [number, number],
  target: Uint8Array,
  out: number,
): void {
  let to = out;
  for (let x = left; x < right; x++) {
    let at = starts[x]! * 3;
    let red = 0.5;
    let green = 0.5;
    let blue = 0.5;
    const end = x * longest + lengths[x]!;
    for (let k = x * longest; k < end; k++) {
      const weight = weights[k]!;
      red += sums[at]! * weight;
      green += sums[at + 1]! * weight;
      blue += sums[at + 2]! * weight;
      at += 3;
    }
    target[to] = red;
    target[to + 1] = green;
    target[to + 2] = blue;
    to += 3;
  }
}

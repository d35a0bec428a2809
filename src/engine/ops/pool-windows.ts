// The windows of pooling over images [N, C, H, W]: which pixels they hold, and the zeros around the images in ONNX.

import type { LoweringContext } from '../ir/graph.js';
import type { Attributes } from '../onnx/model.js';
import { ShapeError, stridesOf } from '../tensor/type.js';

export interface PoolAttributes {
  /** Window height and width. */
  kernel: readonly [number, number];
  strides: readonly [number, number];
  /** Top, left, bottom, right. */
  pads: readonly [number, number, number, number];
  /** Whether windows that begin inside and end outside of the padded images count, too; no unless given. */
  ceil?: boolean;
}

export interface PoolGradientAttributes extends PoolAttributes {
  /** Shape of the pooled images' source. */
  shape: readonly number[];
}

export function outputShape(x: readonly number[], { kernel, strides, pads, ceil }: PoolAttributes): number[] {
  if (x.length !== 4) throw new ShapeError('needs images [N, C, H, W].');
  if (ceil && kernel.some((size, axis) => size < strides[axis]!))
    throw new ShapeError('windows over the edges need strides of at most their size.');
  const [height, width] = ([0, 1] as const).map((axis) => {
    const steps = (x[axis + 2]! + pads[axis] + pads[axis + 2]! - kernel[axis]) / strides[axis];
    return steps < 0 ? 0 : (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  }) as [number, number];
  if (height < 1 || width < 1) throw new ShapeError('the window is larger than the padded images.');
  return [x[0]!, x[1]!, height, width];
}

/** Zeros around the images with which all windows end inside. */
export function padsOf(
  x: readonly number[],
  attributes: PoolAttributes,
): readonly [number, number, number, number] {
  const { kernel, strides, pads, ceil } = attributes;
  if (!ceil) return pads;
  const pooled = outputShape(x, attributes);
  const after = ([0, 1] as const).map((axis) => {
    const end = (pooled[axis + 2]! - 1) * strides[axis] + kernel[axis];
    return Math.max(pads[axis + 2]!, end - pads[axis] - x[axis + 2]!);
  });
  return [pads[0], pads[1], after[0]!, after[1]!];
}

/** Pooling's attributes in ONNX, for images of a size or of any. */
export function windowAttributes(
  { dynamicSize }: LoweringContext,
  x: readonly number[],
  attributes: PoolAttributes,
): Attributes {
  const { kernel, strides, pads, ceil } = attributes;
  // Not every provider knows ceil_mode, so zeros stand in for it where they are known.
  return ceil && dynamicSize
    ? { kernel_shape: kernel, strides, pads, ceil_mode: 1 }
    : { kernel_shape: kernel, strides, pads: padsOf(x, attributes) };
}

/** Indices into x of the real pixels in the window of an output element. */
export function windowOf(
  [n, c, row, column]: readonly number[],
  x: readonly number[],
  { kernel, strides, pads }: PoolAttributes,
): number[] {
  const strideOf = stridesOf(x);
  const found: number[] = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const h = row! * strides[0] + i - pads[0];
      const w = column! * strides[1] + j - pads[1];
      if (h >= 0 && w >= 0 && h < x[2]! && w < x[3]!) {
        found.push(n! * strideOf[0]! + c! * strideOf[1]! + h * strideOf[2]! + w);
      }
    }
  }
  return found;
}

/** Cases of every pooling operator. */
export const cases: readonly { name: string; shape: number[]; attributes: PoolAttributes }[] = [
  { name: '2x2', shape: [2, 3, 4, 6], attributes: { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] } },
  {
    name: '2x2 of odd size',
    shape: [1, 2, 5, 5],
    attributes: { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] },
  },
  {
    name: 'overlapping 3x3',
    shape: [2, 2, 7, 6],
    attributes: { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    name: '2x2 of odd size, over the edges',
    shape: [2, 2, 5, 3],
    attributes: { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], ceil: true },
  },
  {
    name: 'overlapping 3x3, over the edges',
    shape: [1, 2, 6, 7],
    attributes: { kernel: [3, 3], strides: [2, 2], pads: [0, 0, 0, 0], ceil: true },
  },
];

/** Rows and columns at the bottom and right that no window reached. */
export function restOf(
  source: readonly number[],
  pooled: readonly number[],
  { kernel, strides, pads }: PoolAttributes,
): [number, number] {
  const rest = (axis: 0 | 1): number =>
    source[axis + 2]! -
    ((pooled[axis + 2]! - 1) * strides[axis] + kernel[axis] - pads[axis] - pads[axis + 2]!);
  return [rest(0), rest(1)];
}

// Layers that rearrange, widen or cut feature maps and compute little: Keras's Reshape, Permute, ZeroPadding2D and so on.
// Feature maps are [C, H, W] here; `lastChannel` in names means that Keras sees them as [H, W, C].

import type { Value } from '../ir/graph.js';
import { globalAveragePool } from '../ops/average-pool.js';
import { add, multiply } from '../ops/elementwise.js';
import { maxPool } from '../ops/pooling.js';
import { pad, reshape, slice, transpose } from '../ops/shaping.js';
import { elementCount, type Shape, ShapeError, tensorType } from '../tensor/type.js';
import type { Sides } from './described.js';
import { type Layer, stateless } from './layer.js';

const toFirst = (shape: Shape): Shape => (shape.length === 3 ? [shape[2]!, shape[0]!, shape[1]!] : shape);

/**
 * Keras's Reshape: the elements in the order of [H, W, C], in another shape.
 *
 * @param target of one example as Keras has it: [features] or [H, W, C]; one size may be -1.
 */
export function reshapeLastChannel(target: Shape): Layer {
  const known = target.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const resolved = (shape: Shape): Shape =>
    target.map((size) => (size === -1 ? elementCount(shape) / known : size));
  return stateless(
    (shape) => {
      const found = resolved(shape);
      if (
        !found.every((size) => Number.isInteger(size) && size > 0) ||
        elementCount(found) !== elementCount(shape)
      )
        throw new ShapeError(`reshape: ${elementCount(shape)} values don't fit into [${target.join(', ')}].`);
      return toFirst(found);
    },
    (_context, x) => {
      const images = x.shape[0]!;
      const wanted = resolved(x.shape.slice(1));
      const last = x.shape.length === 4 ? transpose(x, [0, 2, 3, 1]) : x;
      const shaped = reshape(last, [images, ...wanted]);
      return wanted.length === 3 ? transpose(shaped, [0, 3, 1, 2]) : shaped;
    },
  );
}

/** [C, H, W] to a vector, as Keras's Flatten does: channels innermost. */
export const flattenLastChannel = (): Layer => reshapeLastChannel([-1]);

/** The axes in another order. @param order axes of the input [C, H, W], from 0. */
export const permute = (order: Shape): Layer =>
  stateless(
    (shape) => {
      if (shape.length !== order.length)
        throw new ShapeError(`permute: needs ${order.length} axes, got ${shape.length}.`);
      return order.map((axis) => shape[axis]!);
    },
    (_context, x) => transpose(x, [0, ...order.map((axis) => axis + 1)]),
  );

function needImages(name: string, shape: Shape): void {
  if (shape.length !== 3) throw new ShapeError(`${name}: needs images [C, H, W].`);
}

/** Zeros around. */
export const zeroPadding2d = ([top, left, bottom, right]: Sides): Layer =>
  stateless(
    (shape) => {
      needImages('zeroPadding2d', shape);
      return [shape[0]!, shape[1]! + top + bottom, shape[2]! + left + right];
    },
    (_context, x) => {
      const tall = top + bottom === 0 ? x : pad(x, 2, top, bottom);
      return left + right === 0 ? tall : pad(tall, 3, left, right);
    },
  );

/** What is left within these margins. */
export const cropping2d = ([top, left, bottom, right]: Sides): Layer =>
  stateless(
    (shape) => {
      needImages('cropping2d', shape);
      const [rows, columns] = [shape[1]! - top - bottom, shape[2]! - left - right];
      if (rows < 1 || columns < 1)
        throw new ShapeError(`cropping2d: nothing is left of ${shape[1]}x${shape[2]}.`);
      return [shape[0]!, rows, columns];
    },
    (_context, x) => slice(slice(x, 2, top, x.shape[2]! - bottom), 3, left, x.shape[3]! - right),
  );

/** One value a channel, the mean or the largest: [C], or [C, 1, 1] with `keep`. */
export const globalPooling2d = (of: 'max' | 'average', keep: boolean): Layer =>
  stateless(
    (shape) => {
      needImages('globalPooling2d', shape);
      return keep ? [shape[0]!, 1, 1] : [shape[0]!];
    },
    (_context, x) => {
      const [n, c, h, w] = x.shape as [number, number, number, number];
      const pooled =
        of === 'average'
          ? globalAveragePool(x)
          : reshape(maxPool(x, { kernel: [h, w], strides: [h, w], pads: [0, 0, 0, 0] }), [n, c]);
      return keep ? reshape(pooled, [n, c, 1, 1]) : pooled;
    },
  );

/** Zeroes whole channels while training: Keras's SpatialDropout2D. */
export const spatialDropout = (rate: number): Layer =>
  stateless(
    (shape) => shape,
    (context, x) =>
      context.training && rate > 0
        ? multiply(x, context.dropoutMask([...x.shape.slice(0, 2), ...x.shape.slice(2).map(() => 1)], rate))
        : x,
  );

/**
 * x scale + offset, fixed numbers. Several make several channels of one, so that a network for colour sees grey.
 *
 * @param scale one number, or one for each channel.
 */
export function fixedScale(scale: readonly number[], offset: readonly number[]): Layer {
  const count = Math.max(scale.length, offset.length);
  const constant = (x: Value, values: readonly number[]): Value => {
    const full = values.length === 1 ? Array.from({ length: count }, () => values[0]!) : values;
    const shape = count === 1 ? [] : [count, ...x.shape.slice(2).map(() => 1)];
    return x.graph.constant(tensorType('float32', shape), Float32Array.from(full));
  };
  return stateless(
    (shape) => {
      if (count > 1 && shape[0] !== 1 && shape[0] !== count)
        throw new ShapeError(`fixedScale: ${count} numbers don't fit ${shape[0]} channels.`);
      return count > 1 ? [count, ...shape.slice(1)] : shape;
    },
    (_context, x) => {
      const scaled = scale.every((value) => value === 1) && count === 1 ? x : multiply(x, constant(x, scale));
      return offset.every((value) => value === 0) ? scaled : add(scaled, constant(x, offset));
    },
  );
}

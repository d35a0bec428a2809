// The layers that networks are made of. Options, defaults and arithmetic follow Keras's layers of the same names;
// images are [N, C, H, W] here.

import type { Value } from '../ir/graph.js';
import { averagePool, globalAveragePool } from '../ops/average-pool.js';
import * as convolution from '../ops/convolution.js';
import type { ConvAttributes } from '../ops/convolution-lowering.js';
import {
  add,
  divide,
  multiply,
  relu as reluOp,
  scalar,
  sigmoid as sigmoidOp,
  squareRoot,
  subtract,
} from '../ops/elementwise.js';
import { matMul } from '../ops/matmul.js';
import { reduceMean } from '../ops/mean.js';
import { addBias, channelAffine, moments } from '../ops/normalization.js';
import { maxPool } from '../ops/pooling.js';
import { prelu as preluOp } from '../ops/prelu.js';
import { enlarge } from '../ops/resize.js';
import { pad, reshape, slice } from '../ops/shaping.js';
import { elementCount, type Shape, ShapeError } from '../tensor/type.js';
import { filledWith, glorotUniform, type KernelInitializer, startingAt } from './initializers.js';
import { type Layer, type LayerSpecs, stateless } from './layer.js';

export interface ConvOptions {
  filters: number;
  /** Window height and width; 3 stands for 3x3. */
  kernelSize: number | readonly [number, number];
  /** Vertical and horizontal; 2 stands for 2x2. */
  strides?: number | readonly [number, number];
  /** How far the kernel's rows and columns lie apart; 1 unless given. */
  dilation?: readonly [number, number];
  /** `same` keeps the size at stride 1 and gives ceil(size / stride), padding more at bottom and right, as Keras. */
  padding?: 'same' | 'valid';
  groups?: number;
  /** A bias before batch normalization changes nothing; leave it out there. */
  useBias?: boolean;
  /** What the bias of each filter starts at; 0 unless given. */
  biasStart?: readonly number[];
  kernelInitializer?: KernelInitializer;
}

/** Zeros to add for Keras's `same` padding: [before, after]. */
function samePadding(size: number, kernel: number, stride: number): [number, number] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

const pairOf = (value: number | readonly [number, number]): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** A kernel [..., kH, kW] with its rows and columns apart, zeros between them. */
function dilated(kernel: Value, dilation: readonly [number, number]): Value {
  const [filters, channels] = kernel.shape as [number, number];
  return dilation.reduce((value, step, i) => {
    const axis = i + 2;
    if (step === 1) return value;
    const size = value.shape[axis]!;
    const apart = value.shape.toSpliced(axis, 1, size * step);
    const spread = pad(reshape(value, value.shape.toSpliced(axis + 1, 0, 1)), axis + 1, 0, step - 1);
    return slice(reshape(spread, [filters, channels, ...apart.slice(2)]), axis, 0, (size - 1) * step + 1);
  }, kernel);
}

/** Two-dimensional convolution over [C, H, W]. Parameters `kernel` [filters, C / groups, kH, kW] and `bias` [filters]. */
export function conv2d(options: ConvOptions): Layer {
  const { filters, padding = 'same', groups = 1, useBias = true, biasStart, dilation = [1, 1] } = options;
  const strides = pairOf(options.strides ?? 1);
  const kernelSize = pairOf(options.kernelSize);
  const [height, width] = [0, 1].map((i) => (kernelSize[i]! - 1) * dilation[i]! + 1) as [number, number];
  const attributesFor = (h: number, w: number): ConvAttributes => {
    const [top, bottom] = padding === 'same' ? samePadding(h, height, strides[0]) : [0, 0];
    const [left, right] = padding === 'same' ? samePadding(w, width, strides[1]) : [0, 0];
    return { strides, pads: [top, left, bottom, right], group: groups };
  };
  const described = { filters, kernel: kernelSize, strides, dilation, padding, groups, bias: useBias };
  return {
    form: { kind: 'layer', layer: { kind: 'conv', ...described } },
    describe([channels, h, w]): LayerSpecs {
      if (channels === undefined || h === undefined || w === undefined)
        throw new ShapeError('conv2d: needs images [C, H, W].');
      if (channels % groups !== 0 || filters % groups !== 0) {
        throw new ShapeError(
          `conv2d: ${channels} channels and ${filters} filters do not split into ${groups} groups.`,
        );
      }
      const { pads } = attributesFor(h, w);
      const rows = Math.floor((h + pads[0] + pads[2] - height) / strides[0]) + 1;
      const columns = Math.floor((w + pads[1] + pads[3] - width) / strides[1]) + 1;
      if (rows < 1 || columns < 1)
        throw new ShapeError(`conv2d: needs images of at least ${height}x${width} pixels, got ${h}x${w}.`);
      const kernel: Shape = [filters, channels / groups, ...kernelSize];
      return {
        parameters: {
          kernel: (options.kernelInitializer ?? glorotUniform)(kernel),
          ...(useBias ? { bias: biasStart ? startingAt(biasStart) : filledWith(0, [filters]) } : {}),
        },
        state: {},
        outputShape: [filters, rows, columns],
        multiplyAdds: elementCount(kernel) * rows * columns,
      };
    },
    apply(_context, parameters, _state, x) {
      const y = convolution.conv(
        x,
        dilated(parameters.kernel!, dilation),
        attributesFor(x.shape[2]!, x.shape[3]!),
      );
      return { output: useBias ? addBias(y, parameters.bias!) : y, state: {} };
    },
  };
}

export interface DenseOptions {
  units: number;
  useBias?: boolean;
  kernelInitializer?: KernelInitializer;
}

/** y = x kernel + bias over [features]. Parameters `kernel` [features, units] and `bias` [units]. */
export function dense({ units, useBias = true, kernelInitializer = glorotUniform }: DenseOptions): Layer {
  return {
    form: { kind: 'layer', layer: { kind: 'dense', units, bias: useBias } },
    describe(inputShape): LayerSpecs {
      if (inputShape.length !== 1)
        throw new ShapeError('dense: needs a vector of features; flatten images first.');
      const kernel: Shape = [inputShape[0]!, units];
      return {
        parameters: {
          kernel: kernelInitializer(kernel),
          ...(useBias ? { bias: filledWith(0, [units]) } : {}),
        },
        state: {},
        outputShape: [units],
        multiplyAdds: elementCount(kernel),
      };
    },
    apply(_context, parameters, _state, x) {
      const y = matMul(x, parameters.kernel!);
      return { output: useBias ? add(y, parameters.bias!) : y, state: {} };
    },
  };
}

export interface BatchNormOptions {
  /** Weight of the old running statistics at each step; Keras's default. */
  momentum?: number;
  epsilon?: number;
  /** Start of gamma; 0 for the last normalization of a residual block. */
  gammaStart?: number;
}

/**
 * Batch normalization over all axes but the channels' (Ioffe and Szegedy 2015), as Keras's BatchNormalization: the
 * batch's biased variance normalizes and also enters the running variance. Parameters `gamma`, `beta`; state `mean`,
 * `variance`.
 */
export function batchNormalization({
  momentum = 0.99,
  epsilon = 1e-3,
  gammaStart = 1,
}: BatchNormOptions = {}): Layer {
  /** old momentum + batch (1 - momentum) */
  const blend = (old: Value, batch: Value): Value =>
    add(multiply(old, scalar(old, momentum)), multiply(batch, scalar(batch, 1 - momentum)));
  return {
    form: { kind: 'layer', layer: { kind: 'norm', momentum, epsilon } },
    describe: (inputShape) => {
      const vector: Shape = [inputShape[0]!];
      return {
        parameters: { gamma: filledWith(gammaStart, vector), beta: filledWith(0, vector) },
        state: { mean: filledWith(0, vector), variance: filledWith(1, vector) },
        outputShape: inputShape,
        multiplyAdds: 0,
      };
    },
    apply({ training }, { gamma, beta }, { mean, variance }, x) {
      const batch = training ? moments(x) : { mean: mean!, variance: variance! };
      const deviation = squareRoot(add(batch.variance, scalar(batch.variance, epsilon)));
      const scale = divide(gamma!, deviation);
      const shift = subtract(beta!, multiply(batch.mean, scale));
      const output = channelAffine(x, scale, shift);
      if (!training) return { output, state: {} };
      return {
        output,
        state: { mean: blend(mean!, batch.mean), variance: blend(variance!, batch.variance) },
      };
    },
  };
}

export const relu = (): Layer =>
  stateless(
    (shape) => shape,
    (_context, x) => reluOp(x),
    { kind: 'activation', name: 'relu' },
  );
/** ReLU with a trained slope below zero for each channel, `alpha` [C]; Keras: PReLU(shared_axes=[1, 2]) on images. */
export function prelu(start = 0.25): Layer {
  return {
    form: { kind: 'layer', layer: { kind: 'prelu' } },
    describe: (inputShape) => ({
      parameters: { alpha: filledWith(start, [inputShape[0]!]) },
      state: {},
      outputShape: inputShape,
      multiplyAdds: 0,
    }),
    apply: (_context, { alpha }, _state, x) => ({ output: preluOp(x, alpha!), state: {} }),
  };
}
export const sigmoid = (): Layer =>
  stateless(
    (shape) => shape,
    (_context, x) => sigmoidOp(x),
    { kind: 'activation', name: 'sigmoid' },
  );

/**
 * Every image less its own mean, divided by its own standard deviation, over all channels and pixels together: what is
 * left is pattern, neither brightness nor contrast (as TensorFlow's per_image_standardization).
 *
 * @param epsilon is added to the variance: an image that is nearly constant gives nearly zeros, not amplified noise. One
 *   grey level squared by default, where levels go from 0 to 1.
 */
export function standardizeImages(epsilon = (1 / 255) ** 2): Layer {
  return stateless(
    (shape) => shape,
    (_context, x) => {
      const axes = x.shape.slice(1).map((_, i) => i + 1);
      const centred = subtract(x, reduceMean(x, axes, true));
      const variance = reduceMean(multiply(centred, centred), axes, true);
      return divide(centred, squareRoot(add(variance, scalar(variance, epsilon))));
    },
    { kind: 'standardize', epsilon },
  );
}

/** Zeroes a share `rate` of the values while training, and scales the rest by 1 / (1 - rate). */
export function dropout(rate: number): Layer {
  if (!(rate >= 0 && rate < 1))
    throw new RangeError(`dropout: expected a rate from 0 to below 1, got ${rate}.`);
  return stateless(
    (shape) => shape,
    (context, x) => (context.training && rate > 0 ? multiply(x, context.dropoutMask(x.shape, rate)) : x),
    { kind: 'dropout', rate, channels: false },
  );
}

export interface PoolOptions {
  /** Height and width of the window; 2 stands for 2x2. */
  poolSize?: number | readonly [number, number];
  /** The pool size unless given. */
  strides?: number | readonly [number, number];
  padding?: 'same' | 'valid';
  /** With `valid` padding: whether windows that reach over the bottom and right edges count, too (Caffe's way). */
  ceil?: boolean;
}

function pool2d(
  operator: typeof maxPool,
  { poolSize = 2, strides: step = poolSize, padding = 'valid', ceil = false }: PoolOptions,
): Layer {
  const [kernel, strides] = [pairOf(poolSize), pairOf(step)];
  const round = ceil ? Math.ceil : Math.floor;
  const padsFor = (h: number, w: number): [number, number, number, number] => {
    if (padding === 'valid') return [0, 0, 0, 0];
    const [top, bottom] = samePadding(h, kernel[0], strides[0]);
    const [left, right] = samePadding(w, kernel[1], strides[1]);
    return [top, left, bottom, right];
  };
  return stateless(
    ([channels, h, w]) => {
      const [top, left, bottom, right] = padsFor(h!, w!);
      const rows = round((h! + top + bottom - kernel[0]) / strides[0]) + 1;
      const columns = round((w! + left + right - kernel[1]) / strides[1]) + 1;
      if (h! + top + bottom < kernel[0] || w! + left + right < kernel[1])
        throw new ShapeError(`pooling: ${h}x${w} images are smaller than the ${kernel.join('x')} window.`);
      return [channels!, rows, columns];
    },
    (_context, x) =>
      operator(x, {
        kernel,
        strides,
        pads: padsFor(x.shape[2]!, x.shape[3]!),
        ...(ceil ? { ceil } : {}),
      }),
    ceil
      ? undefined
      : { kind: 'pool', of: operator === maxPool ? 'max' : 'average', size: kernel, strides, padding },
  );
}

export const maxPooling2d = (options: PoolOptions = {}): Layer => pool2d(maxPool, options);
export const averagePooling2d = (options: PoolOptions = {}): Layer => pool2d(averagePool, options);
export const globalAveragePooling2d = (): Layer =>
  stateless(
    ([channels]) => [channels!],
    (_context, x) => globalAveragePool(x),
    { kind: 'globalPool', of: 'average', keep: false },
  );

/** Images enlarged by a whole factor, each pixel repeated. Keras: UpSampling2D. */
export const upSampling2d = (factor = 2): Layer =>
  stateless(
    ([channels, h, w]) => [channels!, h! * factor, w! * factor],
    (_context, x) => enlarge(x, factor),
    { kind: 'enlarge', factor },
  );

/** [C, H, W] to a vector, channels outermost. */
export const flatten = (): Layer =>
  stateless(
    (shape) => [elementCount(shape)],
    (_context, x) => reshape(x, [x.shape[0]!, elementCount(x.shape.slice(1))]),
    { kind: 'flatten', lastChannel: false },
  );

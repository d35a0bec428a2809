// How parameters start. Glorot's uniform is Keras's default for kernels; He's normal suits residual networks.

import { elementCount, type Shape } from '../tensor/type.js';
import type { TensorSpec } from './layer.js';

/** Inputs and outputs that one element of a kernel connects: dense [in, out] or convolution [out, in, kH, kW]. */
function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length === 2) return { fanIn: shape[0]!, fanOut: shape[1]! };
  const window = elementCount(shape.slice(2));
  return { fanIn: shape[1]! * window, fanOut: shape[0]! * window };
}

/** Uniform in +-sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
export function glorotUniform(shape: Shape): TensorSpec {
  const { fanIn, fanOut } = fans(shape);
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return {
    shape,
    init: (data, random) =>
      data.forEach((_, i) => {
        data[i] = random.uniform(-limit, limit);
      }),
  };
}

/** Normal with standard deviation sqrt(2 / fanIn) (He et al. 2015). */
export function heNormal(shape: Shape): TensorSpec {
  const deviation = Math.sqrt(2 / fans(shape).fanIn);
  return {
    shape,
    init: (data, random) =>
      data.forEach((_, i) => {
        data[i] = random.normal(0, deviation);
      }),
  };
}

export function filledWith(value: number, shape: Shape): TensorSpec {
  return { shape, init: (data) => data.fill(value) };
}

/** A vector that starts at these values. */
export function startingAt(values: readonly number[]): TensorSpec {
  return { shape: [values.length], init: (data) => data.set(values) };
}

export type KernelInitializer = (shape: Shape) => TensorSpec;

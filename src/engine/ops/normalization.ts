// The two operators that batch normalization is made of: per-channel moments, and a per-channel affine map.
// Splitting it so keeps its gradient at two passes over the data (Ioffe and Szegedy 2015, section 3, regrouped as
// dx = scale dy + b x + c with per-channel scale, b, c) and lets a pass move pooling in between.
// Channels are axis 1; inputs are [N, C] or [N, C, H, W].

import type { OpDefinition, Value } from '../ir/graph.js';
import { forEachIndex, NdArray } from '../tensor/array.js';
import { elementCount, ShapeError, tensorType } from '../tensor/type.js';
import { add, multiply, type NoAttributes, none, scalar, subtract } from './elementwise.js';
import { reshape } from './shaping.js';
import { lowerReduction, reduceSum } from './sum.js';

/** All axes but the channels'. */
function axesButChannels(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
}

/** The shape in which a per-channel vector broadcasts against x: [C, 1, 1], or [C] for matrices. */
function channelShape(x: Value): number[] {
  return [x.shape[1]!, ...x.shape.slice(2).map(() => 1)];
}

function meansByChannel(x: NdArray, value: (flat: number, channel: number) => number): NdArray {
  const result = new NdArray([x.shape[1]!]);
  forEachIndex(x.shape, (index, flat) => {
    result.data[index[1]!]! += value(flat, index[1]!);
  });
  const count = elementCount(x.shape) / x.shape[1]!;
  return new NdArray(
    result.shape,
    result.data.map((sum) => sum / count),
  );
}

/** Mean and (biased) variance of each channel: x [N, C, ...] to mean [C], variance [C]. */
export const momentsOp: OpDefinition<NoAttributes> = {
  name: 'Moments',
  types([x]) {
    if (x === undefined || x.shape.length < 2)
      throw new ShapeError('needs an input with channels, [N, C, ...].');
    const channels = tensorType('float32', [x.shape[1]!]);
    return [channels, channels];
  },
  lower(context, node) {
    const { onnx, name, provider } = context;
    const x = node.inputs[0]!;
    const input = name(x);
    const [mean, variance] = node.outputs.map(name);
    const byChannel = { shape: x.shape, axes: axesButChannels(x.shape.length), keepDims: false };
    const meanOf = (values: string, output: string): void =>
      lowerReduction(context, { reduction: 'ReduceMean', input: values, output, ...byChannel });
    meanOf(input, mean!);
    if (x.shape.length === 2) {
      // Few elements: the two-pass form, which is the more accurate, costs nothing.
      const centred = onnx.node('Sub', [input, mean!]);
      meanOf(onnx.node('Mul', [centred, centred]), variance!);
      return;
    }
    // var = E[x^2] - E[x]^2 in one pass over the data; rounding may take it just below 0.
    const meanSquare = onnx.fresh('ReduceMean');
    if (provider === 'cuda') {
      // Its ReduceSumSquare has none of the fast kernels.
      meanOf(onnx.node('Mul', [input, input]), meanSquare);
    } else {
      const squares = onnx.node('ReduceSumSquare', [input, onnx.integers(...byChannel.axes)], {
        keepdims: 0,
      });
      const count = elementCount(x.shape) / x.shape[1]!;
      onnx.addNode('Mul', [squares, onnx.scalar(1 / count)], [meanSquare]);
    }
    const squaredMean = onnx.node('Mul', [mean!, mean!]);
    onnx.addNode('Relu', [onnx.node('Sub', [meanSquare, squaredMean])], [variance!]);
  },
  // mean: dx = dmean / count. variance: dx = dvariance 2 (x - mean) / count. Together dx = b x + c per channel.
  gradient({ inputs: [x], outputs: [mean], outputGradients: [dMean, dVariance] }) {
    const count = elementCount(x!.shape) / x!.shape[1]!;
    const scaled = dMean ? multiply(dMean, scalar(dMean, 1 / count)) : null;
    if (!dVariance) {
      if (!scaled) return [null];
      const zero = multiply(scaled, scalar(scaled, 0));
      return [channelAffine(x!, zero, scaled)];
    }
    const slope = multiply(dVariance, scalar(dVariance, 2 / count));
    const centre = multiply(slope, mean!);
    return [
      channelAffine(
        x!,
        slope,
        scaled ? subtract(scaled, centre) : subtract(multiply(slope, scalar(slope, 0)), centre),
      ),
    ];
  },
  reference([x]) {
    const mean = meansByChannel(x!, (flat) => x!.data[flat]!);
    const variance = meansByChannel(x!, (flat, channel) => (x!.data[flat]! - mean.data[channel]!) ** 2);
    return [mean, variance];
  },
  cases: [
    { name: 'matrix', inputs: [[5, 3]], attributes: none },
    { name: 'images', inputs: [[3, 2, 3, 4]], attributes: none },
  ],
};

/** y = x scale + shift with scale [C] and shift [C]. */
export const channelAffineOp: OpDefinition<NoAttributes> = {
  name: 'ChannelAffine',
  types([x, scale, shift]) {
    if (x === undefined || x.shape.length < 2)
      throw new ShapeError('needs an input with channels, [N, C, ...].');
    for (const vector of [scale, shift]) {
      if (vector?.shape.length !== 1 || vector.shape[0] !== x.shape[1]) {
        throw new ShapeError(`needs scale and shift of ${x.shape[1]} elements, one per channel.`);
      }
    }
    return [x];
  },
  lower({ onnx, name }, node) {
    const x = node.inputs[0]!;
    const [input, scale, shift] = node.inputs.map(name);
    if (x.shape.length === 2) {
      onnx.addNode('Add', [onnx.node('Mul', [input!, scale!]), shift!], node.outputs.map(name));
      return;
    }
    // BatchNormalization's inference form with mean 0, variance 1, epsilon 0 is one threaded pass.
    const channels = x.shape[1]!;
    const zeros = onnx.constant('float32', [channels], new Array<number>(channels).fill(0));
    const ones = onnx.constant('float32', [channels], new Array<number>(channels).fill(1));
    onnx.addNode('BatchNormalization', [input!, scale!, shift!, zeros, ones], node.outputs.map(name), {
      epsilon: { float: 0 },
    });
  },
  gradient({ inputs: [x, scale], outputGradients: [dy], needs }) {
    const axes = axesButChannels(x!.shape.length);
    return [
      needs[0] ? multiply(dy!, reshape(scale!, channelShape(x!))) : null,
      needs[1] ? reduceSum(multiply(dy!, x!), axes) : null,
      needs[2] ? reduceSum(dy!, axes) : null,
    ];
  },
  reference([x, scale, shift]) {
    return [
      NdArray.build(x!.shape, (index) => x!.at(index) * scale!.data[index[1]!]! + shift!.data[index[1]!]!),
    ];
  },
  cases: [
    { name: 'matrix', inputs: [[4, 3], [3], [3]], attributes: none },
    { name: 'images', inputs: [[2, 3, 2, 4], [3], [3]], attributes: none },
  ],
};

/** Mean and biased variance of each channel. */
export function moments(x: Value): { mean: Value; variance: Value } {
  const [mean, variance] = x.graph.apply(momentsOp, [x], none);
  return { mean: mean!, variance: variance! };
}

/** x scale + shift, per channel. */
export function channelAffine(x: Value, scale: Value, shift: Value): Value {
  return x.graph.apply(channelAffineOp, [x, scale, shift], none)[0]!;
}

/** x plus a per-channel bias [C]. */
export function addBias(x: Value, bias: Value): Value {
  return add(x, reshape(bias, channelShape(x)));
}

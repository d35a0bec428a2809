// Max pooling over windows of images [N, C, H, W], and its gradient. Padding never wins. With `ceil` the last windows may
// reach over the bottom and right edges, as in Caffe.

import type { LoweringContext, OpDefinition, Value } from '../ir/graph.js';
import { forEachIndex, NdArray } from '../tensor/array.js';
import { elementCount, ShapeError, sameShape, tensorType } from '../tensor/type.js';
import {
  cases,
  outputShape,
  type PoolAttributes,
  type PoolGradientAttributes,
  padsOf,
  restOf,
  windowAttributes,
  windowOf,
} from './pool-windows.js';

/** Max pooling: x -> pooled, and the flat index into x of each winner (the first at a tie). */
export const maxPoolOp: OpDefinition<PoolAttributes> = {
  name: 'MaxPool',
  types([x], attributes) {
    const shape = outputShape(x!.shape, attributes);
    return [tensorType('float32', shape), tensorType('int64', shape)];
  },
  lower(context, node) {
    const { onnx, name, isUsed, provider } = context;
    const [pooled, indices] = node.outputs;
    if (provider !== 'cpu' && isUsed(indices!)) return lowerPoolWithTaps(context, node);
    onnx.addNode(
      'MaxPool',
      node.inputs.map(name),
      isUsed(indices!) ? [name(pooled!), name(indices!)] : [name(pooled!)],
      windowAttributes(context, node.inputs[0]!.shape, node.attributes),
    );
  },
  gradient({ inputs: [x], outputs: [, indices], attributes, outputGradients: [dy] }) {
    return [dy ? maxPoolGradient(dy, indices!, x!.shape, attributes) : null];
  },
  reference([x], attributes) {
    const shape = outputShape(x!.shape, attributes);
    const pooled = new NdArray(shape);
    const indices = new NdArray(shape);
    forEachIndex(shape, (index, flat) => {
      let best = -1;
      for (const candidate of windowOf(index, x!.shape, attributes)) {
        if (best < 0 || x!.data[candidate]! > x!.data[best]!) best = candidate;
      }
      pooled.data[flat] = x!.data[best]!;
      indices.data[flat] = best;
    });
    return [pooled, indices];
  },
  cases: cases.map(({ name, shape, attributes }) => ({
    name,
    inputs: [shape],
    attributes,
    draw: 'distinct',
  })),
};

/** Sends dy [N, C, H', W'] back to the winners: dx of `shape`. */
export const maxPoolGradientOp: OpDefinition<PoolGradientAttributes> = {
  name: 'MaxPoolGradient',
  types([dy, indices], attributes) {
    const shape = outputShape(attributes.shape, attributes);
    if (!sameShape(dy!.shape, shape) || !sameShape(indices!.shape, shape)) {
      throw new ShapeError(`isn't the gradient of pooling [${attributes.shape.join(', ')}].`);
    }
    return [tensorType('float32', attributes.shape)];
  },
  lower(context, node) {
    const { kernel, strides } = node.attributes;
    if (context.provider !== 'cpu') return lowerByTaps(context, node);
    // MaxUnpool writes, it doesn't add: right only where windows don't overlap.
    if (kernel[0] <= strides[0] && kernel[1] <= strides[1]) lowerAsUnpool(context, node);
    else lowerAsScatter(context, node);
  },
  gradient: null,
  reference([dy, indices], { shape }) {
    const dx = new NdArray(shape);
    dy!.data.forEach((value, flat) => {
      dx.data[indices!.data[flat]!]! += value;
    });
    return [dx];
  },
  // Tested as MaxPool's gradient: its indices have to come from a real pooling.
  cases: [],
};

type GradientNode = Parameters<OpDefinition<PoolGradientAttributes>['lower']>[1];

/**
 * The WebGPU provider's MaxPool gives no indices, and CUDA has no MaxUnpool. There the second output is a float: which tap of its window won (the
 * first at a tie); lowerByTaps reads it.
 */
function lowerPoolWithTaps(
  { onnx, name }: LoweringContext,
  node: Parameters<typeof maxPoolOp.lower>[1],
): void {
  const { kernel, strides } = node.attributes;
  const pads = padsOf(node.inputs[0]!.shape, node.attributes);
  const [pooled, winner] = node.outputs;
  const x = name(node.inputs[0]!);
  const y = name(pooled!);
  onnx.addNode('MaxPool', [x], [y], { kernel_shape: kernel, strides, pads });
  const widths = onnx.integers(0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]);
  const padded = pads.some((width) => width > 0) ? onnx.node('Pad', [x, widths, onnx.scalar(-1e38)]) : x;
  const [rows, columns] = pooled!.shape.slice(2) as [number, number];
  const taps = kernel[0] * kernel[1];
  const candidates = Array.from({ length: taps }, (_, tap) => {
    const [i, j] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
    const moved = onnx.node('Slice', [
      padded,
      onnx.integers(i, j),
      onnx.integers(i + strides[0] * (rows - 1) + 1, j + strides[1] * (columns - 1) + 1),
      onnx.integers(2, 3),
      onnx.integers(...strides),
    ]);
    const short = onnx.node('Mul', [onnx.node('Sub', [y, moved]), onnx.scalar(1e30)]);
    const lost = onnx.node('Clip', [short, onnx.scalar(0), onnx.scalar(1)]);
    return onnx.node('Add', [onnx.node('Mul', [lost, onnx.scalar(taps)]), onnx.scalar(tap)]);
  });
  // Losers count `taps` more, so that the smallest is the first winner. Two at a time: the provider's Min takes two.
  const first = candidates.reduce((a, b) => onnx.node('Min', [a, b]));
  onnx.addNode('Identity', [first], [name(winner!)]);
}

/** dy goes to the winning tap of each window: one channel a tap, put in place by a transposed convolution. */
function lowerByTaps({ onnx, name }: LoweringContext, node: GradientNode): void {
  const { kernel, strides, shape } = node.attributes;
  const pads = padsOf(shape, node.attributes);
  const [, channels, rows, columns] = node.inputs[0]!.shape as [number, number, number, number];
  const taps = kernel[0] * kernel[1];
  const [dy, winner] = node.inputs.map((input) => onnx.node('Unsqueeze', [name(input), onnx.integers(2)]));
  const numbers = onnx.constant(
    'float32',
    [taps, 1, 1],
    Array.from({ length: taps }, (_, tap) => tap),
  );
  const distance = onnx.node('Abs', [onnx.node('Sub', [winner!, numbers])]);
  const isTap = onnx.node('Sub', [
    onnx.scalar(1),
    onnx.node('Clip', [distance, onnx.scalar(0), onnx.scalar(1)]),
  ]);
  const byTap = onnx.node('Mul', [dy!, isTap]); // [N, C, taps, H', W']
  // Every channel is an image of its own here: WebGPU's grouped ConvTranspose errs where a group has several inputs.
  const images = onnx.node('Reshape', [byTap, onnx.integers(shape[0]! * channels, taps, rows, columns)]);
  const placing = Array.from({ length: taps * taps }, (_, i) => Number(Math.floor(i / taps) === i % taps));
  const placed = onnx.node(
    'ConvTranspose',
    [images, onnx.constant('float32', [taps, 1, ...kernel], placing)],
    {
      strides,
      pads,
      kernel_shape: kernel,
      output_padding: restOf(shape, node.inputs[0]!.shape, { ...node.attributes, pads }),
    },
  );
  onnx.addNode('Reshape', [placed, onnx.integers(...shape)], node.outputs.map(name));
}

function lowerAsUnpool({ onnx, name }: LoweringContext, node: GradientNode): void {
  const { kernel, strides, shape } = node.attributes;
  onnx.addNode('MaxUnpool', [...node.inputs.map(name), onnx.integers(...shape)], node.outputs.map(name), {
    kernel_shape: kernel,
    strides,
    pads: padsOf(shape, node.attributes),
  });
}

function lowerAsScatter({ onnx, name }: LoweringContext, node: GradientNode): void {
  const { shape } = node.attributes;
  const [dy, indices] = node.inputs.map((input) => onnx.node('Reshape', [name(input), onnx.integers(-1)]));
  const zeros = onnx.node('Expand', [onnx.scalar(0), onnx.integers(elementCount(shape))]);
  const dx = onnx.node('ScatterElements', [zeros, indices!, dy!], { axis: 0, reduction: 'add' });
  onnx.addNode('Reshape', [dx, onnx.integers(...shape)], node.outputs.map(name));
}

/** The largest value of each window. */
export function maxPool(x: Value, attributes: PoolAttributes): Value {
  return x.graph.apply(maxPoolOp, [x], attributes)[0]!;
}

function maxPoolGradient(
  dy: Value,
  indices: Value,
  shape: readonly number[],
  attributes: PoolAttributes,
): Value {
  return dy.graph.apply(maxPoolGradientOp, [dy, indices], { ...attributes, shape })[0]!;
}

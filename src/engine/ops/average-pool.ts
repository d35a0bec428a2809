// Average pooling over windows of images [N, C, H, W], and its gradient. Only real pixels count (ONNX:
// count_include_pad = 0, as Keras's padding 'same').

import type { OpDefinition, Value } from '../ir/graph.js';
import { forEachIndex, NdArray } from '../tensor/array.js';
import { ShapeError, sameShape, tensorType } from '../tensor/type.js';
import { reduceMean } from './mean.js';
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

/** Average pooling over the real pixels of each window. */
export const averagePoolOp: OpDefinition<PoolAttributes> = {
  name: 'AveragePool',
  types([x], attributes) {
    return [tensorType('float32', outputShape(x!.shape, attributes))];
  },
  lower(context, node) {
    const { onnx, name } = context;
    onnx.addNode('AveragePool', node.inputs.map(name), node.outputs.map(name), {
      ...windowAttributes(context, node.inputs[0]!.shape, node.attributes),
      count_include_pad: 0,
    });
  },
  gradient({ inputs: [x], attributes, outputGradients: [dy] }) {
    return [dy!.graph.apply(averagePoolGradientOp, [dy!], { ...attributes, shape: x!.shape })[0]!];
  },
  reference([x], attributes) {
    return [
      NdArray.build(outputShape(x!.shape, attributes), (index) => {
        const window = windowOf(index, x!.shape, attributes);
        return window.reduce((sum, flat) => sum + x!.data[flat]!, 0) / window.length;
      }),
    ];
  },
  cases: cases.map(({ name, shape, attributes }) => ({ name, inputs: [shape], attributes })),
};

/** Spreads dy evenly over each window: dx of `shape`. */
export const averagePoolGradientOp: OpDefinition<PoolGradientAttributes> = {
  name: 'AveragePoolGradient',
  types([dy], attributes) {
    if (!sameShape(outputShape(attributes.shape, attributes), dy!.shape)) {
      throw new ShapeError(`isn't the gradient of pooling [${attributes.shape.join(', ')}].`);
    }
    return [tensorType('float32', attributes.shape)];
  },
  lower({ onnx, name }, node) {
    const { kernel, strides, shape } = node.attributes;
    const pads = padsOf(shape, node.attributes);
    const dy = node.inputs[0]!;
    const [, channels, rows, columns] = dy.shape as [number, number, number, number];
    // One over the number of real pixels in each window, then a depthwise transposed convolution by ones.
    const shares = NdArray.build(
      [rows, columns],
      ([row, column]) => 1 / windowOf([0, 0, row!, column!], shape, node.attributes).length,
    );
    const weighted = onnx.node('Mul', [
      name(dy),
      onnx.constant('float32', [rows, columns], [...shares.data]),
    ]);
    const ones = onnx.constant(
      'float32',
      [channels, 1, ...kernel],
      new Array<number>(channels * kernel[0] * kernel[1]).fill(1),
    );
    onnx.addNode('ConvTranspose', [weighted, ones], node.outputs.map(name), {
      strides,
      pads,
      group: channels,
      kernel_shape: kernel,
      output_padding: restOf(shape, dy.shape, { ...node.attributes, pads }),
    });
  },
  gradient: null,
  reference([dy], attributes) {
    const dx = new NdArray(attributes.shape);
    forEachIndex(dy!.shape, (index, flat) => {
      const window = windowOf(index, attributes.shape, attributes);
      for (const target of window) dx.data[target]! += dy!.data[flat]! / window.length;
    });
    return [dx];
  },
  cases: cases.map(({ name, shape, attributes }) => ({
    name,
    inputs: [outputShape(shape, attributes)],
    attributes: { ...attributes, shape },
  })),
};

/** The mean of each window. */
export function averagePool(x: Value, attributes: PoolAttributes): Value {
  return x.graph.apply(averagePoolOp, [x], attributes)[0]!;
}

/** The mean of each channel: [N, C, H, W] to [N, C]. */
export function globalAveragePool(x: Value): Value {
  return reduceMean(x, [2, 3]);
}

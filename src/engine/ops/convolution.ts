// Two-dimensional convolution and its two gradients. Images are [N, C, H, W], kernels [Cout, Cin / group, kH, kW],
// as in ONNX's Conv (cross-correlation).

import type { LoweringContext, OpDefinition, Value } from '../ir/graph.js';
import { forEachIndex, NdArray } from '../tensor/array.js';
import { ShapeError, sameShape, tensorType } from '../tensor/type.js';
import {
  type ConvAttributes,
  type ConvGradientAttributes,
  lowerConvolution,
  outputShape,
} from './convolution-lowering.js';
import { lowerWeightGradient } from './convolution-weight-gradient.js';

/** Calls `visit` with every product of the convolution: indices into x, w and y. */
function forEachProduct(
  x: readonly number[],
  w: readonly number[],
  y: readonly number[],
  { strides, pads, group }: ConvAttributes,
  visit: (xi: number[], wi: number[], yi: number[]) => void,
): void {
  const filtersPerGroup = w[0]! / group;
  forEachIndex(y, (yi) => {
    const [n, filter, row, column] = yi as [number, number, number, number];
    forEachIndex(w.slice(1), ([c, i, j]) => {
      const h = row * strides[0] + i! - pads[0];
      const v = column * strides[1] + j! - pads[1];
      if (h < 0 || v < 0 || h >= x[2]! || v >= x[3]!) return;
      const channel = Math.floor(filter / filtersPerGroup) * w[1]! + c!;
      visit([n, channel, h, v], [filter, c!, i!, j!], yi);
    });
  });
}

const cases: readonly { name: string; inputs: readonly [number[], number[]]; attributes: ConvAttributes }[] =
  [
    {
      name: 'same 3x3',
      inputs: [
        [2, 2, 5, 4],
        [3, 2, 3, 3],
      ],
      attributes: { strides: [1, 1], pads: [1, 1, 1, 1], group: 1 },
    },
    {
      name: 'one channel',
      inputs: [
        [2, 1, 4, 4],
        [3, 1, 3, 3],
      ],
      attributes: { strides: [1, 1], pads: [1, 1, 1, 1], group: 1 },
    },
    {
      name: 'stride 2, asymmetric pads',
      inputs: [
        [1, 2, 6, 5],
        [2, 2, 3, 3],
      ],
      attributes: { strides: [2, 2], pads: [0, 0, 1, 1], group: 1 },
    },
    {
      name: '1x1 stride 2',
      inputs: [
        [2, 3, 4, 4],
        [2, 3, 1, 1],
      ],
      attributes: { strides: [2, 2], pads: [0, 0, 0, 0], group: 1 },
    },
    {
      name: 'two groups',
      inputs: [
        [2, 4, 4, 4],
        [6, 2, 3, 3],
      ],
      attributes: { strides: [1, 1], pads: [1, 1, 1, 1], group: 2 },
    },
    {
      name: '5x3 without padding',
      inputs: [
        [1, 2, 6, 5],
        [2, 2, 5, 3],
      ],
      attributes: { strides: [1, 1], pads: [0, 0, 0, 0], group: 1 },
    },
    // From eight channels on the gradient by the kernel is a product for every tap: see convolution-weight-gradient.ts.
    {
      name: 'nine channels, same 3x3',
      inputs: [
        [2, 9, 4, 3],
        [2, 9, 3, 3],
      ],
      attributes: { strides: [1, 1], pads: [1, 1, 1, 1], group: 1 },
    },
    {
      name: 'nine channels, stride 2 and 1, asymmetric pads',
      inputs: [
        [2, 9, 6, 4],
        [2, 9, 3, 3],
      ],
      attributes: { strides: [2, 1], pads: [0, 1, 1, 1], group: 1 },
    },
    {
      name: 'two groups of eight channels, 3x2',
      inputs: [
        [2, 16, 4, 4],
        [4, 8, 3, 2],
      ],
      attributes: { strides: [1, 1], pads: [0, 0, 0, 0], group: 2 },
    },
    // Windows side by side: see arePatches.
    {
      name: 'patches of 2x3',
      inputs: [
        [2, 3, 4, 6],
        [5, 3, 2, 3],
      ],
      attributes: { strides: [2, 3], pads: [0, 0, 0, 0], group: 1 },
    },
    // More filters than output positions: see tallImageRows.
    {
      name: 'small images, same 3x3',
      inputs: [
        [3, 2, 2, 3],
        [8, 2, 3, 3],
      ],
      attributes: { strides: [1, 1], pads: [1, 1, 1, 1], group: 1 },
    },
    {
      name: 'small images, stride 2',
      inputs: [
        [4, 2, 3, 4],
        [7, 2, 3, 3],
      ],
      attributes: { strides: [2, 2], pads: [1, 1, 1, 1], group: 1 },
    },
    {
      name: 'small images, stride 2, asymmetric pads',
      inputs: [
        [3, 2, 4, 4],
        [5, 2, 3, 3],
      ],
      attributes: { strides: [2, 2], pads: [0, 0, 1, 1], group: 1 },
    },
    {
      name: 'small images, 5x3 without padding',
      inputs: [
        [2, 2, 6, 4],
        [6, 2, 5, 3],
      ],
      attributes: { strides: [1, 1], pads: [0, 0, 0, 0], group: 1 },
    },
  ];

export const convOp: OpDefinition<ConvAttributes> = {
  name: 'Conv',
  types([x, w], attributes) {
    return [tensorType('float32', outputShape(x!.shape, w!.shape, attributes))];
  },
  lower(context, node) {
    const [x, w] = node.inputs;
    lowerConvolution(context, {
      ...node.attributes,
      images: context.name(x!),
      imageShape: x!.shape,
      kernel: context.name(w!),
      kernelShape: w!.shape,
      output: context.name(node.outputs[0]!),
    });
  },
  gradient({ inputs: [x, w], attributes, outputGradients: [dy], needs }) {
    return [
      needs[0] ? convInputGradient(dy!, w!, x!.shape, attributes) : null,
      needs[1] ? convWeightGradient(x!, dy!, w!.shape, attributes) : null,
    ];
  },
  reference([x, w], attributes) {
    const y = new NdArray(outputShape(x!.shape, w!.shape, attributes));
    forEachProduct(x!.shape, w!.shape, y.shape, attributes, (xi, wi, yi) => {
      y.add(yi, x!.at(xi) * w!.at(wi));
    });
    return [y];
  },
  cases,
};

/** Gradient of a convolution by its input: dy [N, Cout, H', W'], w -> dx of `shape`. */
export const convInputGradientOp: OpDefinition<ConvGradientAttributes> = {
  name: 'ConvInputGradient',
  types([dy, w], attributes) {
    if (!sameShape(outputShape(attributes.shape, w!.shape, attributes), dy!.shape)) {
      throw new ShapeError(`dy isn't the gradient of a convolution of [${attributes.shape.join(', ')}].`);
    }
    return [tensorType('float32', attributes.shape)];
  },
  lower(context, node) {
    const { strides, pads, group } = node.attributes;
    const kernel = node.inputs[1]!.shape.slice(2);
    const padsFit = pads.every((width, side) => width < kernel[side % 2]!);
    if (strides[0] === 1 && strides[1] === 1 && group === 1 && padsFit)
      lowerInputGradientAsConv(context, node);
    else lowerInputGradientAsConvTranspose(context, node);
  },
  gradient: null,
  reference([dy, w], attributes) {
    const dx = new NdArray(attributes.shape);
    forEachProduct(dx.shape, w!.shape, dy!.shape, attributes, (xi, wi, yi) => {
      dx.add(xi, dy!.at(yi) * w!.at(wi));
    });
    return [dx];
  },
  cases: cases.map(({ name, inputs: [x, w], attributes }) => ({
    name,
    inputs: [outputShape(x, w, attributes), w],
    attributes: { ...attributes, shape: x },
  })),
};

type GradientNode = Parameters<OpDefinition<ConvGradientAttributes>['lower']>[1];

/** At stride 1 it is a convolution by the kernel turned by 180 degrees with channels swapped: as fast as the forward pass. */
function lowerInputGradientAsConv(context: LoweringContext, node: GradientNode): void {
  const { onnx, name } = context;
  const { pads } = node.attributes;
  const [dy, w] = node.inputs;
  const [filters, channels, height, width] = w!.shape as [number, number, number, number];
  const swapped = onnx.node('Transpose', [name(w!)], { perm: [1, 0, 2, 3] });
  const turned = onnx.node('Slice', [
    swapped,
    onnx.integers(-1, -1),
    onnx.integers(-(2 ** 31), -(2 ** 31)),
    onnx.integers(2, 3),
    onnx.integers(-1, -1),
  ]);
  lowerConvolution(context, {
    strides: [1, 1],
    pads: [height - 1 - pads[0], width - 1 - pads[1], height - 1 - pads[2], width - 1 - pads[3]],
    group: 1,
    images: name(dy!),
    imageShape: dy!.shape,
    kernel: turned,
    kernelShape: [channels, filters, height, width],
    output: name(node.outputs[0]!),
  });
}

function lowerInputGradientAsConvTranspose(
  { onnx, name, provider }: LoweringContext,
  node: GradientNode,
): void {
  const { strides, pads, group, shape } = node.attributes;
  const [dyShape, kernel] = node.inputs.map((input) => input.shape.slice(2));
  const inputs = node.inputs.map(name);
  const outputs = node.outputs.map(name);
  // Rows and columns that the kernel reaches, padding included. `rest`: how many of the images' own lie beyond them.
  const full = [0, 1].map((axis) => (dyShape![axis]! - 1) * strides[axis]! + kernel![axis]!);
  const rest = (around: readonly number[]): number[] =>
    full.map((size, axis) => shape[axis + 2]! - (size - around[axis]! - around[axis + 2]!));
  const attributes = { strides, group, kernel_shape: kernel! };
  const even = pads[0] === pads[2] && pads[1] === pads[3];
  if (even || provider !== 'cuda') {
    onnx.addNode('ConvTranspose', inputs, outputs, { ...attributes, pads, output_padding: rest(pads) });
    return;
  }
  // ONNX Runtime's CUDA provider leaves uneven padding to the CPU. So all that is reached is computed, then cut to shape.
  const before = [pads[0], pads[1]];
  const missing = rest([...before, 0, 0]).map((size) => Math.max(0, size));
  const whole = onnx.node('ConvTranspose', inputs, {
    ...attributes,
    pads: [0, 0, 0, 0],
    output_padding: missing,
  });
  const ends = before.map((width, axis) => width + shape[axis + 2]!);
  onnx.addNode(
    'Slice',
    [whole, onnx.integers(...before), onnx.integers(...ends), onnx.integers(2, 3)],
    outputs,
  );
}

/** Gradient of a convolution by its kernel: x, dy -> dw of `shape`. */
export const convWeightGradientOp: OpDefinition<ConvGradientAttributes> = {
  name: 'ConvWeightGradient',
  types([x, dy], attributes) {
    if (!sameShape(outputShape(x!.shape, attributes.shape, attributes), dy!.shape)) {
      throw new ShapeError(`dy isn't the gradient of a convolution by [${attributes.shape.join(', ')}].`);
    }
    return [tensorType('float32', attributes.shape)];
  },
  lower: lowerWeightGradient,
  gradient: null,
  reference([x, dy], attributes) {
    const dw = new NdArray(attributes.shape);
    forEachProduct(x!.shape, dw.shape, dy!.shape, attributes, (xi, wi, yi) => {
      dw.add(wi, dy!.at(yi) * x!.at(xi));
    });
    return [dw];
  },
  cases: cases.map(({ name, inputs: [x, w], attributes }) => ({
    name,
    inputs: [x, outputShape(x, w, attributes)],
    attributes: { ...attributes, shape: w },
  })),
};

/** Convolution of x [N, C, H, W] by w [Cout, C / group, kH, kW]. */
export function conv(x: Value, w: Value, attributes: ConvAttributes): Value {
  return x.graph.apply(convOp, [x, w], attributes)[0]!;
}

function convInputGradient(
  dy: Value,
  w: Value,
  shape: readonly number[],
  { strides, pads, group }: ConvAttributes,
): Value {
  return dy.graph.apply(convInputGradientOp, [dy, w], { strides, pads, group, shape })[0]!;
}

function convWeightGradient(
  x: Value,
  dy: Value,
  shape: readonly number[],
  { strides, pads, group }: ConvAttributes,
): Value {
  return x.graph.apply(convWeightGradientOp, [x, dy], { strides, pads, group, shape })[0]!;
}

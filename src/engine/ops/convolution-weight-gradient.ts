// How the gradient of a convolution by its kernel is written to ONNX, which has no operator for it: as matrix products.

import type { LoweringContext, OpDefinition } from '../ir/graph.js';
import type { ConvGradientAttributes } from './convolution-lowering.js';
import { lowerWindows } from './windows.js';

type GradientNode = Parameters<OpDefinition<ConvGradientAttributes>['lower']>[1];

/** Input channels below which a product for every tap would be too thin to be fast. */
const thinChannels = 8;

/** Writes the gradient of a node's inputs x, dy: products with windows, or one a tap. */
export function lowerWeightGradient(context: LoweringContext, node: GradientNode): void {
  const { group, shape } = node.attributes;
  const thin = shape[1]! < thinChannels;
  if (thin && group === 1 && context.provider === 'cpu' && arePatches(node)) lowerByPatches(context, node);
  else if (thin && group === 1 && context.provider === 'cpu') lowerByWindows(context, node);
  else lowerByTaps(context, node, thin);
}

/** Whether the windows lie side by side and cover the images. */
function arePatches({ inputs: [x], attributes: { strides, pads, shape } }: GradientNode): boolean {
  const kernel = shape.slice(2);
  return (
    pads.every((width) => width === 0) &&
    kernel.every((size, axis) => size === strides[axis] && x!.shape[axis + 2]! % size === 0)
  );
}

/** As by windows, which are there already and only have to be put in order: several times as fast for large images. */
function lowerByPatches({ onnx, name }: LoweringContext, node: GradientNode): void {
  const { shape } = node.attributes;
  const [filters, channels, height, width] = shape as [number, number, number, number];
  const [x, dy] = node.inputs;
  const [images, , rows, columns] = dy!.shape as [number, number, number, number];
  const apart = onnx.node('Reshape', [
    name(x!),
    onnx.integers(images, channels, rows, height, columns, width),
  ]);
  const patches = onnx.node('Transpose', [apart], { perm: [0, 2, 4, 1, 3, 5] });
  const products = onnx.node('MatMul', [
    onnx.node('Reshape', [name(dy!), onnx.integers(images, filters, -1)]),
    onnx.node('Reshape', [patches, onnx.integers(images, rows * columns, -1)]),
  ]);
  const sum = onnx.node('ReduceSum', [products, onnx.integers(0)], { keepdims: 0 });
  onnx.addNode('Reshape', [sum, onnx.integers(...shape)], node.outputs.map(name));
}

/** dw = sum over images of dy [Cout, positions] times the windows [positions, Cin kH kW]: no transposition of dy. */
function lowerByWindows({ onnx, name }: LoweringContext, node: GradientNode): void {
  const { shape } = node.attributes;
  const [filters, , height, width] = shape as [number, number, number, number];
  const [x, dy] = node.inputs;
  const windows = lowerWindows(onnx, name(x!), x!.shape, { ...node.attributes, kernel: [height, width] });
  const byFilter = onnx.node('Reshape', [name(dy!), onnx.integers(dy!.shape[0]!, filters, -1)]);
  const products = onnx.node('MatMul', [byFilter, onnx.node('Transpose', [windows], { perm: [0, 2, 1] })]);
  const sum = onnx.node('ReduceSum', [products, onnx.integers(0)], { keepdims: 0 });
  onnx.addNode('Reshape', [sum, onnx.integers(...shape)], node.outputs.map(name));
}

/**
 * dw[o, c, i, j] = sum over images and positions of dy[o] times x[c] shifted by tap (i, j): one matrix product a tap,
 * [Cout, positions] by [positions, Cin], over operands laid out once with the channels outside. Few input channels make
 * those products thin, so then all taps are laid side by side for a single one.
 *
 * On the CPU images are the innermost axis: a shifted copy, strided or not, then moves a whole batch of a pixel at a
 * time. They come in two halves where they can, whose products are faster than one over all (docs/performance.md).
 * On a GPU channels are the outermost axis and images the next.
 */
function lowerByTaps(context: LoweringContext, node: GradientNode, thin: boolean): void {
  const { onnx, name, provider } = context;
  const { strides, group, shape } = node.attributes;
  const [filters, channels] = shape as [number, number, ...number[]];
  const dense = strides[0] === 1 && strides[1] === 1;
  const imagesInside = !thin && provider === 'cpu';
  const [x, dy] = node.inputs.map((input) => {
    if (!imagesInside) return onnx.node('Transpose', [name(input)], { perm: [1, 0, 2, 3] });
    const [images, ...image] = input.shape as [number, number, number, number];
    const parts = images % 2 === 0 ? 2 : 1;
    const inParts = onnx.node('Reshape', [name(input), onnx.integers(parts, images / parts, ...image)]);
    return onnx.node('Transpose', [inParts], { perm: [0, 2, 3, 4, 1] });
  });
  const shift = dense && !thin && provider !== 'webgpu' ? shiftBoth : shiftImages;
  const taps = shift(context, node, { x: x!, dy: dy!, rank: imagesInside ? 5 : 4 });
  const product = (a: string, b: string): string => {
    if (!imagesInside) return onnx.node('Gemm', [a, b], { transB: 1 });
    const byPart = onnx.node('MatMul', [a, onnx.node('Transpose', [b], { perm: [0, 2, 1] })]);
    return onnx.node('ReduceSum', [byPart, onnx.integers(0)], { keepdims: 0 });
  };
  const groups = Array.from({ length: group }, (_, g) => {
    const part = (tensor: string, size: number): string => {
      const sizes = imagesInside ? [0, size * group, -1] : [size * group, -1]; // 0: as it is
      const byChannel = onnx.node('Reshape', [tensor, onnx.integers(...sizes)]);
      if (group === 1) return byChannel;
      return onnx.node('Slice', [
        byChannel,
        onnx.integers(g * size),
        onnx.integers((g + 1) * size),
        onnx.integers(-2),
      ]);
    };
    const images = taps.map((tap) => part(tap.images, channels));
    const gradients = taps.map((tap) => part(tap.gradients, filters / group));
    const byTap = thin
      ? onnx.node('Reshape', [
          product(gradients[0]!, joined(onnx, images, 0)), // [Cout, taps Cin]
          onnx.integers(filters / group, taps.length, channels),
        ])
      : joined(
          onnx,
          images.map((b, tap) => onnx.node('Unsqueeze', [product(gradients[tap]!, b), onnx.integers(1)])),
          1,
        );
    return onnx.node('Transpose', [byTap], { perm: [0, 2, 1] }); // [Cout / group, Cin / group, taps]
  });
  onnx.addNode('Reshape', [joined(onnx, groups, 0), onnx.integers(...shape)], node.outputs.map(name));
}

/** The operands with their channels outside: [C, N, H, W], or [parts, C, H, W, images]. Rows are axis 2. */
interface ChannelsOutside {
  x: string;
  dy: string;
  rank: 4 | 5;
}

/** What a tap multiplies: [Cin, ...] and [Cout, ...] of the same positions and images. */
interface TapOperands {
  images: string;
  gradients: string;
}

type TapShift = (context: LoweringContext, node: GradientNode, operands: ChannelsOutside) => TapOperands[];

/** Zeros added to rows and columns; a negative number cuts off. */
function padded(
  onnx: LoweringContext['onnx'],
  tensor: string,
  rank: 4 | 5,
  [top, left, bottom, right]: readonly [number, number, number, number],
): string {
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return tensor;
  const around = (rows: number, columns: number) => [0, 0, rows, columns, 0].slice(0, rank);
  return onnx.node('Pad', [tensor, onnx.integers(...around(top, left), ...around(bottom, right))]);
}

/** A shifted copy of the images for every tap. */
const shiftImages: TapShift = ({ onnx }, node, { x, dy, rank }) => {
  const { strides, pads, shape } = node.attributes;
  const [, , rows, columns] = node.inputs[1]!.shape as [number, number, number, number];
  const whole = padded(onnx, x, rank, pads);
  return kernelPositions(shape).map(([i, j]) => ({
    images: onnx.node('Slice', [
      whole,
      onnx.integers(i, j),
      onnx.integers(i + strides[0] * (rows - 1) + 1, j + strides[1] * (columns - 1) + 1),
      onnx.integers(2, 3),
      onnx.integers(...strides),
    ]),
    gradients: dy,
  }));
};

/**
 * At stride 1 a tap's shift splits: the columns of the images move one way, the rows of the gradients the other. That
 * takes as many copies as the kernel has rows and columns, not taps.
 */
const shiftBoth: TapShift = ({ onnx }, node, { x, dy, rank }) => {
  const { pads, shape } = node.attributes;
  const [imageSize, outputSize] = node.inputs.map((input) => input.shape.slice(2));
  const images = Array.from({ length: shape[3]! }, (_, j) =>
    padded(onnx, x, rank, [0, pads[1] - j, 0, outputSize![1]! + j - pads[1] - imageSize![1]!]),
  );
  const gradients = Array.from({ length: shape[2]! }, (_, i) =>
    padded(onnx, dy, rank, [i - pads[0], 0, imageSize![0]! - outputSize![0]! - i + pads[0], 0]),
  );
  return kernelPositions(shape).map(([i, j]) => ({ images: images[j]!, gradients: gradients[i]! }));
};

/** Rows and columns of a kernel [Cout, Cin, kH, kW], row by row. */
function kernelPositions([, , height, width]: readonly number[]): [number, number][] {
  return Array.from({ length: height! * width! }, (_, tap) => [Math.floor(tap / width!), tap % width!]);
}

function joined(onnx: LoweringContext['onnx'], parts: readonly string[], axis: number): string {
  return parts.length === 1 ? parts[0]! : onnx.node('Concat', parts, { axis });
}

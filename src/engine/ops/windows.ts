// The windows of images that a convolution's kernel meets, for convolutions of few channels, whose windows are small:
// laid out by themselves, and their moments.

import type { LoweringContext, OpDefinition, Value } from '../ir/graph.js';
import { forEachIndex, NdArray } from '../tensor/array.js';
import { elementCount, ShapeError, tensorType } from '../tensor/type.js';
import { type ConvAttributes, outputShape } from './convolution-lowering.js';

/** A convolution without its filters. */
export interface WindowAttributes extends ConvAttributes {
  /** Height and width of a window. */
  kernel: readonly [number, number];
}

/** The shape of a single filter. */
const filterShape = (
  images: readonly number[],
  { kernel }: WindowAttributes,
): [number, number, number, number] => [1, images[1]!, ...kernel];

/**
 * Windows [N, T, positions] of images [N, C, H, W], where T = C kH kW: by a convolution whose filters pick one element
 * each, which the CPU provider lays out faster than slices do.
 */
export function lowerWindows(
  onnx: LoweringContext['onnx'],
  images: string,
  imageShape: readonly number[],
  attributes: WindowAttributes,
): string {
  const { strides, pads, kernel } = attributes;
  const [, ...filter] = filterShape(imageShape, attributes);
  const size = elementCount(filter);
  const picking = Array.from({ length: size * size }, (_, i) => Number(Math.floor(i / size) === i % size));
  const windows = onnx.node('Conv', [images, onnx.constant('float32', [size, ...filter], picking)], {
    strides,
    pads,
    kernel_shape: kernel,
  });
  return onnx.node('Reshape', [windows, onnx.integers(imageShape[0]!, size, -1)]);
}

/**
 * Mean [T] and (biased) covariance [T, T] of the windows of images [N, C, H, W]. Those of a convolution of the images by
 * filters W [Cout, T] follow from them, without a pass over its result: W mean, and the diagonal of W covariance W'.
 */
export const windowMomentsOp: OpDefinition<WindowAttributes> = {
  name: 'WindowMoments',
  types([x], attributes) {
    if (attributes.group !== 1) throw new ShapeError('needs a convolution of one group.');
    const filter = filterShape(x!.shape, attributes);
    outputShape(x!.shape, filter, attributes);
    const size = elementCount(filter);
    return [tensorType('float32', [size]), tensorType('float32', [size, size])];
  },
  lower({ onnx, name }, node) {
    const [x] = node.inputs;
    const [mean, covariance] = node.outputs.map(name);
    const [, , height, width] = outputShape(
      x!.shape,
      filterShape(x!.shape, node.attributes),
      node.attributes,
    );
    const windows = lowerWindows(onnx, name(x!), x!.shape, node.attributes);
    const centre = onnx.node('ReduceMean', [windows, onnx.integers(0, 2)], { keepdims: 1 });
    onnx.addNode('Reshape', [centre, onnx.integers(-1)], [mean!]);
    // Centred first: neighbouring pixels are nearly alike, and what filters see is their difference.
    const centred = onnx.node('Sub', [windows, centre]);
    const products = onnx.node('MatMul', [centred, onnx.node('Transpose', [centred], { perm: [0, 2, 1] })]);
    const byImage = onnx.node('ReduceMean', [products, onnx.integers(0)], { keepdims: 0 });
    onnx.addNode('Mul', [byImage, onnx.scalar(1 / (height * width))], [covariance!]);
  },
  // For images alone, which nothing trains.
  gradient: null,
  reference([x], attributes) {
    const filter = filterShape(x!.shape, attributes);
    const [images, , rows, columns] = outputShape(x!.shape, filter, attributes);
    const { strides, pads } = attributes;
    const elements: number[][] = [];
    forEachIndex([images, rows, columns], ([n, row, column]) => {
      const window: number[] = [];
      forEachIndex(filter.slice(1), ([c, i, j]) => {
        const h = row! * strides[0] + i! - pads[0];
        const w = column! * strides[1] + j! - pads[1];
        const inside = h >= 0 && w >= 0 && h < x!.shape[2]! && w < x!.shape[3]!;
        window.push(inside ? x!.at([n!, c!, h, w]) : 0);
      });
      elements.push(window);
    });
    const size = elementCount(filter);
    const average = (of: (window: number[]) => number): number =>
      elements.reduce((sum, window) => sum + of(window), 0) / elements.length;
    const mean = NdArray.build([size], ([t]) => average((window) => window[t!]!));
    const covariance = NdArray.build([size, size], ([a, b]) =>
      average((window) => (window[a!]! - mean.data[a!]!) * (window[b!]! - mean.data[b!]!)),
    );
    return [mean, covariance];
  },
  cases: [
    {
      name: 'one channel, same 3x3',
      inputs: [[2, 1, 4, 5]],
      attributes: { strides: [1, 1], pads: [1, 1, 1, 1], group: 1, kernel: [3, 3] },
    },
    {
      name: 'two channels, stride 2, asymmetric pads',
      inputs: [[2, 2, 5, 6]],
      attributes: { strides: [2, 1], pads: [0, 1, 1, 0], group: 1, kernel: [3, 2] },
    },
  ],
};

/** Mean [T] and covariance [T, T] of the windows of images. */
export function windowMoments(x: Value, attributes: WindowAttributes): { mean: Value; covariance: Value } {
  const [mean, covariance] = x.graph.apply(windowMomentsOp, [x], attributes);
  return { mean: mean!, covariance: covariance! };
}

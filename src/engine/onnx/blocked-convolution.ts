// ONNX Runtime's operators on images whose channels lie in blocks, [N, C / block, H, W, block] (NCHWc), and a convolution
// written with them. They are the runtime's own, of its CPU provider, and meant for its optimizer: a graph that has them
// runs on machines with that block size alone (runtime/channel-block.ts finds it).
// Source: onnxruntime/core/graph/contrib_ops/nchwc_schema_defs.cc.

import type { OnnxGraph } from './model.js';

export const blockedDomain = 'com.microsoft.nchwc';

export interface BlockedConvolution {
  /** Images [N, C, H, W], C a multiple of the block size. */
  images: string;
  /** Kernel [Cout, C, kH, kW], Cout a multiple of the block size. */
  kernel: string;
  kernelShape: readonly number[];
  /** Name of the result, [N, Cout, H', W']. */
  output: string;
  strides: readonly [number, number];
  /** Top, left, bottom, right. */
  pads: readonly [number, number, number, number];
}

/** Adds a convolution by blocks of `block` channels, from plain images to plain images. */
export function addBlockedConvolution(
  onnx: OnnxGraph,
  { images, kernel, kernelShape, output, strides, pads }: BlockedConvolution,
  block: number,
): void {
  const [filters, channels, height, width] = kernelShape as [number, number, number, number];
  const split = onnx.node('Reshape', [
    kernel,
    onnx.integers(filters / block, block, channels / block, block, height, width),
  ]);
  // [Cout / block, C / block, kH, kW, channels of a block, filters of a block]
  const blocks = onnx.node('Transpose', [split], { perm: [0, 2, 4, 5, 3, 1] });
  const operands = [
    onnx.node('ReorderInput', [images], {}, blockedDomain),
    onnx.node('Reshape', [blocks, onnx.integers(...kernelShape)]),
  ];
  const attributes = { strides, pads, group: 1, kernel_shape: [height, width] };
  const result = onnx.node('Conv', operands, attributes, blockedDomain);
  onnx.addNode('ReorderOutput', [result], [output], { channels: filters }, blockedDomain);
}

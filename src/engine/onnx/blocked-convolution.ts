// ONNX Runtime's operators on images whose channels lie in blocks, [N, C / block, H, W, block] (NCHWc), and a convolution
// written with them. They are the runtime's own, of its CPU provider, and meant for its optimizer: a graph that has them
// runs on machines with that block size alone (runtime/channel-block.ts finds it).
// Source: onnxruntime/core/graph/contrib_ops/nchwc_schema_defs.cc.

import type { OnnxGraph } from './model.js';

export const blockedDomain = 'com.microsoft.nchwc';

/** Channels of images come in fours at least. */
export const channelStep = 4;

export interface BlockedConvolution {
  /** Images [N, C, H, W], C a multiple of channelStep. */
  images: string;
  /** Kernel [Cout, C, kH, kW], Cout a multiple of channelStep. */
  kernel: string;
  kernelShape: readonly number[];
  /** Name of the result, [N, Cout, H', W']. */
  output: string;
  strides: readonly [number, number];
  /** Top, left, bottom, right. */
  pads: readonly [number, number, number, number];
}

/** Channels with the zeros that fill their last block. */
export const inBlocks = (channels: number, block: number): number => Math.ceil(channels / block) * block;

/** Adds a convolution by blocks of `block` channels, from plain images to plain images. */
export function addBlockedConvolution(
  onnx: OnnxGraph,
  { images, kernel, kernelShape, output, strides, pads }: BlockedConvolution,
  block: number,
): void {
  const [filters, channels, height, width] = kernelShape as [number, number, number, number];
  const whole = [inBlocks(filters, block), inBlocks(channels, block)] as const;
  const fill = [whole[0] - filters, whole[1] - channels] as const;
  // The images' channels are filled up by ReorderInput, the result's cut off by ReorderOutput.
  const filled = fill.some((zeros) => zeros > 0)
    ? onnx.node('Pad', [kernel, onnx.integers(0, 0, 0, 0, ...fill, 0, 0)])
    : kernel;
  const split = onnx.node('Reshape', [
    filled,
    onnx.integers(whole[0] / block, block, whole[1] / block, block, height, width),
  ]);
  // [Cout / block, C / block, kH, kW, channels of a block, filters of a block]
  const blocks = onnx.node('Transpose', [split], { perm: [0, 2, 4, 5, 3, 1] });
  const operands = [
    onnx.node('ReorderInput', [images], {}, blockedDomain),
    onnx.node('Reshape', [blocks, onnx.integers(...whole, height, width)]),
  ];
  const attributes = { strides, pads, group: 1, kernel_shape: [height, width] };
  const result = onnx.node('Conv', operands, attributes, blockedDomain);
  onnx.addNode('ReorderOutput', [result], [output], { channels: filters }, blockedDomain);
}

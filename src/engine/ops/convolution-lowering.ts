// How a convolution is written to ONNX: its attributes and shape, and the forms that the execution providers take best.

import type { LoweringContext } from '../ir/graph.js';
import { addBlockedConvolution, channelStep, inBlocks } from '../onnx/blocked-convolution.js';
import { ShapeError } from '../tensor/type.js';

export interface ConvAttributes {
  /** Vertical, horizontal. */
  strides: readonly [number, number];
  /** Zeros added at top, left, bottom, right. */
  pads: readonly [number, number, number, number];
  /** Channels are split into this many groups that don't see each other. */
  group: number;
}

/** Attributes of the gradients: also the shape of what they give. */
export interface ConvGradientAttributes extends ConvAttributes {
  shape: readonly number[];
}

/** Shape of a convolution's result. */
export function outputShape(
  x: readonly number[],
  w: readonly number[],
  { strides, pads, group }: ConvAttributes,
): [number, number, number, number] {
  if (x.length !== 4 || w.length !== 4)
    throw new ShapeError('needs images [N, C, H, W] and a kernel of four axes.');
  if (x[1] !== w[1]! * group) {
    throw new ShapeError(`the kernel reads ${w[1]! * group} channels, the images have ${x[1]}.`);
  }
  if (w[0]! % group !== 0) throw new ShapeError(`${w[0]} filters do not split into ${group} groups.`);
  const height = Math.floor((x[2]! + pads[0] + pads[2] - w[2]!) / strides[0]) + 1;
  const width = Math.floor((x[3]! + pads[1] + pads[3] - w[3]!) / strides[1]) + 1;
  if (height < 1 || width < 1) throw new ShapeError('the kernel is larger than the padded images.');
  return [x[0]!, w[0]!, height, width];
}

/** A convolution as its lowering needs it. */
export interface LoweredConvolution extends ConvAttributes {
  images: string;
  imageShape: readonly number[];
  kernel: string;
  kernelShape: readonly number[];
  output: string;
}

/** Writes a convolution: by the kernels for blocked channels, image by image, or over one tall image. */
export function lowerConvolution(context: LoweringContext, convolution: LoweredConvolution): void {
  const block = blockOf(context, convolution);
  const rows = tallImageRows(context, convolution);
  if (block !== null) addBlockedConvolution(context.onnx, convolution, block);
  else if (rows !== null) lowerTallConvolution(context, convolution, rows);
  else lowerPlainConvolution(context, convolution);
}

function lowerPlainConvolution(
  context: LoweringContext,
  { images, kernel, kernelShape, output, strides, pads, group }: LoweredConvolution,
): void {
  const [filters, channels, ...kernelSize] = kernelShape as [number, number, ...number[]];
  const operands = safeOperands(context, [images, kernel], group === 1 ? channels : 0, filters);
  context.onnx.addNode('Conv', operands, [output], { strides, pads, group, kernel_shape: kernelSize });
}

/** Multiply-adds that filling up blocks with zeros may cost: 24 channels in blocks of 16, 1.78, still pay. */
const mostFilling = 1.8;

/**
 * The block size to write a convolution with; null where its channels would leave blocks too empty, or where the plain
 * form is as fast: a 1x1 convolution is a matrix product as it is.
 *
 * ONNX Runtime goes over to blocks itself where a kernel is stored in the file; a training step's kernels are computed.
 * With layouts changed before and after, a convolution takes half to all of the plain form's time (docs/performance.md).
 */
function blockOf(
  { channelBlock }: LoweringContext,
  { kernelShape, group }: LoweredConvolution,
): number | null {
  const [filters, channels, height, width] = kernelShape as [number, number, number, number];
  if (channelBlock === null || group !== 1 || height * width === 1) return null;
  if (filters % channelStep !== 0 || channels % channelStep !== 0) return null;
  const filled = inBlocks(filters, channelBlock) * inBlocks(channels, channelBlock);
  return filled <= mostFilling * filters * channels ? channelBlock : null;
}

/** @param rows how many each image takes of the tall one; a multiple of the stride. */
function lowerTallConvolution(context: LoweringContext, convolution: LoweredConvolution, rows: number): void {
  const { onnx } = context;
  const { imageShape, kernelShape, strides, pads } = convolution;
  const [, channels, imageHeight, imageWidth] = imageShape;
  const [, filters, height, width] = outputShape(imageShape, kernelShape, convolution);
  const outputRows = rows / strides[0];
  const byChannel = onnx.node('Transpose', [convolution.images], { perm: [1, 0, 2, 3] });
  const separated =
    rows === imageHeight
      ? byChannel
      : onnx.node('Pad', [byChannel, onnx.integers(0, 0, 0, 0, 0, 0, rows - imageHeight!, 0)]);
  const tall = onnx.fresh('Conv');
  lowerPlainConvolution(context, {
    ...convolution,
    images: onnx.node('Reshape', [separated, onnx.integers(1, channels!, -1, imageWidth!)]),
    pads: [pads[0], pads[1], Math.max(0, kernelShape[2]! - strides[0] - pads[0]), pads[3]],
    output: tall,
  });
  const apart = onnx.node('Reshape', [tall, onnx.integers(filters, -1, outputRows, width)]);
  const kept =
    outputRows === height
      ? apart
      : onnx.node('Slice', [apart, onnx.integers(0), onnx.integers(height), onnx.integers(2)]);
  onnx.addNode('Transpose', [kept], [convolution.output], { perm: [1, 0, 2, 3] });
}

/**
 * Rows that an image takes where all images are laid one below the other, zeros between them, for one convolution over
 * a single tall image; null where that doesn't pay. ONNX Runtime's CPU kernel multiplies image by image. Where an image
 * has fewer output positions than there are filters, it lays out a whole image's windows in one thread before the
 * product, else strip by strip in each thread, which takes 0.5 to 0.8 of the time (docs/performance.md).
 */
function tallImageRows(
  { provider, dynamicBatch }: LoweringContext,
  convolution: LoweredConvolution,
): number | null {
  const { imageShape, kernelShape, strides, pads, group } = convolution;
  // Files for any number of images keep the plain form: with stored weights the runtime has a better kernel.
  if (provider !== 'cpu' || dynamicBatch || group !== 1) return null;
  const [, , kernelHeight, kernelWidth] = kernelShape;
  if (kernelHeight! * kernelWidth! === 1 || pads[0] >= kernelHeight! || pads[2] >= kernelHeight!) return null;
  const [count, filters, height, width] = outputShape(imageShape, kernelShape, convolution);
  // What pads an image separates it from the next one; its first output row must fall on a stride.
  const separated = imageShape[2]! + Math.max(pads[0], pads[2]);
  const rows = Math.ceil(separated / strides[0]) * strides[0];
  const positions = count * (rows / strides[0]) * width;
  return filters > height * width && filters <= positions ? rows : null;
}

/**
 * ONNX Runtime's WebGPU provider (1.30) computes wrong sums where input channels are a multiple of 3 above 3 but not of
 * 4, and output channels are a multiple of 4: a channel of zeros on both operands avoids that.
 */
function safeOperands(
  { onnx, provider }: LoweringContext,
  operands: readonly [string, string],
  inputChannels: number,
  outputChannels: number,
): readonly string[] {
  const errs =
    inputChannels > 3 && inputChannels % 3 === 0 && inputChannels % 4 !== 0 && outputChannels % 4 === 0;
  if (provider !== 'webgpu' || !errs) return operands;
  return operands.map((operand) => onnx.node('Pad', [operand, onnx.integers(0, 0, 0, 0, 0, 1, 0, 0)]));
}

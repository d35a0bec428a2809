// Whether ONNX Runtime's CPU kernels for images with blocked channels can be used here, and how large a block is: 8 or 16
// channels on x64, by the processor's vectors. The runtime has no call for it, and the operators are meant for its own
// optimizer; so they are tried, and believed only where they give what ONNX's own convolution gives.

import { addBlockedConvolution, blockedDomain } from '../onnx/blocked-convolution.js';
import { OnnxGraph } from '../onnx/model.js';
import { allocate, type HostTensor } from '../tensor/array.js';
import { tensorType } from '../tensor/type.js';
import type { Device } from './device.js';
import { openSession } from './session.js';

const tolerance = 1e-4;

let found: Promise<number | null> | null = null;

/** The block size for graphs that this machine runs on a device; null where it has no such kernels. */
export async function channelBlock(device: Device): Promise<number | null> {
  if (device !== 'cpu') return null;
  found ??= tryBlocks();
  return found;
}

async function tryBlocks(): Promise<number | null> {
  try {
    const size = await blockSize();
    return size > 4 && (await agrees(size)) ? size : null;
  } catch {
    return null; // a build without these operators
  }
}

/** Channels are filled up to whole blocks: four (fewer are refused) show how large a block is. */
async function blockSize(): Promise<number> {
  const onnx = new OnnxGraph('channel_block');
  const x = onnx.input('x', 'float32', [1, 4, 1, 1]);
  onnx.addNode('ReorderInput', [x], ['y'], {}, blockedDomain);
  onnx.output('y', 'float32', [1, 'C', 1, 1]);
  const { y } = await run(onnx, { x: numbers([1, 4, 1, 1]) });
  return y!.type.shape[1]!;
}

/** Whether a convolution by blocks gives what the plain one gives. */
async function agrees(size: number): Promise<boolean> {
  const imageShape = [2, 2 * size, 5, 4];
  const kernelShape = [size, 2 * size, 3, 3];
  const form = { strides: [1, 1], pads: [1, 1, 1, 1] } as const;
  const onnx = new OnnxGraph('channel_block');
  const images = onnx.input('x', 'float32', imageShape);
  const kernel = onnx.input('w', 'float32', kernelShape);
  onnx.addNode('Conv', [images, kernel], ['plain'], { ...form, group: 1, kernel_shape: [3, 3] });
  addBlockedConvolution(onnx, { ...form, images, kernel, kernelShape, output: 'blocked' }, size);
  for (const name of ['plain', 'blocked']) onnx.output(name, 'float32', [2, size, 5, 4]);
  const results = await run(onnx, { x: numbers(imageShape), w: numbers(kernelShape) });
  const expected = results.plain!.data as Float32Array;
  return (results.blocked!.data as Float32Array).every(
    (value, i) => Math.abs(value - expected[i]!) < tolerance * Math.max(1, Math.abs(expected[i]!)),
  );
}

/** From -1 to 1, hardly repeating. */
function numbers(shape: readonly number[]): HostTensor {
  const tensor = allocate(tensorType('float32', shape));
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = ((i * 37) % 101) / 50 - 1;
  return tensor;
}

async function run(onnx: OnnxGraph, feeds: Record<string, HostTensor>): Promise<Record<string, HostTensor>> {
  const session = await openSession(onnx.toBytes(), { threads: 1, quiet: true });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

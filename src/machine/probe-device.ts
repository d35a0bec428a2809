// Entry of a process of its own that runs a small graph on the devices named in its arguments, once, or with --time
// several times, and prints what it found as JSON. A process of its own, since drivers write to standard error and may
// end the process that loads them.

import { OnnxGraph } from '../engine/onnx/model.js';
import { type Device, devices } from '../engine/runtime/device.js';
import { openSession } from '../engine/runtime/session.js';
import { allocate, type HostTensor } from '../engine/tensor/array.js';
import { tensorType } from '../engine/tensor/type.js';
import { Random } from '../random/random.js';
import type { ProbeResults } from './choose-device.js';

/** Two convolutions of 1.4 GFLOP each, as in the middle of a training step. */
const imageShape = [32, 64, 24, 24];
const kernelShape = [64, 64, 3, 3];
const largestRuns = 6;
const enoughMilliseconds = 1500;

function convolutions(): Uint8Array {
  const onnx = new OnnxGraph('probe');
  const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
  const x = onnx.input('x', 'float32', imageShape);
  const w = onnx.input('w', 'float32', kernelShape);
  const first = onnx.node('Conv', [x, w], attributes);
  onnx.addNode('ReduceMean', [onnx.node('Conv', [first, w], attributes)], ['y'], { keepdims: 0 });
  onnx.output('y', 'float32', []);
  return onnx.toBytes();
}

function draw(shape: readonly number[]): HostTensor {
  const random = new Random(1, shape.join());
  const tensor = allocate(tensorType('float32', shape));
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = random.uniform(-1, 1);
  return tensor;
}

async function probe(device: Device, runs: number, feeds: Record<string, HostTensor>) {
  try {
    const session = await openSession(convolutions(), { device });
    const start = performance.now();
    let milliseconds = Number.POSITIVE_INFINITY;
    for (let i = 0; i < runs && (i === 0 || performance.now() - start < enoughMilliseconds); i++) {
      const before = performance.now();
      await session.run(feeds);
      milliseconds = Math.min(milliseconds, performance.now() - before);
    }
    await session.close();
    return { milliseconds };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

const feeds = { x: draw(imageShape), w: draw(kernelShape) };
const runs = process.argv.includes('--time') ? largestRuns : 1;
const results: ProbeResults = {};
for (const device of devices.filter((name) => process.argv.includes(name))) {
  results[device] = await probe(device, runs, feeds);
  // One line a device: what is known stays known if the next one ends the process.
  process.stdout.write(`${JSON.stringify(results)}\n`);
}

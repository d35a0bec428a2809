// The seed network in TensorFlow.js, layer for layer as bench/peers/keras_seed.py has it.

import { createRequire } from 'node:module';
import path from 'node:path';
import { classCount, imageSize } from './measure.js';

// The package's own bundle for Node; it says on standard output that tfjs-node would be faster, so that is silenced.
const require = createRequire(import.meta.url);
const log = console.log;
console.log = () => {};
console.warn = () => {};
export const tf = require('@tensorflow/tfjs');
console.log = log;

/** Makes `cpu` (plain JavaScript) or `wasm` the backend. */
export async function useBackend(name) {
  if (name === 'wasm') {
    const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}${path.sep}`);
  }
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not start its ${name} backend`);
  await tf.ready();
}

export function seedNetwork() {
  const { layers } = tf;
  const stack = [];
  [64, 128, 256].forEach((filters, i) => {
    const input = i === 0 ? { inputShape: [imageSize, imageSize, 1] } : {};
    stack.push(
      layers.conv2d({ filters, kernelSize: 3, padding: 'same', ...input }),
      layers.batchNormalization(),
      layers.activation({ activation: 'relu' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.dropout({ rate: 0.25 }),
    );
  });
  stack.push(layers.flatten());
  for (const units of [256, 512]) {
    stack.push(
      layers.dense({ units }),
      layers.batchNormalization(),
      layers.activation({ activation: 'relu' }),
      layers.dropout({ rate: 0.25 }),
    );
  }
  stack.push(layers.dense({ units: classCount, activation: 'softmax' }));
  const model = tf.sequential({ layers: stack });
  model.compile({
    optimizer: tf.train.adam(1e-3),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}

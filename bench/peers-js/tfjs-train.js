// Training throughput of the seed network in TensorFlow.js: one fixed batch again and again. Prints one JSON object.

import { parseArgs } from 'node:util';
import {
  checkLoss,
  classCount,
  imageSize,
  printResult,
  syntheticBatch,
  timeCalls,
  timings,
} from './measure.js';
import { seedNetwork, tf, useBackend } from './tfjs-seed.js';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'cpu' },
    batch: { type: 'string', default: '2' },
    steps: { type: 'string', default: '1' },
    warmup: { type: 'string', default: '0' },
  },
});
const batch = Number(values.batch);

async function measure() {
  await useBackend(values.backend);
  const model = seedNetwork();
  const { images, targets } = syntheticBatch(batch);
  const x = tf.tensor(images, [batch, imageSize, imageSize, 1]);
  const y = tf.tensor(targets, [batch, classCount]);
  const times = await timeCalls(
    async () => checkLoss((await model.trainOnBatch(x, y))[0]),
    Number(values.steps),
    Number(values.warmup),
  );
  printResult({ peer: 'tfjs', task: 'train', backend: values.backend, batch, step: timings(times, batch) });
}

try {
  await measure();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

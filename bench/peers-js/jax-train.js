// Training throughput of the seed network in jax-js: one fixed batch again and again. Prints one JSON object.

import { parseArgs } from 'node:util';
import { init, initialMoments, initialWeights, np, stepKeys, trainingStep } from './jax-seed.js';
import {
  checkLoss,
  classCount,
  imageSize,
  printResult,
  syntheticBatch,
  timeCalls,
  timings,
} from './measure.js';

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '2' },
    steps: { type: 'string', default: '1' },
    // The first step traces and compiles.
    warmup: { type: 'string', default: '1' },
  },
});
const batch = Number(values.batch);
const learningRate = 1e-3;

await init('wasm');
let { parameters, statistics } = initialWeights();
let moments = initialMoments(parameters);
const { images, targets } = syntheticBatch(batch);
const x = np.array(images).reshape([batch, 1, imageSize, imageSize]);
const y = np.array(targets).reshape([batch, classCount]);

async function step(index) {
  const count = index + 1;
  const rate = learningRate * (Math.sqrt(1 - 0.999 ** count) / (1 - 0.9 ** count));
  let loss;
  [loss, parameters, statistics, moments] = trainingStep(
    parameters,
    statistics,
    moments,
    x.ref,
    y.ref,
    stepKeys(count),
    np.array(rate),
  );
  checkLoss((await loss.data())[0]); // waits for the step
}

const times = await timeCalls(step, Number(values.steps), Number(values.warmup));
printResult({ peer: 'jax-js', task: 'train', batch, step: timings(times, batch) });

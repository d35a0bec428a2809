// One round of inference by ferlab, in a process of its own, in a project that has the packed package. Prints one JSON
// object with the fields of peers/keras_infer.py.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadModel, predictFiles } from 'ferlab';
import { coldStarts, imageFiles } from './cold-starts.js';
import { printResult, timeCalls, timings } from './timing.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: '' },
    data: { type: 'string', default: '' },
    batch: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '30' },
    'cold-rounds': { type: 'string', default: '3' },
  },
});
const [batch, rounds] = [Number(values.batch), Number(values.rounds)];
const warmup = 5;

const model = await loadModel(values.model);
const files = imageFiles(values.data, batch);
const predict = async (some: readonly string[]): Promise<void> => {
  for await (const prediction of predictFiles(model, some, { batchSize: batch })) {
    if ('error' in prediction) throw new Error(`${prediction.file}: ${prediction.error}`);
  }
};
const { width, height } = model.inputSize;
const pixels = (count: number) =>
  Float32Array.from({ length: count * width * height }, (_, i) => (i * 7919) % 256);
const [one, many] = [pixels(1), pixels(batch)];

const fileOne = timings(await timeCalls(() => predict(files.slice(0, 1)), rounds, warmup), 1);
const fileBatch = timings(await timeCalls(() => predict(files), rounds, warmup), batch);
const networkOne = timings(await timeCalls(() => model.probabilities(one), rounds, warmup), 1);
const networkBatch = timings(await timeCalls(() => model.probabilities(many), rounds, warmup), batch);
await model.close();
const script = fileURLToPath(new URL('./cold-start.js', import.meta.url));
const starts = await coldStarts(script, values.model, files[0]!, Number(values['cold-rounds']));
const coldStart = timings(starts, 1);
printResult({ batch, fileOne, fileBatch, networkOne, networkBatch, coldStart });

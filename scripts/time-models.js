// `node scripts/time-models.js [MODEL ...]`: milliseconds that model files take for one image in memory, for the tables
// in README.md and docs/results/README.md. Rounds go through the models in turn, so that a slow moment of the machine
// hits all. Prints the median, and the tenth and ninetieth percentile: on a busy machine the tenth is nearest to the
// model's own time. Without files: the published presets and the bundled model.

import process from 'node:process';
import { loadModel } from '../dist/index.js';
import { describeMachine } from '../dist/machine/describe-machine.js';

const rounds = 200;
const warmUp = 10;
const published = [
  ...['quick', 'tiny', 'medium', 'large'].map((name) => `docs/results/${name}/last.onnx`),
  'docs/results/seed/best.onnx',
  'models/expression.onnx',
];

const files = process.argv.length > 2 ? process.argv.slice(2) : published;
const entries = await Promise.all(
  files.map(async (file) => {
    const model = await loadModel(file);
    const { width, height } = model.inputSize;
    const data = Uint8Array.from({ length: width * height }, (_, i) => (i * 37) % 256);
    return { file, model, image: { width, height, data }, times: [] };
  }),
);
for (let round = 0; round < warmUp + rounds; round++) {
  for (const { model, image, times } of entries) {
    const start = performance.now();
    await model.predict(image);
    if (round >= warmUp) times.push(performance.now() - start);
  }
}
console.log(JSON.stringify(describeMachine('cpu')));
for (const { file, model, times } of entries) {
  const sorted = times.sort((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(2);
  console.log(`${file}: median ${at(0.5)} ms, tenth percentile ${at(0.1)}, ninetieth ${at(0.9)}`);
  await model.close();
}

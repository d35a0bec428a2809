// The model files that generate.py shows to OpenCV, and interchange.test.ts to this project's runtime: every preset's
// network with drawn weights, a calibrated one, one in half precision, and the bundled model.

import { readFileSync } from 'node:fs';
import { initializeWeights, type Weights } from '../../../src/engine/compile/network.js';
import { createNetwork } from '../../../src/models/create.js';
import { withHalfPrecision, withTemperature } from '../../../src/predict/rewrite.js';
import { bundledModelFile } from '../../../src/predict-files/bundled-model.js';
import { Random } from '../../../src/random/random.js';
import { encodeModel } from '../../../src/train/classification/model-file.js';
import { resolveTrainConfig } from '../../../src/train/config/config.js';
import type { PresetName } from '../../../src/train/config/presets.js';

const networks = ['seed', 'tiny', 'medium', 'large', 'deepid', 'deepface'] as const satisfies PresetName[];
const classes = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];

export const modelNames = [...networks, 'tiny, calibrated', 'medium, float16', 'the bundled model'] as const;

/** Three images of the models' size, [3, 1, 48, 48]: smooth patterns with noise. */
export const pixels = Float32Array.from({ length: 3 * 48 * 48 }, (_, i) => {
  const [x, y, n] = [i % 48, Math.floor(i / 48) % 48, Math.floor(i / 48 ** 2)];
  return (
    Math.round(120 + 60 * Math.sin((x + 7 * n) / 6) + 50 * Math.cos((y * (n + 1)) / 9)) + ((i * 37) % 19)
  );
});

/** Weights as training starts with, but with norms that do something: scales, offsets and statistics are drawn. */
function draw(weights: Weights): Weights {
  const tensors = Object.entries({ ...weights.parameters, ...weights.state });
  for (const [path, { type, data }] of tensors) {
    if (type.shape.length !== 1) continue;
    const random = new Random(1, 'vector', path);
    const isPositive = /gamma|variance/.test(path);
    for (let i = 0; i < data.length; i++)
      data[i] = isPositive ? random.uniform(0.5, 1.5) : random.uniform(-0.2, 0.2);
  }
  return weights;
}

function makeNetwork(preset: PresetName): Uint8Array {
  const config = resolveTrainConfig(preset, { data: { path: 'faces' } });
  const network = createNetwork(config.model, config.data.imageSize, classes.length, config.augment.crop);
  return encodeModel(
    network,
    draw(initializeWeights(network, 1)),
    {},
    {
      config,
      classes,
      counts: {},
      fingerprints: {},
      extra: { notes: [], recipe: {} },
    },
  );
}

/** The bytes of a model file. The same name gives the same bytes, but for the program's version. */
export function makeModel(name: (typeof modelNames)[number]): Uint8Array {
  const change = (score: number) => ({ before: score, after: score, cross_fitted: score });
  switch (name) {
    case 'the bundled model':
      return new Uint8Array(readFileSync(bundledModelFile()));
    case 'medium, float16':
      return withHalfPrecision(makeNetwork('medium'), name);
    case 'tiny, calibrated': {
      const calibration = { temperature: 1.7, dataset: 'faces', split: 'validation', n: 1, fingerprint: '' };
      return withTemperature(makeNetwork('tiny'), name, { ...calibration, ece: change(0), loss: change(1) });
    }
    default:
      return makeNetwork(name);
  }
}

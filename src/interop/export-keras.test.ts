// Networks of ours as Keras files and back. That Keras gives the same answers is checked with Keras itself:
// test/golden/keras/check.py.

import { describe, expect, it } from 'vitest';
import { initializeWeights, type Tensors } from '../engine/compile/network.js';
import { storedTensors } from '../engine/onnx/edit.js';
import { createNetwork } from '../models/create.js';
import { classifierBytes } from '../models/model-bytes.js';
import { encodeMetadata, type ModelMetadata, modelFormat } from '../predict/metadata.js';
import { loadModelFromBytes } from '../predict/model.js';
import { parseModelFile } from '../predict/parse-model.js';
import { withTemperature } from '../predict/rewrite.js';
import { Random } from '../random/random.js';
import { resolveTrainConfig } from '../train/config/config.js';
import { exportKeras, ownMetadata, restoreOwn } from './export-keras.js';
import { encodeKeras, kerasNetwork } from './import-keras.js';
import { readKerasFile } from './keras/read-file.js';

const classes = ['angry', 'happy', 'sad'];
const size = { width: 36, height: 32 };

/** A model file with weights and statistics at random, calibrated. */
function modelFile(preset: string, crop: number | null): { bytes: Uint8Array; metadata: ModelMetadata } {
  const { model } = resolveTrainConfig(preset, { data: { path: '.' } });
  const network = createNetwork(model, size, classes.length, crop);
  const random = new Random(3, preset);
  const drawn = (tensors: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([path, tensor]) => {
        const data = (tensor.data as Float32Array).map((value) =>
          path.endsWith('variance') ? random.uniform(0.5, 2) : value + random.normal(0, 0.05),
        );
        return [path, { ...tensor, data }];
      }),
    );
  const { parameters, state } = initializeWeights(network, 1);
  const metadata: ModelMetadata = {
    format: modelFormat,
    version: '0.1.0',
    task: 'classify',
    classes,
    input: { ...size, channels: 1, range: [0, 255] },
    training: { model, augment: { crop } },
    dataset: { name: 'none', counts: {}, fingerprints: {} },
    metrics: {},
  };
  const bytes = classifierBytes(
    network,
    { parameters: drawn(parameters), state: drawn(state) },
    encodeMetadata(metadata),
    '0.1.0',
  );
  const change = { before: 0.1, after: 0.05, cross_fitted: 0.06 };
  const calibration = {
    temperature: 1.7,
    dataset: 'd',
    split: 's',
    n: 9,
    fingerprint: 'f',
    ece: change,
    loss: change,
  };
  return { bytes: withTemperature(bytes, 'x.onnx', calibration), metadata };
}

const pixels = Float32Array.from({ length: 2 * 32 * 36 }, (_, i) => (i * 7919) % 256);

async function probabilitiesOf(bytes: Uint8Array): Promise<number[]> {
  await using model = await loadModelFromBytes(bytes, { name: 'x.onnx' });
  return [...(await model.probabilities(pixels))];
}

function weightsOf(bytes: Uint8Array): Record<string, number[]> {
  const tensors = storedTensors(parseModelFile(bytes, 'x.onnx').model);
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith('parameters/') || name.startsWith('state/'))
      .map(([name, { data }]) => [name, Array.from(data, Number)]),
  );
}

describe('exportKeras', () => {
  it.each([
    ['seed', null],
    ['tiny', 28],
    ['medium', null],
    ['deepid', null],
  ] as const)('%s comes back as it was', async (preset, crop) => {
    const { bytes } = modelFile(preset, crop);
    const file = await readKerasFile(await exportKeras(bytes, 'x.onnx'), 'x.keras');
    const metadata = ownMetadata(file)!;
    const restored = restoreOwn(file, metadata)!;
    expect(weightsOf(restored)).toEqual(weightsOf(bytes));
    expect(parseModelFile(restored, 'x.onnx').metadata).toMatchObject({
      classes,
      training: { model: { name: preset } },
      calibration: { temperature: 1.7 },
    });
    const before = await probabilitiesOf(bytes);
    expect(await probabilitiesOf(restored)).toEqual(before);
    // Without what ferlab wrote beside it, as after Keras saved it once more: the same weights by the same names.
    const { bytes: imported } = encodeKeras(file, kerasNetwork(file, null, undefined), {
      classes,
      scaling: null,
    });
    expect(weightsOf(imported)).toEqual(weightsOf(bytes));
    (await probabilitiesOf(imported)).forEach((value, i) => {
      expect(Math.abs(value - before[i]!)).toBeLessThan(1e-6);
    });
    // And the imported one can go back again.
    const again = await readKerasFile(await exportKeras(imported, 'y.onnx'), 'y.keras');
    expect(weightsOf(restoreOwn(again, ownMetadata(again)!)!)).toEqual(weightsOf(bytes));
  });

  it('writes the same bytes twice', async () => {
    const { bytes } = modelFile('deepid', null);
    expect(await exportKeras(bytes, 'x.onnx')).toEqual(await exportKeras(bytes, 'x.onnx'));
  });

  it('refuses locally connected layers', async () => {
    const { bytes } = modelFile('deepface', null);
    await expect(exportKeras(bytes, 'x.onnx')).rejects.toThrow(/x\.onnx: .*locally connected layers/);
  });
});

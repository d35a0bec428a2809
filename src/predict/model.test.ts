import { describe, expect, it } from 'vitest';
import { compileForward } from '../engine/compile/forward.js';
import { initializeWeights } from '../engine/compile/network.js';
import { sequential } from '../engine/nn/compose.js';
import { conv2d, dense, flatten } from '../engine/nn/layers.js';
import { resizeGray } from '../image/resize.js';
import { Random } from '../random/random.js';
import { encodeMetadata, type ModelMetadata, modelFormat } from './metadata.js';
import { openModel } from './model.js';

const metadata: ModelMetadata = {
  format: modelFormat,
  task: 'classify',
  version: '1.0.0',
  classes: ['happy', 'sad', 'a "quoted" one'],
  input: { width: 6, height: 4, channels: 1, range: [0, 255] },
  training: { preset: 'seed' },
  dataset: { name: 'faces', counts: { train: { happy: 1 } }, fingerprints: { train: 'ab' } },
  metrics: { val_accuracy: 0.5 },
};

function modelBytes(properties = encodeMetadata(metadata)): Uint8Array {
  const network = {
    layer: sequential({
      conv: conv2d({ filters: 2, kernelSize: 3 }),
      flatten: flatten(),
      logits: dense({ units: 3 }),
    }),
    inputShape: [1, 4, 6],
    preprocessing: { scale: 1 / 255, offset: 0 },
  };
  const onnx = compileForward(network, 'cpu', { stored: initializeWeights(network, 1) });
  return onnx.toBytes({ name: 'ferlab', version: '1.0.0' }, properties);
}

function image(width: number, height: number, seed: number) {
  const random = new Random(seed);
  return { width, height, data: Uint8Array.from({ length: width * height }, () => random.integer(256)) };
}

describe('openModel', () => {
  it('knows from its file what it predicts and what it was made from', async () => {
    const model = await openModel(modelBytes(), 'm.onnx');
    expect(model.classes).toEqual(metadata.classes);
    expect(model.inputSize).toEqual({ width: 6, height: 4 });
    expect(model.metadata).toEqual(metadata);
    await model.close();
  });

  it('predicts a batch of images of any size as it predicts each alone, resized', async () => {
    const model = await openModel(modelBytes(), 'm.onnx');
    const images = [image(6, 4, 1), image(31, 17, 2), image(5, 9, 3)];
    const together = await model.predict(images);
    for (const [i, source] of images.entries()) {
      const [alone] = await model.predict([resizeGray(source, 6, 4)]);
      const probabilities = Object.values(together[i]!.probabilities);
      expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1);
      expect(together[i]!.probabilities[together[i]!.expression]).toBe(Math.max(...probabilities));
      Object.values(alone!.probabilities).forEach((value, k) => {
        expect(value).toBeCloseTo(probabilities[k]!, 5);
      });
    }
    expect(await model.predict([])).toEqual([]);
    await model.close();
  });

  it('refuses pixels that are not whole images', async () => {
    const model = await openModel(modelBytes(), 'm.onnx');
    await expect(model.probabilities(new Float32Array(25))).rejects.toThrow(
      /expected \[n, 1, 4, 6\], got 25/,
    );
    await model.close();
  });

  it('refuses files that are damaged or not ours, and says which and why', async () => {
    const bytes = modelBytes();
    const refused = (data: Uint8Array, reason: RegExp) =>
      expect(openModel(data, 'm.onnx')).rejects.toThrow(
        new RegExp(`m\\.onnx: expected a model file written by ferlab; .*${reason.source}`),
      );
    await refused(bytes.subarray(0, bytes.length / 2), /.*/);
    await refused(new TextEncoder().encode('not a model'), /.*/);
    await refused(new Uint8Array(0), /it has no ferlab metadata/);
    await refused(modelBytes({}), /it has no ferlab metadata/);
    await refused(modelBytes({ ...encodeMetadata(metadata), 'ferlab.format': '99' }), /its format is 99/);
    await refused(
      modelBytes({ ...encodeMetadata(metadata), 'ferlab.classes': '"x"' }),
      /ferlab\.classes is wrong/,
    );
    await refused(
      modelBytes({ ...encodeMetadata(metadata), 'ferlab.input': '{' }),
      /ferlab\.input is not JSON/,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { compileForward } from '../engine/compile/forward.js';
import { initializeWeights } from '../engine/compile/network.js';
import { sequential } from '../engine/nn/compose.js';
import { conv2d, dense, flatten } from '../engine/nn/layers.js';
import { resizeGray } from '../image/resize.js';
import { Random } from '../random/random.js';
import { encodeMetadata, type ModelMetadata, modelFormat } from './metadata.js';
import { type ExpressionModel, loadModelFromBytes, toPredictions } from './model.js';

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

describe('loadModelFromBytes', () => {
  it('knows from its file what it predicts and what it was made from', async () => {
    const model = await loadModelFromBytes(modelBytes());
    expect(model.classes).toEqual(metadata.classes);
    expect(model.inputSize).toEqual({ width: 6, height: 4 });
    expect(model.metadata).toEqual(metadata);
    await model.close();
  });

  it('predicts a batch of images of any size as it predicts each alone, resized', async () => {
    const model = await loadModelFromBytes(modelBytes());
    const images = [image(6, 4, 1), image(31, 17, 2), image(5, 9, 3)];
    const together = await model.predict(images);
    for (const [i, source] of images.entries()) {
      const alone = await model.predict(resizeGray(source, 6, 4));
      const { expression, probabilities, ranking } = together[i]!;
      expect(ranking.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1);
      for (const { label, probability } of ranking) expect(probabilities[label]).toBe(probability);
      expect(ranking.map(({ label }) => label).sort()).toEqual([...model.classes].sort());
      expect(ranking[0]!.label).toBe(expression);
      ranking.slice(1).forEach(({ probability }, k) => {
        expect(probability).toBeLessThanOrEqual(ranking[k]!.probability);
      });
      expect(alone.expression).toBe(expression);
      alone.ranking.forEach(({ label, probability }, k) => {
        expect(label).toBe(ranking[k]!.label);
        expect(probability).toBeCloseTo(ranking[k]!.probability, 5);
      });
    }
    expect(await model.predict([])).toEqual([]);
    await model.close();
  });

  it('refuses pixels that are not whole images', async () => {
    const model = await loadModelFromBytes(modelBytes());
    await expect(model.probabilities(new Float32Array(25))).rejects.toThrow(
      /expected a Float32Array of \[n, 1, 4, 6\], n times 24 values; got 25/,
    );
    await model.close();
  });

  it('ranks classes whose names are numbers by their probability, too', () => {
    const [prediction] = toPredictions(['0', '1', '2'], Float32Array.of(0.1, 0.3, 0.6));
    expect(prediction!.expression).toBe('2');
    expect(prediction!.ranking.map(({ label }) => label)).toEqual(['2', '1', '0']);
  });

  it('predicts more images than one call of the network takes, and reports them', async () => {
    const model = await loadModelFromBytes(modelBytes());
    const images = Array.from({ length: 70 }, (_, i) => image(6, 4, i));
    const done: number[] = [];
    const many = await model.predict(images, { onProgress: (event) => done.push(event.done) });
    expect(done).toEqual([64, 70]);
    const last = await model.predict(images[69]!);
    expect(many[69]!.expression).toBe(last.expression);
    const signal = AbortSignal.abort();
    await expect(model.predict(images, { signal })).rejects.toMatchObject({ kind: 'interrupted' });
    await model.close();
  });

  it('closes after what runs, once, and then says that it is closed', async () => {
    const model = await loadModelFromBytes(modelBytes(), { name: 'm.onnx' });
    const running = model.predict(image(6, 4, 1));
    const scores = model.probabilities(new Float32Array(24));
    const closed = model.close();
    expect((await scores).length).toBe(metadata.classes.length);
    expect((await running).ranking).toHaveLength(metadata.classes.length);
    await closed;
    await model.close();
    await model[Symbol.asyncDispose]();
    for (const use of [
      () => model.predict(image(6, 4, 1)),
      () => model.predict([image(6, 4, 1)]),
      () => model.logits(new Float32Array(24)),
      () => model.probabilities(new Float32Array(24)),
    ]) {
      await expect(use()).rejects.toMatchObject({
        kind: 'usage',
        message:
          'm.onnx: expected an open model, found one that was closed. Load it again, or close it after its last use.',
      });
    }
  });

  it('is closed at the end of a block with await using', async () => {
    const kept: ExpressionModel[] = [];
    {
      await using model = await loadModelFromBytes(modelBytes());
      await model.predict(image(6, 4, 1));
      kept.push(model);
    }
    await expect(kept[0]!.predict(image(6, 4, 1))).rejects.toThrow(/closed/);
  });

  it('refuses options and bytes of the wrong form, in a short message', async () => {
    const refused = (bytes: unknown, options: unknown, message: RegExp) =>
      expect(loadModelFromBytes(bytes as Uint8Array, options as object)).rejects.toMatchObject({
        kind: 'usage',
        message: expect.stringMatching(message),
      });
    for (const threads of [-1, 0, 1.5, Number.NaN, '2', 1e9])
      await refused(modelBytes(), { threads }, /threads: expected a whole number from 1 to 1024, got/);
    await refused(modelBytes(), { device: 'gpu' }, /device: expected one of cpu, webgpu, cuda, got "gpu"/);
    await refused(modelBytes(), { thread: 1 }, /expected options among threads, device, name; got "thread"/);
    await refused(modelBytes(), 'm.onnx', /expected options such as .*, got "m\.onnx"/);
    await refused('m.onnx', {}, /expected the bytes of a model file .*, got "m\.onnx"/);
    await refused('x'.repeat(3e6), {}, /^.{0,400}$/);
    await refused(new Float32Array(1e6), {}, /got a Float32Array\.$/);
  });

  it('refuses files that are damaged or not ours, and says which and why', async () => {
    const bytes = modelBytes();
    const refused = (data: Uint8Array, reason: RegExp) =>
      expect(loadModelFromBytes(data, { name: 'm.onnx' })).rejects.toThrow(
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

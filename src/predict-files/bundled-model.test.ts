import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { boxedModelFile, checkBoxedModel, describeBoxedModel } from './bundled-model.js';
import { loadModel } from './load-model.js';

const largestBytes = 8_000_000;

describe('the model in the box', () => {
  it('is the file that is described, and small enough to ship', async () => {
    const bytes = readFileSync(boxedModelFile);
    const description = await describeBoxedModel();
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(description.sha256);
    expect(bytes.length).toBe(description.bytes);
    expect(bytes.length).toBeLessThanOrEqual(largestBytes);
  });

  it('is loaded where no other is named, and is calibrated', async () => {
    const model = await loadModel();
    const { classes, input } = await describeBoxedModel();
    expect(model.classes).toEqual(classes);
    expect(model.inputSize).toEqual({ width: input.width, height: input.height });
    expect(model.metadata.calibration?.temperature).toBeGreaterThan(0);
    const face = { width: 50, height: 60, data: Uint8Array.from({ length: 3000 }, (_, i) => i % 251) };
    const [prediction] = await model.predict([face]);
    const sum = Object.values(prediction!.probabilities).reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(1, 4);
    await model.close();
  });

  it('is refused when it was changed, with what to do', async () => {
    const bytes = Uint8Array.from(readFileSync(boxedModelFile));
    const description = await describeBoxedModel();
    bytes[bytes.length >> 1]! ^= 1;
    expect(() => checkBoxedModel(bytes, description)).toThrow(
      expect.objectContaining({
        kind: 'model',
        message: expect.stringMatching(
          /expression\.onnx: expected .* found \d+ bytes with .* Install ferlab again/,
        ),
      }),
    );
    expect(() => checkBoxedModel(bytes.subarray(100), description)).toThrow(/expected the model that comes/);
  });
});

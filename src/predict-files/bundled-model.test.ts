import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  bundledModelFile,
  checkBundledModel,
  describeBundledModel,
  type Expression,
} from './bundled-model.js';
import { loadModel } from './load-model.js';

const largestBytes = 8_000_000;

describe('the model in the box', () => {
  it('is the file that is described, and small enough to ship', async () => {
    const bytes = readFileSync(bundledModelFile());
    const description = await describeBundledModel();
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(description.sha256);
    expect(bytes.length).toBe(description.bytes);
    expect(bytes.length).toBeLessThanOrEqual(largestBytes);
  });

  it('is loaded where no other is named, and is calibrated', async () => {
    const model = await loadModel();
    const { classes, input } = await describeBundledModel();
    expect(model.classes).toEqual(classes);
    expect(model.inputSize).toEqual({ width: input.width, height: input.height });
    expect(model.metadata.calibration?.temperature).toBeGreaterThan(0);
    const face = { width: 50, height: 60, data: Uint8Array.from({ length: 3000 }, (_, i) => i % 251) };
    const [prediction] = await model.predict([face]);
    const sum = prediction!.ranking.reduce((total, { probability }) => total + probability, 0);
    expect(sum).toBeCloseTo(1, 4);
    await model.close();
  });

  it('has the classes that its type names', async () => {
    const named: Record<Expression, true> = {
      angry: true,
      disgust: true,
      fear: true,
      happy: true,
      neutral: true,
      sad: true,
      surprise: true,
    };
    expect(Object.keys(named)).toEqual((await describeBundledModel()).classes);
  });

  it('is refused when it was changed, with what to do', async () => {
    const bytes = Uint8Array.from(readFileSync(bundledModelFile()));
    const description = await describeBundledModel();
    bytes[bytes.length >> 1]! ^= 1;
    expect(() => checkBundledModel(bytes, description)).toThrow(
      expect.objectContaining({
        kind: 'model',
        message: expect.stringMatching(
          /expression\.onnx: expected .* found \d+ bytes with .* Install ferlab again/,
        ),
      }),
    );
    expect(() => checkBundledModel(bytes.subarray(100), description)).toThrow(
      /expected the model that comes/,
    );
  });
});

// Model files in other runtimes: OpenCV's answers, which test/golden/opencv/generate.py collected, are this project's.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeModel, modelNames, pixels } from '../../../test/golden/opencv/models.js';
import { parseModel } from '../../engine/onnx/model.js';
import { loadModelFromBytes } from '../../predict/model.js';

interface Golden {
  unreadable: string[];
  operators: string[];
  models: Record<string, { logits: number[]; probabilities: number[] }>;
}
const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/opencv/opencv.json', import.meta.url), 'utf8'),
) as Golden;

/** Largest difference, as a share of the largest value but at least of 1. */
function difference(found: Float32Array, expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - found[i]!))) / scale;
}

describe('model files', () => {
  it.each(modelNames.filter((name) => name !== 'deepface'))('%s answers in OpenCV as here', async (name) => {
    const bytes = makeModel(name);
    // Other forms of a graph have to be shown to OpenCV first: run generate.py.
    const operators = new Set(
      parseModel(bytes).graph!.node.map(({ opType, attribute }) => {
        const kept = attribute.find((entry) => entry.name === 'keepdims');
        return kept === undefined ? opType : `${opType} keepdims=${kept.i}`;
      }),
    );
    expect([...operators].filter((operator) => !golden.operators.includes(operator))).toEqual([]);
    const model = await loadModelFromBytes(bytes, { name });
    expect(difference(await model.logits(pixels), golden.models[name]!.logits)).toBeLessThan(1e-5);
    expect(difference(await model.probabilities(pixels), golden.models[name]!.probabilities)).toBeLessThan(
      1e-5,
    );
    await model.close();
  });

  it('OpenCV 4 can read all but deepface', () => {
    expect(golden.unreadable).toEqual(['deepface']);
    expect(Object.keys(golden.models).sort()).toEqual(
      modelNames.filter((name) => name !== 'deepface').sort(),
    );
  });
});

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { givenModelFile, withModelPath } from './given-model.js';

describe('a model file that a configuration names', () => {
  it('is a path, which moves with the run folder, or box, which means the same everywhere', () => {
    const up = (path: string) => `../${path}`;
    expect([withModelPath('a.onnx', up), withModelPath('box', up)]).toEqual(['../a.onnx', 'box']);
    expect(givenModelFile('a.onnx')).toBe('a.onnx');
    expect(existsSync(givenModelFile('box'))).toBe(true);
  });
});

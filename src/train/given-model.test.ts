import { describe, expect, it } from 'vitest';
import { boxedModelFile, describeBoxedModel } from '../predict/boxed.js';
import { readGivenModel, withModelPath } from './given-model.js';

describe('a model file that a configuration names', () => {
  it('is a path, which moves with the run folder, or box, which means the same everywhere', async () => {
    const up = (path: string) => `../${path}`;
    expect([withModelPath('a.onnx', up), withModelPath('box', up)]).toEqual(['../a.onnx', 'box']);
    const box = await readGivenModel('box');
    expect(box).toMatchObject({ path: boxedModelFile, fingerprint: (await describeBoxedModel()).sha256 });
    expect(await readGivenModel(boxedModelFile)).toEqual(box);
    await expect(readGivenModel('nowhere.onnx')).rejects.toThrow(/nowhere\.onnx: expected a model file/);
  });
});

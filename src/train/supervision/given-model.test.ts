import { describe, expect, it } from 'vitest';
import type { ModelMetadata } from '../../predict/metadata.js';
import { boxedModelFile, describeBoxedModel } from '../../predict-files/bundled-model.js';
import { inheritedNotes, readGivenModel, withModelPath } from './given-model.js';

describe('a model file that a configuration names', () => {
  it('is a path, which moves with the run folder, or box, which means the same everywhere', async () => {
    const up = (path: string) => `../${path}`;
    expect([withModelPath('a.onnx', up), withModelPath('box', up)]).toEqual(['../a.onnx', 'box']);
    const box = await readGivenModel('box');
    expect(box).toMatchObject({ path: boxedModelFile, fingerprint: (await describeBoxedModel()).sha256 });
    const { path, fingerprint, bytes } = await readGivenModel(boxedModelFile);
    expect([path, fingerprint]).toEqual([box.path, box.fingerprint]);
    expect(Buffer.compare(bytes, box.bytes)).toBe(0); // millions of bytes: element by element takes seconds
    await expect(readGivenModel('nowhere.onnx')).rejects.toThrow(/nowhere\.onnx: expected a model file/);
  });
});

describe('what a network inherits of notes', () => {
  it('names whom each is of, once', () => {
    const given = (file: string, notes: string[]) => ({
      file,
      fingerprint: '0123456789abcdef',
      metadata: { training: {}, notes } as unknown as ModelMetadata,
    });
    const first = inheritedNotes(given('a.onnx', ['Trained with extra annotation: votes.']));
    expect(first).toEqual(['Of a.onnx (SHA-256 01234567): Trained with extra annotation: votes.']);
    expect(inheritedNotes(given('b.onnx', [...first, 'Distilled from a.onnx.']))).toEqual([
      ...first,
      'Of b.onnx (SHA-256 01234567): Distilled from a.onnx.',
    ]);
    const other = 'Teacher c.onnx (SHA-256 01234567) was trained on other images.';
    expect(inheritedNotes(given('b.onnx', [other]))).toEqual([other]);
    const nested =
      'Teacher e.onnx (SHA-256 89abcdef): Of d.onnx (tiny, SHA-256 456789ab): Distilled from c.onnx.';
    expect(inheritedNotes(given('b.onnx', [nested]))).toEqual([
      'Of d.onnx (tiny, SHA-256 456789ab): Distilled from c.onnx.',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { ModelMetadata } from '../../predict/metadata.js';
import { describeNote, type ModelNote } from '../../predict/notes.js';
import { describeBundledModel } from '../../predict-files/bundled-model.js';
import { inheritedNotes, readReferencedModel } from './model-reference.js';

describe('readReferencedModel', () => {
  it('knows the model that comes with ferlab by the name box, and by its path', async () => {
    const boxed = await readReferencedModel('box');
    const { sha256 } = await describeBundledModel();
    expect(boxed.fingerprint).toBe(sha256);
    const byPath = await readReferencedModel(boxed.path);
    expect(byPath.path).toBe(boxed.path);
    expect(Buffer.compare(byPath.bytes, boxed.bytes)).toBe(0); // matching them one by one takes seconds
    await expect(readReferencedModel('nowhere.onnx')).rejects.toThrow(/nowhere\.onnx: expected a model file/);
  });
});

describe('what a network inherits of notes', () => {
  it('names the model that each is about, once', () => {
    const reference = (file: string, notes: ModelNote[]) => ({
      file,
      fingerprint: '0123456789abcdef',
      metadata: { training: {}, notes } as unknown as ModelMetadata,
    });
    const first = inheritedNotes(reference('a.onnx', [{ of: null, text: 'Trained with votes.' }]));
    expect(first.map(describeNote)).toEqual(['Of a.onnx (SHA-256 01234567): Trained with votes.']);
    const own = { of: null, text: 'Distilled from a.onnx.' };
    expect(inheritedNotes(reference('b.onnx', [...first, own])).map(describeNote)).toEqual([
      'Of a.onnx (SHA-256 01234567): Trained with votes.',
      'Of b.onnx (SHA-256 01234567): Distilled from a.onnx.',
    ]);
  });
});

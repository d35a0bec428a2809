// Model files that a configuration names, to start from or as teachers: paths, or the one that comes with ferlab.

import { basename } from 'node:path';
import { sha256 } from '../../files/sha256.js';
import type { ModelMetadata } from '../../predict/metadata.js';
import type { ModelNote } from '../../predict/notes.js';
import { bundledModelFile, bundledName } from '../../predict-files/bundled-model.js';
import { readModelFile } from '../../predict-files/load-model.js';

/**
 * Reads the file. `path` is where it lies, for messages; `fingerprint` the SHA-256 (hex) of its bytes.
 *
 * @throws FerlabError `model` where it is missing.
 */
export async function readReferencedModel(
  given: string,
): Promise<{ path: string; bytes: Uint8Array; fingerprint: string }> {
  const path = given === bundledName ? bundledModelFile() : given;
  const bytes = await readModelFile(path);
  return { path, bytes, fingerprint: sha256(bytes) };
}

/** A model file that was read. */
export interface ModelReference {
  /** As given. */
  file: string;
  /** SHA-256 (hex) of its bytes. */
  fingerprint: string;
  metadata: ModelMetadata;
}

/**
 * The model's name in notes. Most models of runs are called `last.onnx` or `best.onnx`, so the preset and the beginning
 * of the fingerprint identify it. Its folder isn't named, since model files are passed on.
 */
export function referenceName({ file, fingerprint, metadata }: ModelReference): string {
  const name = file === bundledName ? 'the model that comes with ferlab' : basename(file);
  const { preset } = metadata.training;
  const known = [...(typeof preset === 'string' ? [preset] : []), `SHA-256 ${fingerprint.slice(0, 8)}`];
  return `${name} (${known.join(', ')})`;
}

/** Images that a network is trained on: the fingerprint of the split, and how many of it. */
export interface TrainingSet {
  fingerprint: string;
  count: number;
}

/**
 * Whether the model was trained on the same images, and on all of them that this network is: runs with and without
 * copies of validation images share a fingerprint, not the number.
 */
export function isSameTrainingSet(
  { metadata }: ModelReference,
  { fingerprint, count }: TrainingSet,
): boolean {
  const { counts, fingerprints } = metadata.dataset;
  const images = Object.values(counts.train ?? {}).reduce((sum, n) => sum + n, 0);
  return fingerprints.train === fingerprint && images === count;
}

/** The notes of a model, for a network that learns from it: its own now name it, and those of others stay as they are. */
export function inheritedNotes(reference: ModelReference): ModelNote[] {
  const name = referenceName(reference);
  return (reference.metadata.notes ?? []).map(({ of, text }) => ({ of: of ?? name, text }));
}

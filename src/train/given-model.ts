// Model files that a configuration names, to start from or as teachers: paths, or the one that comes with ferlab.

import { basename } from 'node:path';
import { boxedModelFile } from '../predict/boxed.js';
import type { ModelMetadata } from '../predict/metadata.js';

/** Stands for the model that comes with ferlab, where a model file is asked for. */
export const boxedName = 'box';

/** Where the file lies. */
export function givenModelFile(given: string): string {
  return given === boxedName ? boxedModelFile : given;
}

/** A model file that was read. */
export interface GivenModel {
  /** As given. */
  file: string;
  /** SHA-256 (hex) of its bytes. */
  fingerprint: string;
  metadata: ModelMetadata;
}

/**
 * What notes call it. Most runs' models are called `last.onnx` or `best.onnx`, so its preset and the beginning of its
 * fingerprint tell which it is; not its folder, since notes stand in files that others get.
 */
export function givenModelName({ file, fingerprint, metadata }: GivenModel): string {
  const name = file === boxedName ? 'the model that comes with ferlab' : basename(file);
  const { preset } = metadata.training;
  const known = [...(typeof preset === 'string' ? [preset] : []), `SHA-256 ${fingerprint.slice(0, 8)}`];
  return `${name} (${known.join(', ')})`;
}

/** The name with its path changed, where it is one. */
export function withModelPath(given: string, change: (path: string) => string): string {
  return given === boxedName ? given : change(given);
}

// Model files that a configuration names, to start from or as teachers: paths, or the one that comes with ferlab.

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { ModelMetadata } from '../../predict/metadata.js';
import { boxedModelFile, boxedName } from '../../predict-files/bundled-model.js';
import { readModelFile } from '../../predict-files/load-model.js';

/**
 * Reads the file. `path` is where it lies, for messages; `fingerprint` the SHA-256 (hex) of its bytes.
 *
 * @throws FerlabError `model` where it is missing.
 */
export async function readGivenModel(
  given: string,
): Promise<{ path: string; bytes: Uint8Array; fingerprint: string }> {
  const path = given === boxedName ? boxedModelFile : given;
  const bytes = await readModelFile(path);
  return { path, bytes, fingerprint: createHash('sha256').update(bytes).digest('hex') };
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

/** Images that a network is trained on: the fingerprint of the split, and how many of it. */
export interface TrainedOn {
  fingerprint: string;
  count: number;
}

/**
 * Whether the model was trained on the same images, and on all of them that this network is: runs with and without
 * copies of validation images share a fingerprint, not the number.
 */
export function sawSameImages({ metadata }: GivenModel, { fingerprint, count }: TrainedOn): boolean {
  const { counts, fingerprints } = metadata.dataset;
  const images = Object.values(counts.train ?? {}).reduce((sum, n) => sum + n, 0);
  return fingerprints.train === fingerprint && images === count;
}

/** Before a note of another network: its name, which ends with its fingerprint. */
const ofWhom = /^(?:Of|Teacher) (.+?SHA-256 [0-9a-f]{8}\)): /;

/**
 * What is to be noted of a network that was made with this one: its notes, which say of whom they are. Those that it has
 * from others name them already, so that none is passed on under one name within another; models of earlier
 * versions have such notes ("Teacher a: Teacher b: ..."), of whose names the innermost, whom the note is of, is kept.
 */
export function inheritedNotes(given: GivenModel): string[] {
  const notes = given.metadata.notes ?? [];
  return notes.map((note) => {
    if (note.startsWith('Teacher ') && !ofWhom.test(note)) return note; // says itself whom it is of
    let whom = givenModelName(given);
    let said = note;
    for (let found = ofWhom.exec(said); found?.[1] !== undefined; found = ofWhom.exec(said)) {
      whom = found[1];
      said = said.slice(found[0].length);
    }
    return `Of ${whom}: ${said}`;
  });
}

/** The name with its path changed, where it is one. */
export function withModelPath(given: string, change: (path: string) => string): string {
  return given === boxedName ? given : change(given);
}

// The detectors of faces that come with the program, in models/ of the package; scripts/box-faces.js makes the files of the
// single-stage one from a run.

import { readFile } from 'node:fs/promises';
import { FerlabError } from '../errors.js';
import { foundInstead } from '../files/read-error.js';
import { sha256 } from '../files/sha256.js';
import { packageFile } from '../package-files.js';
import { object, text } from '../predict/json-fields.js';

/** Stands for the MTCNN that comes with ferlab wherever a detector is asked for. */
export const cascadeName = 'mtcnn';

const remedy = 'Install ferlab again, or restore models/ of the checkout; or give a detector of your own.';

const readDescription = object<{ sha256: string }>({ sha256: text });

/**
 * The bytes of the single-stage detector.
 *
 * @throws FerlabError `model` where the file or its description is missing, or the file isn't the one that is described;
 *   `io` where the package isn't installed, as in a bundle that was copied elsewhere.
 */
export async function readBundledDetector(): Promise<Uint8Array> {
  const file = packageFile('models/faces.onnx');
  let bytes: Uint8Array;
  let expected: string;
  try {
    bytes = await readFile(file);
    ({ sha256: expected } = readDescription(
      JSON.parse(await readFile(packageFile('models/faces.json'), 'utf8')),
      '',
    ));
  } catch (error) {
    throw new FerlabError(
      'model',
      `${file}: expected the face detector that comes with ferlab, and its description beside it, found ` +
        `${foundInstead(error)}. ${remedy}`,
      { cause: error },
    );
  }
  checkDetector(bytes, expected, file);
  return bytes;
}

/** @throws FerlabError `model` where the bytes have another SHA-256 (hex). */
export function checkDetector(bytes: Uint8Array, expected: string, file: string): void {
  const found = sha256(bytes);
  if (found === expected) return;
  throw new FerlabError(
    'model',
    `${file}: expected the face detector that comes with ferlab, with SHA-256 ${expected}; found ${bytes.length} bytes with ` +
      `${found}. ${remedy}`,
  );
}

// The bundled model: the trained model that comes with the program, in models/ of the package. models/README.md is its
// model card; scripts/box.js makes all three files from a run.

import { readFile } from 'node:fs/promises';
import { FerlabError } from '../errors.js';
import { foundInstead } from '../files/read-error.js';
import { sha256 } from '../files/sha256.js';
import { packageFile } from '../package-files.js';
import { list, number, object, text, where, wholeNumber } from '../predict/json-fields.js';

/** The classes of the bundled model. */
export type Expression = 'angry' | 'disgust' | 'fear' | 'happy' | 'neutral' | 'sad' | 'surprise';

/** Stands for the bundled model wherever a model file is asked for. */
export const bundledName = 'box';

/**
 * Path of the bundled model. Whatever loads a model by its path loads this one too, and checks it.
 *
 * @throws FerlabError `io` where the package isn't installed, as in a bundle that was copied elsewhere.
 */
export function bundledModelFile(): string {
  return packageFile('models/expression.onnx');
}

/** What is known of the bundled model without opening it; models/expression.json holds more. */
export interface BundledModel {
  name: string;
  /** SHA-256 (hex) and size of the file. */
  sha256: string;
  bytes: number;
  classes: string[];
  input: { width: number; height: number };
  /** Share of FER2013's validation images that one look at each recognises. */
  accuracy: number;
}

const readDescription = object<BundledModel>({
  name: text,
  sha256: where('a SHA-256 (hex)', (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)),
  bytes: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  classes: list(text),
  input: object<BundledModel['input']>({ width: number, height: number }),
  accuracy: number,
});

/** Whether a model file that was named is the bundled one. */
export function isBundledModel(file: string): boolean {
  if (file === bundledName) return true;
  try {
    return file === bundledModelFile();
  } catch {
    // A program without the package's files still opens model files of its own.
    return false;
  }
}

/** What to do when the package isn't whole. */
const remedy = 'Install ferlab again, or restore models/ of the checkout; or give a model file of your own.';

/** @throws FerlabError `model` where the package has lost the description. */
export async function describeBundledModel(): Promise<BundledModel> {
  const file = packageFile('models/expression.json');
  try {
    return readDescription(JSON.parse(await readFile(file, 'utf8')), '');
  } catch (error) {
    const found = isMissing(error) ? 'no such file' : 'something else';
    throw new FerlabError(
      'model',
      `${file}: expected the description of the model that comes with ferlab, found ${found}. ${remedy}`,
      { cause: error },
    );
  }
}

/**
 * The bytes of the bundled model.
 *
 * @throws FerlabError `model` where the file is missing or isn't the one that the package came with.
 */
export async function readBundledModel(): Promise<Uint8Array> {
  const description = await describeBundledModel();
  let bytes: Uint8Array;
  try {
    bytes = await readFile(bundledModelFile());
  } catch (error) {
    throw new FerlabError(
      'model',
      `${bundledModelFile()}: expected the model that comes with ferlab, found ${foundInstead(error)}. ${remedy}`,
      { cause: error },
    );
  }
  checkBundledModel(bytes, description);
  return bytes;
}

/** @throws FerlabError `model` where the bytes are not those that are described. */
export function checkBundledModel(bytes: Uint8Array, expected: Pick<BundledModel, 'sha256' | 'bytes'>): void {
  const found = sha256(bytes);
  if (found === expected.sha256) return;
  throw new FerlabError(
    'model',
    `${bundledModelFile()}: expected the model that comes with ferlab, ${expected.bytes} bytes with SHA-256 ` +
      `${expected.sha256}; found ${bytes.length} bytes with ${found}. ${remedy}`,
  );
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

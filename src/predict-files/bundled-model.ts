// The bundled model: the trained model that comes with the program, in models/ of the package. models/README.md is its
// model card; scripts/box.js makes all three files from a run.

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { FerlabError } from '../errors.js';
import { foundInstead } from '../files/read-error.js';
import { sha256 } from '../files/sha256.js';
import { packageFile } from '../package-files.js';

/** The classes of the bundled model. */
export type Expression = 'angry' | 'disgust' | 'fear' | 'happy' | 'neutral' | 'sad' | 'surprise';

/** Stands for the bundled model wherever a model file is asked for. */
export const bundledName = 'box';

/** Path of the bundled model. Whatever loads a model by its path loads this one too, and checks it. */
export const bundledModelFile = packageFile('models/expression.onnx');
const descriptionFile = packageFile('models/expression.json');

const descriptionSchema = z.object({
  name: z.string(),
  /** SHA-256 (hex) and size of the file. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().positive(),
  classes: z.array(z.string()),
  input: z.object({ width: z.number(), height: z.number() }),
  /** Share of FER2013's validation images that one look at each recognises. */
  accuracy: z.number(),
});

/** What is known of the bundled model without opening it; models/expression.json holds more. */
export type BundledModel = z.output<typeof descriptionSchema>;

/** What to do when the package isn't whole. */
const remedy = 'Install ferlab again, or restore models/ of the checkout; or give a model file of your own.';

/** @throws FerlabError `model` where the package has lost the description. */
export async function describeBundledModel(): Promise<BundledModel> {
  try {
    return descriptionSchema.parse(JSON.parse(await readFile(descriptionFile, 'utf8')));
  } catch (error) {
    const found = isMissing(error) ? 'no such file' : 'something else';
    throw new FerlabError(
      'model',
      `${descriptionFile}: expected the description of the model that comes with ferlab, found ${found}. ${remedy}`,
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
    bytes = await readFile(bundledModelFile);
  } catch (error) {
    throw new FerlabError(
      'model',
      `${bundledModelFile}: expected the model that comes with ferlab, found ${foundInstead(error)}. ${remedy}`,
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
    `${bundledModelFile}: expected the model that comes with ferlab, ${expected.bytes} bytes with SHA-256 ` +
      `${expected.sha256}; found ${bytes.length} bytes with ${found}. ${remedy}`,
  );
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

// Reads a model file from disk, in Node.

import { readFile } from 'node:fs/promises';
import { FerlabError } from '../errors.js';
import { type ExpressionModel, type LoadOptions, openModel } from './model.js';

/**
 * Loads a model file.
 *
 * @throws FerlabError `model` where the file is missing, truncated, or not one of this project's.
 */
export async function loadModel(file: string, options: LoadOptions = {}): Promise<ExpressionModel> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a folder' : String(code ?? error);
    throw new FerlabError(
      'model',
      `${file}: expected a model file (.onnx), found ${found}. Give the best.onnx of a run folder.`,
      { cause: error },
    );
  }
  return openModel(bytes, file, options);
}

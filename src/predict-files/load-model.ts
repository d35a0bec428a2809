// Reads model files from disk, in Node.

import { readFile } from 'node:fs/promises';
import type { Device, DeviceChoice } from '../engine/runtime/device.js';
import { FerlabError } from '../errors.js';
import { chooseDevice } from '../machine/choose-device.js';
import { openEnsemble } from '../predict/ensemble.js';
import { type ExpressionModel, type LoadOptions, openModel } from '../predict/model.js';
import { withTestTimeAugmentation } from '../predict/test-time.js';
import type { TestTimeKind } from '../predict/views.js';
import { boxedModelFile, boxedName, readBoxedModel } from './bundled-model.js';

export interface LoadFileOptions extends Omit<LoadOptions, 'device'> {
  /** Where the model runs; `auto` takes the fastest device that is here. `cpu` unless told. */
  device?: DeviceChoice | undefined;
  /** Views of each image whose logits are averaged; `none` unless told. */
  tta?: TestTimeKind | undefined;
}

/**
 * Loads a model file; the model that comes with ferlab, also called `box`, unless told which.
 *
 * @throws FerlabError `model` where the file is missing, truncated, or not one of this project's; `usage` where it
 *   can't be used with this test-time augmentation.
 */
export async function loadModel(
  file: string = boxedModelFile,
  options: LoadFileOptions = {},
): Promise<ExpressionModel> {
  const device = await deviceOf(options);
  const model = await openModel(await readModelFile(file), file, { ...options, device });
  try {
    return withTestTimeAugmentation(model, options.tta ?? 'none');
  } catch (error) {
    await model.close();
    throw error instanceof FerlabError
      ? new FerlabError(error.kind, `${file}: ${error.message}`, { cause: error })
      : error;
  }
}

/**
 * Loads model files as one model: the mean of their probabilities.
 *
 * @param files at least one.
 * @throws FerlabError as loadModel, and `model` where classes or input sizes differ.
 */
export async function loadEnsemble(
  files: readonly string[],
  options: LoadFileOptions = {},
): Promise<ExpressionModel> {
  const models: ExpressionModel[] = [];
  const device = await deviceOf(options); // chosen once for all
  try {
    for (const file of files) models.push(await loadModel(file, { ...options, device }));
    return openEnsemble(models, files);
  } catch (error) {
    await Promise.all(models.map((model) => model.close()));
    throw error;
  }
}

async function deviceOf({ device = 'cpu' }: LoadFileOptions): Promise<Device> {
  return device === 'auto' ? (await chooseDevice(device)).device : device;
}

/** The bytes of a model file, of whatever kind, or of the model in the box (`box`). Throws FerlabError `model` where it can't be read. */
export async function readModelFile(file: string): Promise<Uint8Array> {
  if (file === boxedModelFile || file === boxedName) return readBoxedModel();
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a folder' : String(code ?? error);
    throw new FerlabError(
      'model',
      `${file}: expected a model file (.onnx), found ${found}. Give the model of a run folder (last.onnx, or best.onnx).`,
      { cause: error },
    );
  }
}

// Reads model files from disk, in Node.

import { readFile } from 'node:fs/promises';
import { checkHooks, checkOptions, oneOf, shorten, show, threadCount } from '../check-options.js';
import { type Device, type DeviceChoice, deviceChoices } from '../engine/runtime/device.js';
import { FerlabError } from '../errors.js';
import { foundInstead } from '../files/read-error.js';
import { chooseDevice } from '../machine/choose-device.js';
import { openEnsemble } from '../predict/ensemble.js';
import {
  type ExpressionModel,
  type LoadOptions,
  loadModelFromBytes,
  openModelFile,
} from '../predict/model.js';
import { readModelMetadata } from '../predict/model-file.js';
import { withTestTimeAugmentation } from '../predict/test-time.js';
import { type TestTimeKind, testTimeKinds } from '../predict/views.js';
import type { Hooks } from '../progress.js';
import { bundledModelFile, type Expression, isBundledModel, readBundledModel } from './bundled-model.js';

export interface LoadFileOptions extends Omit<LoadOptions, 'device'> {
  /** Where the model runs; `auto` takes the fastest device of this machine. Default: `cpu`. */
  device?: DeviceChoice | undefined;
  /** Views of each image whose logits are averaged. Default: `none`. */
  tta?: TestTimeKind | undefined;
}

/** A line for people, such as which device was chosen. */
export interface LoadEvent {
  type: 'log';
  message: string;
}

/**
 * Loads a model file.
 *
 * @param file its path. Default: the model that comes with ferlab, also called `box`.
 * @throws FerlabError `model` where the file is missing, truncated, or not one of this project's; `device` where the device
 *   can't be used; `usage` for wrong options, and where the model can't be used with this test-time augmentation;
 *   `interrupted` where the signal is aborted.
 */
export function loadModel(
  file?: undefined,
  options?: LoadFileOptions,
  hooks?: Hooks<LoadEvent>,
): Promise<ExpressionModel<Expression>>;
export function loadModel(
  file: string | undefined,
  options?: LoadFileOptions,
  hooks?: Hooks<LoadEvent>,
): Promise<ExpressionModel>;
export async function loadModel(
  file: string | undefined,
  options: LoadFileOptions = {},
  hooks: Hooks<LoadEvent> = {},
): Promise<ExpressionModel> {
  return loadChecked(file ?? bundledModelFile(), await checkLoading('loadModel', options, hooks), hooks);
}

/**
 * Loads model files as one model: the mean of their probabilities.
 *
 * @param files their paths, at least one.
 * @throws FerlabError as loadModel, and `model` where classes or input sizes differ.
 */
export async function loadEnsemble(
  files: readonly string[],
  options: LoadFileOptions = {},
  hooks: Hooks<LoadEvent> = {},
): Promise<ExpressionModel> {
  if (!Array.isArray(files) || files.length === 0) {
    const found = Array.isArray(files) ? 'none' : show(files);
    throw new FerlabError('usage', `loadEnsemble: expected a list of one or more model files, got ${found}.`);
  }
  const checked = await checkLoading('loadEnsemble', options, hooks);
  const models: ExpressionModel[] = [];
  try {
    for (const file of files) models.push(await loadChecked(file, checked, hooks));
    return openEnsemble(models, files);
  } catch (error) {
    await Promise.all(models.map((model) => model.close()));
    throw error;
  }
}

interface CheckedOptions extends Omit<LoadFileOptions, 'device'> {
  device: Device;
}

/** Options that are in range, with the device that was chosen. */
async function checkLoading(
  where: string,
  options: LoadFileOptions,
  hooks: Hooks<LoadEvent>,
): Promise<CheckedOptions> {
  checkOptions(where, options, {
    threads: threadCount,
    device: oneOf(deviceChoices),
    tta: oneOf(testTimeKinds),
  });
  checkHooks(where, hooks);
  stopIfAborted(hooks);
  const { device: choice = 'cpu', ...others } = options;
  if (choice !== 'auto') return { ...others, device: choice };
  const { device, reason } = await chooseDevice(choice);
  hooks.onProgress?.({ type: 'log', message: `Device: ${device} (${reason})` });
  return { ...others, device };
}

async function loadChecked(
  file: string,
  { tta = 'none', ...options }: CheckedOptions,
  hooks: Hooks<LoadEvent>,
): Promise<ExpressionModel> {
  stopIfAborted(hooks);
  if (typeof file !== 'string') {
    throw new FerlabError(
      'usage',
      `loadModel: expected the path of a model file, got ${show(file)}. For its bytes, use loadModelFromBytes.`,
    );
  }
  const name = shorten(file);
  const bytes = await readModelFile(file);
  // The bundled model's digest was compared.
  const model = await (isBundledModel(file)
    ? openModelFile(bytes, readModelMetadata(bytes, name), name, options)
    : loadModelFromBytes(bytes, { ...options, name }));
  try {
    return withTestTimeAugmentation(model, tta);
  } catch (error) {
    await model.close();
    throw error instanceof FerlabError
      ? new FerlabError(error.kind, `${name}: ${error.message}`, { cause: error })
      : error;
  }
}

function stopIfAborted({ signal }: Hooks<LoadEvent>): void {
  if (signal?.aborted) throw new FerlabError('interrupted', 'Stopped before the model was loaded.');
}

/** The bytes of a model file, or of the bundled model (`box`). Throws FerlabError `model` where it can't be read. */
export async function readModelFile(file: string): Promise<Uint8Array> {
  if (isBundledModel(file)) return readBundledModel();
  try {
    return await readFile(file);
  } catch (error) {
    throw new FerlabError(
      'model',
      `${shorten(file)}: expected a model file (.onnx), found ${foundInstead(error)}. Give the model of a run folder (last.onnx, or best.onnx).`,
      { cause: error },
    );
  }
}

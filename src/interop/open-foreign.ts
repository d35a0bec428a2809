// A model file of another framework, whichever it is: Keras's by its first bytes, else ONNX.

import { readFile, stat } from 'node:fs/promises';
import { FerlabError } from '../errors.js';
import { foundInstead } from '../files/read-error.js';
import { ownMetadata, restoreOwn } from './export-keras.js';
import { encodeKeras, type Imported, kerasNetwork, missingScaling } from './import-keras.js';
import { encodeOnnx } from './import-onnx.js';
import { convertKeras } from './keras/convert.js';
import { isKerasFile, type KerasFile, readKerasFile } from './keras/read-file.js';
import { type OnnxFile, readOnnx } from './onnx/read-onnx.js';
import type { Scaling } from './scaling.js';

export type Size = { width: number; height: number } | undefined;

export interface ForeignModel {
  /** Names of the outputs, where the file says them. */
  readonly classes: readonly string[] | null;
  /** Whether it scales pixels itself. */
  scalesItself(): boolean;
  /** The model file that it was exported from; null where it is no such file. */
  restored(): Imported | null;
  /**
   * @param scaling null where the file does it.
   * @throws FerlabError `usage` where the file leaves open what isn't given; `model` where it can't be taken.
   */
  encode(classes: readonly string[], scaling: Scaling | null): Promise<Imported>;
}

/** Of a file, in bytes: larger ones are no networks for faces. */
const largest = 2 ** 31;

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > largest)
      throw new FerlabError('model', `${file}: expected a file of at most 2 GiB, found ${size} bytes.`);
    return await readFile(file);
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    throw new FerlabError(
      'model',
      `${file}: expected a model file of Keras or ONNX, found ${foundInstead(error, { path: file })}. Check the path.`,
      { cause: error },
    );
  }
}

/**
 * @param size of its images, where the file leaves it open.
 * @throws FerlabError `model` where the file is missing or damaged.
 */
export async function openForeign(file: string, size: Size): Promise<ForeignModel> {
  const bytes = await readBytes(file);
  if (isKerasFile(bytes) || /\.(keras|h5|hdf5)$/i.test(file))
    return kerasModel(await readKerasFile(bytes, file), size);
  return onnxModel(await readOnnx(bytes, file), size);
}

function kerasModel(file: KerasFile, size: Size): ForeignModel {
  const own = ownMetadata(file);
  return {
    classes: own?.classes ?? null,
    scalesItself: () =>
      convertKeras(file.model, file.weights, file.origin, { scaling: null, size }).scalesItself,
    restored() {
      const bytes = own === null ? null : restoreOwn(file, own);
      if (own === null || bytes === null) return null;
      const note =
        'The file is one that ferlab exported: its network, classes and calibration are as they were.';
      return { bytes, metadata: own, notes: [note] };
    },
    encode: async (classes, scaling) =>
      encodeKeras(file, kerasNetwork(file, scaling, size), { classes, scaling }),
  };
}

function onnxModel(file: OnnxFile, size: Size): ForeignModel {
  return {
    classes: null,
    scalesItself: () => false,
    restored: () => null,
    async encode(classes, scaling) {
      if (scaling === null) throw missingScaling(file.where);
      return encodeOnnx(file, classes, scaling, size);
    },
  };
}

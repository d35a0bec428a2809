// Opens a detector of faces from a file, or the one that comes with ferlab.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { shorten, show } from '../check-options.js';
import { FerlabError } from '../errors.js';
import type { FaceDetector } from '../faces/detector.js';
import { openFaceDetector as openFromBytes } from '../faces/open-detector.js';
import { foundInstead } from '../files/read-error.js';
import { packageFile } from '../package-files.js';
import type { LoadOptions } from '../predict/model.js';

/** Whether the package has a detector. */
export function hasBundledDetector(): boolean {
  try {
    return existsSync(packageFile('models/faces.onnx'));
  } catch {
    return false;
  }
}

/**
 * Opens a detector of faces.
 *
 * @param model the path of an ONNX file, or its bytes, in YuNet's form: input BGR, 0 to 255, [1, 3, height, width]; outputs
 *   cls_S, obj_S, bbox_S and kps_S for the strides S of 8, 16 and 32. Default: the detector that comes with ferlab.
 * @throws FerlabError `model` where it is no such file; `device` where the device can't be used; `usage` for wrong options.
 */
export async function openFaceDetector(
  model?: string | Uint8Array | ArrayBuffer,
  options: LoadOptions = {},
): Promise<FaceDetector> {
  if (model instanceof Uint8Array || model instanceof ArrayBuffer) return openFromBytes(model, options);
  const file = model ?? packageFile('models/faces.onnx');
  if (typeof file !== 'string') {
    throw new FerlabError(
      'usage',
      `openFaceDetector: expected the path of a detector's file, or its bytes; got ${show(model)}.`,
    );
  }
  const name = shorten(file);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new FerlabError(
      'model',
      `${name}: expected the ONNX file of a face detector, found ${foundInstead(error)}. Check the path.`,
      { cause: error },
    );
  }
  return openFromBytes(bytes, { ...options, name });
}

// Opens a detector of faces from the bytes of its file, in Node and in a page.

import { checkOptions, oneOf, show, text, threadCount } from '../check-options.js';
import { devices } from '../engine/runtime/device.js';
import { FerlabError } from '../errors.js';
import type { LoadOptions } from '../predict/model.js';
import type { FaceDetector } from './detector.js';
import { openSingleStage } from './single-stage.js';

export interface OpenDetectorOptions extends LoadOptions {
  /** Stands for the detector in messages. */
  name?: string | undefined;
}

/**
 * Opens a detector of faces.
 *
 * @param model the bytes of an ONNX file in YuNet's form: input BGR, 0 to 255, [1, 3, height, width]; outputs cls_S, obj_S,
 *   bbox_S and kps_S for the strides S of 8, 16 and 32 (github.com/ShiqiYu/libfacedetection.train).
 * @throws FerlabError `model` where the bytes are no such file; `device` where the device can't be used; `usage` for wrong
 *   options.
 */
export async function openFaceDetector(
  model: Uint8Array | ArrayBuffer,
  options: OpenDetectorOptions = {},
): Promise<FaceDetector> {
  checkOptions('openFaceDetector', options, { threads: threadCount, device: oneOf(devices), name: text });
  const bytes = model instanceof ArrayBuffer ? new Uint8Array(model) : model;
  if (!(bytes instanceof Uint8Array)) {
    throw new FerlabError(
      'usage',
      `openFaceDetector: expected the bytes of a detector's file (Uint8Array, ArrayBuffer), got ${show(bytes)}.`,
    );
  }
  const { name = 'the face detector', ...rest } = options;
  return openSingleStage(bytes, name, rest);
}

// Opens a detector of faces from files, or one of those that come with ferlab.

import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { shorten, show } from '../check-options.js';
import { FerlabError } from '../errors.js';
import type { FaceDetector } from '../faces/detector.js';
import { type DetectorModel, openFaceDetector as openFromBytes } from '../faces/open-detector.js';
import { foundInstead } from '../files/read-error.js';
import type { LoadOptions } from '../predict/model.js';
import {
  cascadeName,
  readBundledCascade,
  readBundledDetector,
  readBundledPoints,
} from './bundled-detector.js';

/** What a detector is opened from, in a thread or process of its own. */
export interface DetectorBytes {
  /** For messages. */
  name: string;
  model: DetectorModel;
  /** Of the network that refines points. */
  points?: Uint8Array;
}

/** The network that refines the points of faces, of whichever detector; none in a bundle that was copied elsewhere. */
async function readPoints(): Promise<{ points?: Uint8Array }> {
  try {
    return { points: await readBundledPoints() };
  } catch (error) {
    if (error instanceof FerlabError && error.kind === 'io') return {};
    throw error;
  }
}

/**
 * Opens a detector of faces. The points of its faces are refined by the network that comes with ferlab.
 *
 * @param model the path of an ONNX file, or its bytes, in YuNet's form: input BGR, 0 to 255, [1, 3, height, width]; outputs
 *   cls_S, obj_S, bbox_S and kps_S for the strides S of 8, 16 and 32. Or an MTCNN as ferlab trains it: the path of a folder
 *   with pnet.onnx, rnet.onnx and onet.onnx, or their bytes; `mtcnn` is the one that comes with ferlab. Default: the
 *   single-stage detector that comes with ferlab.
 * @throws FerlabError `model` where it is no such file; `device` where the device can't be used; `usage` for wrong options.
 */
export async function openFaceDetector(
  model?: string | DetectorModel,
  options: LoadOptions = {},
): Promise<FaceDetector> {
  if (typeof model === 'object') return openFromBytes(model, { ...options, ...(await readPoints()) });
  const { model: bytes, ...read } = await readDetector(model);
  return openFromBytes(bytes, { ...options, ...read });
}

/**
 * The bytes of a detector and of the network that refines its points, and what messages call it.
 *
 * @param place as for openFaceDetector.
 * @throws FerlabError `model` where it can't be read.
 */
export async function readDetector(place?: string): Promise<DetectorBytes> {
  const points = await readPoints();
  if (place === undefined)
    return { name: 'the face detector of ferlab', model: await readBundledDetector(), ...points };
  if (typeof place !== 'string') {
    throw new FerlabError(
      'usage',
      `openFaceDetector: expected the path of a detector, or the bytes of its files; got ${show(place)}.`,
    );
  }
  const name = shorten(place);
  if (place === cascadeName) return { name, model: await readBundledCascade(), ...points };
  return { name, model: isFolder(place) ? await readStages(place) : await read(place), ...points };
}

async function readStages(folder: string): Promise<DetectorModel> {
  const stage = (file: string) => read(path.join(folder, file));
  const [pnet, rnet, onet] = await Promise.all(['pnet.onnx', 'rnet.onnx', 'onet.onnx'].map(stage));
  return { pnet: pnet!, rnet: rnet!, onet: onet! };
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new FerlabError(
      'model',
      `${shorten(file)}: expected the ONNX file of a face detector, found ${foundInstead(error)}. Check the path.`,
      { cause: error },
    );
  }
}

// Opens a detector of faces from the bytes of its file or files, in Node and in a page.

import { checkOptions, type OptionRules, oneOf, show, text, threadCount } from '../check-options.js';
import { devices } from '../engine/runtime/device.js';
import { FerlabError } from '../errors.js';
import type { LoadOptions } from '../predict/model.js';
import { openCascade } from './cascade.js';
import { type CascadeFiles, cascadeStages } from './cascade-file.js';
import type { FaceDetector } from './detector.js';
import { openPointRefiner, withRefinedPoints } from './refine-points.js';
import { openSingleStage } from './single-stage.js';

export interface OpenDetectorOptions extends LoadOptions {
  /** Stands for the detector in messages. */
  name?: string | undefined;
  /** The bytes of the network that refines the points of faces: models/face-points.onnx. Default: they are the detector's. */
  points?: Uint8Array | ArrayBuffer | undefined;
}

const isBytes = (value: unknown): value is Uint8Array | ArrayBuffer =>
  value instanceof Uint8Array || value instanceof ArrayBuffer;

const rules: OptionRules<OpenDetectorOptions> = {
  threads: threadCount,
  device: oneOf(devices),
  name: text,
  points: { expected: 'the bytes of a file (Uint8Array, ArrayBuffer)', accepts: isBytes },
};

/** What a detector is opened from: the bytes of one file, or of the three files of a cascade. */
export type DetectorModel = Uint8Array | ArrayBuffer | CascadeFiles<Uint8Array | ArrayBuffer>;

/**
 * Opens a detector of faces.
 *
 * @param model the bytes of an ONNX file in YuNet's form: input BGR, 0 to 255, [1, 3, height, width]; outputs cls_S, obj_S,
 *   bbox_S and kps_S for the strides S of 8, 16 and 32 (github.com/ShiqiYu/libfacedetection.train). Or `{ pnet, rnet, onet }`,
 *   those of the three networks of an MTCNN as ferlab trains it.
 * @throws FerlabError `model` where the bytes are no such file; `device` where the device can't be used; `usage` for wrong
 *   options.
 */
export async function openFaceDetector(
  model: DetectorModel,
  options: OpenDetectorOptions = {},
): Promise<FaceDetector> {
  checkOptions('openFaceDetector', options, rules);
  const { points, ...rest } = options;
  const detector = await openAlone(model, rest);
  if (points === undefined) return detector;
  try {
    const { name: _, ...load } = rest;
    return withRefinedPoints(
      detector,
      await openPointRefiner(asBytes(points), 'the network of points', load),
    );
  } catch (error) {
    await detector.close();
    throw error;
  }
}

/** The detector as its files are, with its own points. */
async function openAlone(
  model: DetectorModel,
  { name, ...rest }: Omit<OpenDetectorOptions, 'points'>,
): Promise<FaceDetector> {
  if (isBytes(model)) return openSingleStage(asBytes(model), name ?? 'the face detector', rest);
  const files = (typeof model === 'object' && model !== null ? model : {}) as Partial<CascadeFiles<unknown>>;
  if (!cascadeStages.every((stage) => isBytes(files[stage]))) {
    throw new FerlabError(
      'usage',
      "openFaceDetector: expected the bytes of a detector's file (Uint8Array, ArrayBuffer), or { pnet, rnet, onet } with those " +
        `of a cascade's; got ${show(model)}.`,
    );
  }
  const bytes = byStage((stage) => asBytes(files[stage] as Uint8Array));
  const where = name === undefined ? '' : `${name}: `;
  return openCascade(
    bytes,
    byStage((stage) => `${where}${stage}.onnx`),
    name ?? 'the face detector',
    rest,
  );
}

const asBytes = (file: Uint8Array | ArrayBuffer): Uint8Array =>
  file instanceof ArrayBuffer ? new Uint8Array(file) : file;

function byStage<Value>(value: (stage: (typeof cascadeStages)[number]) => Value): CascadeFiles<Value> {
  return { pnet: value('pnet'), rnet: value('rnet'), onet: value('onet') };
}

// Recognises the expressions of the faces in photographs: finds them, cuts each out in the position of the faces that the
// model learned from, and shows the model those of many pictures at a time. In Node and in a page alike.

import { checkHooks, checkOptions, loadedModel } from '../check-options.js';
import { toGray } from '../image/gray.js';
import type { Picture } from '../image/rgb.js';
import { type ImageInput, readPicture } from '../predict/image-input.js';
import type { ModelMetadata } from '../predict/metadata.js';
import {
  type ExpressionModel,
  type PredictEvent,
  type Prediction,
  predictPixels,
  throwIfAborted,
} from '../predict/model.js';
import type { Hooks } from '../progress.js';
import { cropFace, cropSide, defaultFaceCrop, type FaceCrop } from './crop.js';
import {
  type DetectOptions,
  defaultMinFace,
  detectRules,
  type FaceDetector,
  faceDetector,
} from './detector.js';
import type { Face } from './face.js';
import { scaledFace } from './find-faces.js';
import { rollOf, turnOf } from './pose.js';
import type { NoAnswer, PictureFaces, PlacedFace, RecognisedFace } from './recognised.js';

/** Faces whose square has a shorter side, in pixels of the picture, get no answer. docs/guides/photographs.md has the figures. */
export const smallestSide = 24;

/** Faces that are turned away further get no answer, where the detector doesn't say; see turnOf. */
const defaultLargestTurn = 0.45;

/** Finds and recognises: both are loaded once and used for many pictures. */
export interface Recogniser<Class extends string = string> {
  detector: FaceDetector;
  model: ExpressionModel<Class>;
}

/** A face that was cut out, or why it wasn't. */
type CutFace = PlacedFace &
  ({ /** Grey, in the network's size. */ readonly pixels: Uint8Array } | { readonly reason: NoAnswer });

/** A picture's faces, ready for the network. The picture itself isn't needed any more. */
export interface CutPicture {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly CutFace[];
}

/** Faces per call of the network. */
const batchSize = 64;

/**
 * The faces of pictures and their expressions.
 *
 * @param images one or many: pixels, or encoded images. One at a time is decoded and searched, so that memory is that of
 *   one.
 * @param options which faces; see DetectOptions.
 * @returns for each picture its faces, highest score of the detector first; none is no error.
 * @throws FerlabError `usage` for what isn't an image and for wrong options; `data` for encoded images that can't be
 *   decoded; `model` where a network answers with what are no numbers; `interrupted` where the signal was aborted.
 */
export function recognise<Class extends string>(
  images: readonly ImageInput[],
  recogniser: Recogniser<Class>,
  options?: DetectOptions,
  hooks?: Hooks<PredictEvent>,
): Promise<PictureFaces<Class>[]>;
export function recognise<Class extends string>(
  image: ImageInput,
  recogniser: Recogniser<Class>,
  options?: DetectOptions,
  hooks?: Hooks<PredictEvent>,
): Promise<PictureFaces<Class>>;
export async function recognise<Class extends string>(
  images: ImageInput | readonly ImageInput[],
  recogniser: Recogniser<Class>,
  options: DetectOptions = {},
  hooks: Hooks<PredictEvent> = {},
): Promise<PictureFaces<Class> | PictureFaces<Class>[]> {
  checkOptions('recognise: recogniser', recogniser, { detector: faceDetector, model: loadedModel });
  checkOptions('recognise', options, detectRules);
  checkHooks('recognise', hooks);
  const list = Array.isArray(images) ? (images as readonly ImageInput[]) : [images as ImageInput];
  const cut: CutPicture[] = [];
  for (const [i, image] of list.entries()) {
    throwIfAborted(hooks.signal);
    const where = Array.isArray(images) ? `recognise: images[${i}]` : 'recognise: image';
    cut.push(await cutFaces(await readPicture(image, where), recogniser, options));
    hooks.onProgress?.({ type: 'predict', done: i + 1 });
  }
  throwIfAborted(hooks.signal);
  const found = await answerFaces(recogniser.model, cut);
  return Array.isArray(images) ? found : found[0]!;
}

/** How a model's faces are cut out. */
export function cropOf({ crop }: Pick<ModelMetadata, 'crop'>): FaceCrop {
  return crop ?? defaultFaceCrop;
}

/** Finds the faces of a picture and cuts them out for the model. */
export async function cutFaces(
  picture: Picture,
  recogniser: { detector: FaceDetector; model: Pick<ExpressionModel, 'inputSize' | 'metadata'> },
  options: DetectOptions,
): Promise<CutPicture> {
  return cutFound(picture, await findInImage(picture, recogniser.detector, options), recogniser);
}

/** The faces of a picture in pixels of its image, in which large pictures are smaller; for `cutFound`. */
export async function findInImage(
  { width, image }: Picture,
  detector: FaceDetector,
  { minFace = defaultMinFace, ...options }: DetectOptions,
): Promise<Face[]> {
  const scale = width / image.width;
  return detector.detect(image, { ...options, minFace: Math.max(1, minFace / scale) });
}

/** Cuts faces that `findInImage` found with this detector out for a model. */
export function cutFound(
  { width, height, image }: Picture,
  found: readonly Face[],
  {
    detector,
    model,
  }: {
    detector: Pick<FaceDetector, 'largestTurn'>;
    model: Pick<ExpressionModel, 'inputSize' | 'metadata'>;
  },
): CutPicture {
  const scale = width / image.width;
  const crop = cropOf(model.metadata);
  const faces = found.map((face): CutFace => {
    const place = {
      ...scaledFace(face, scale),
      roll: rollOf(face.points),
      side: cropSide(face, crop) * scale,
    };
    const reason = reasonForNone(face, crop, detector);
    if (reason !== null) return { ...place, reason };
    const cut = cropFace(image, face, crop, model.inputSize);
    return { ...place, pixels: toGray(cut.data, cut.width, cut.height, 3).data };
  });
  return { width, height, faces };
}

/** Why a face of a picture gets no answer; null where it gets one. */
export function reasonForNone(
  face: Face,
  crop: FaceCrop,
  { largestTurn = defaultLargestTurn }: Pick<FaceDetector, 'largestTurn'>,
): NoAnswer | null {
  if (!(cropSide(face, crop) >= smallestSide)) return 'too small';
  return turnOf(face.points) > largestTurn ? 'too turned' : null;
}

/** Shows the model the faces of these pictures, many at a time. */
export async function answerFaces<Class extends string>(
  model: Pick<ExpressionModel<Class>, 'classes' | 'inputSize' | 'probabilities' | 'answers'>,
  pictures: readonly CutPicture[],
): Promise<PictureFaces<Class>[]> {
  const shown = pictures.flatMap(({ faces }) =>
    faces.flatMap((face) => ('pixels' in face ? [face.pixels] : [])),
  );
  const size = model.inputSize.width * model.inputSize.height;
  const predictions: Prediction<Class>[] = [];
  for (let first = 0; first < shown.length; first += batchSize) {
    const batch = shown.slice(first, first + batchSize);
    const pixels = new Float32Array(batch.length * size);
    for (const [i, face] of batch.entries()) pixels.set(face, i * size);
    predictions.push(...(await predictPixels(model, pixels)));
  }
  let next = 0;
  return pictures.map(({ width, height, faces }) => ({
    width,
    height,
    faces: faces.map((face): RecognisedFace<Class> => {
      if ('reason' in face) return face;
      const { pixels: _, ...place } = face;
      return { ...place, ...predictions[next++]! };
    }),
  }));
}

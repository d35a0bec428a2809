// Finds the faces of pictures: pixels in memory or encoded images, one or many.

import { checkArgument, checkHooks, checkOptions } from '../check-options.js';
import type { Picture } from '../image/rgb.js';
import { type ImageInput, readPicture } from '../predict/image-input.js';
import { throwIfAborted } from '../predict/model.js';
import type { Hooks } from '../progress.js';
import { scaledBox } from './boxes.js';
import {
  type DetectOptions,
  defaultMinFace,
  detectRules,
  type FaceDetector,
  faceDetector,
} from './detector.js';
import type { Face, FacePoints, Point } from './face.js';

/** The faces of one picture. */
export interface FoundFaces {
  /** Of the upright picture, in pixels. */
  width: number;
  height: number;
  /** Highest score first; empty where there is none. */
  faces: Face[];
}

/** Pictures searched so far. */
export interface DetectEvent {
  type: 'detect';
  done: number;
}

/** Pictures that are decoded ahead while one is searched. Each takes its memory at its full size. */
const ahead = 2;

/**
 * Finds the faces of pictures. Encoded ones of more than 25 megapixels are decoded at a smaller size; all coordinates are
 * pixels of the upright picture itself.
 *
 * @param images one or many: pixels, or encoded images. Few are decoded at a time.
 * @throws FerlabError `usage` for what isn't an image and for wrong options; `data` for encoded images that can't be
 *   decoded; `model` where the network answers with what are no numbers; `interrupted` where the signal was aborted.
 */
export function findFaces(
  images: readonly ImageInput[],
  detector: FaceDetector,
  options?: DetectOptions,
  hooks?: Hooks<DetectEvent>,
): Promise<FoundFaces[]>;
export function findFaces(
  image: ImageInput,
  detector: FaceDetector,
  options?: DetectOptions,
  hooks?: Hooks<DetectEvent>,
): Promise<FoundFaces>;
export async function findFaces(
  images: ImageInput | readonly ImageInput[],
  detector: FaceDetector,
  options: DetectOptions = {},
  hooks: Hooks<DetectEvent> = {},
): Promise<FoundFaces | FoundFaces[]> {
  checkArgument('findFaces: detector', detector, faceDetector);
  checkOptions('findFaces', options, detectRules);
  checkHooks('findFaces', hooks);
  const { signal, onProgress } = hooks;
  const isList = Array.isArray(images);
  const list = isList ? (images as readonly ImageInput[]) : [images as ImageInput];
  const decoding: Promise<Picture>[] = [];
  const found: FoundFaces[] = [];
  try {
    for (const i of list.keys()) {
      throwIfAborted(signal);
      for (let next = i + decoding.length; next < Math.min(list.length, i + ahead); next++)
        decoding.push(readPicture(list[next]!, isList ? `findFaces: images[${next}]` : 'findFaces: image'));
      found.push(await findFacesIn(await decoding.shift()!, detector, options));
      onProgress?.({ type: 'detect', done: found.length });
    }
  } finally {
    await Promise.allSettled(decoding);
  }
  return isList ? found : found[0]!;
}

/** The faces of a decoded picture, in pixels of the picture itself. */
export async function findFacesIn(
  { width, height, image }: Picture,
  detector: FaceDetector,
  { minFace = defaultMinFace, ...options }: DetectOptions,
): Promise<FoundFaces> {
  const scale = width / image.width;
  const faces = await detector.detect(image, { ...options, minFace: Math.max(1, minFace / scale) });
  return { width, height, faces: scale === 1 ? faces : faces.map((face) => scaledFace(face, scale)) };
}

/** The face of a picture that was resized by `factor`. */
export function scaledFace({ box, score, points }: Face, factor: number): Face {
  const place = ([x, y]: Point): Point => [x * factor, y * factor];
  return { box: scaledBox(box, factor), score, points: points.map(place) as unknown as FacePoints };
}

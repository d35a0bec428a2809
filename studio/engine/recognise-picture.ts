// A picture's faces as the page shows them: where each is, what the network saw of it, and what one or two models answer.

import { isSearched } from '../../src/faces/faces-choice.js';
import { answerFaces, type CutPicture, cutFound, findInImage } from '../../src/faces/recognise.js';
import type { NoAnswer, PlacedFace } from '../../src/faces/recognised.js';
import { toGray } from '../../src/image/gray.js';
import { resizeGray } from '../../src/image/resize.js';
import type { Picture } from '../../src/image/rgb.js';
import { readPicture } from '../../src/predict/image-input.js';
import type { ExpressionModel, Prediction } from '../../src/predict/model.js';
import { modelOf, theDetector } from './open-models.js';
import type { TaskContext } from './tasks.js';

/** Grey pixels in the size that a network takes. */
export interface SeenFace {
  width: number;
  height: number;
  data: Uint8Array<ArrayBuffer>;
}

/** What one model makes of one face. */
export type FaceAnswer =
  | { prediction: Prediction; reason: null; seen: SeenFace }
  | { prediction: null; reason: NoAnswer; seen: null };

export interface ShownFace {
  /** Null for a picture that was taken whole. */
  place: PlacedFace | null;
  /** By model. */
  answers: FaceAnswer[];
}

export interface ShownPicture {
  /** Of the upright picture, in pixels. */
  width: number;
  height: number;
  /** The models' ids, the classes of each. */
  models: { id: string; classes: readonly string[] }[];
  faces: ShownFace[];
  /** Milliseconds: decoding and finding, then recognising by all models. */
  timing: { find: number; recognise: number };
}

export interface PictureQuestion {
  picture: Blob;
  /** Names it in messages. */
  name: string;
  /** One id, or two to compare. */
  models: readonly string[];
  /** As the command line's --faces. */
  faces: 'auto' | 'find' | 'crop';
  /** Faces that lie sideways or upside down, too. */
  rotations: boolean;
}

export async function recognisePicture(
  { picture: blob, name, models: ids, faces, rotations }: PictureQuestion,
  { threads }: TaskContext,
): Promise<ShownPicture> {
  const begin = performance.now();
  const picture = await readPicture(blob, name);
  const { width, height } = picture;
  const found = isSearched(picture, faces) ? await findInImage(picture, theDetector(), { rotations }) : null;
  const between = performance.now();
  const models: ShownPicture['models'] = [];
  const shown: ShownFace[] = [];
  for (const [m, id] of ids.entries()) {
    const { model } = await modelOf(id, threads);
    models.push({ id, classes: model.classes });
    const answered =
      found === null
        ? [await answerWhole(picture, model)]
        : await answerCut(cutFound(picture, found, { detector: theDetector(), model }), model);
    for (const [f, { place, answer }] of answered.entries()) {
      if (m === 0) shown.push({ place, answers: [] });
      shown[f]!.answers.push(answer);
    }
  }
  const timing = { find: between - begin, recognise: performance.now() - between };
  return { width, height, models, faces: shown, timing };
}

interface Answered {
  place: PlacedFace | null;
  answer: FaceAnswer;
}

/** What a model makes of faces that were cut out for it. */
async function answerCut(cut: CutPicture, model: ExpressionModel): Promise<Answered[]> {
  const [answers] = await answerFaces(model, [cut]);
  return cut.faces.map((face, i): Answered => {
    const { box, score, points, roll, side } = face;
    const place = { box, score, points, roll, side };
    const answer = answers!.faces[i]!;
    if ('reason' in face || 'reason' in answer)
      return {
        place,
        answer: { prediction: null, reason: (face as { reason: NoAnswer }).reason, seen: null },
      };
    const { expression, probabilities, ranking } = answer;
    const prediction = { expression, probabilities, ranking };
    const seen = { ...model.inputSize, data: Uint8Array.from(face.pixels) };
    return { place, answer: { prediction, reason: null, seen } };
  });
}

/** The picture as it is, as the crop of a face. */
async function answerWhole({ image }: Picture, model: ExpressionModel): Promise<Answered> {
  const gray = toGray(image.data, image.width, image.height, 3);
  const { width, height } = model.inputSize;
  const seen = { width, height, data: Uint8Array.from(resizeGray(gray, width, height).data) };
  const prediction = await model.predict({ ...gray, channels: 1 });
  return { place: null, answer: { prediction, reason: null, seen } };
}

// Explains the answers for image files: of photographs every face that is found, of crops the whole picture.

import { checkArgument, checkOptions, oneOf, path as pathRule } from '../check-options.js';
import { type Explainer, type ExplainOptions, type Explanation, openExplainer } from '../explain/explain.js';
import { type ExplainMethod, explainMethods } from '../explain/methods.js';
import { cropFace } from '../faces/crop.js';
import { scaledFace } from '../faces/find-faces.js';
import { cropOf } from '../faces/recognise.js';
import type { NoAnswer, PlacedFace } from '../faces/recognised.js';
import { resizeRgb } from '../image/resize-rgb.js';
import type { RgbImage } from '../image/rgb.js';
import type { ImageSize } from '../image/size.js';
import type { ModelMetadata } from '../predict/metadata.js';
import { bundledModelFile } from '../predict-files/bundled-model.js';
import { readModelFile } from '../predict-files/load-model.js';
import {
  type PredictedPicture,
  type PredictFilesOptions,
  predictPictures,
} from '../predict-files/predict-files.js';
import type { Hooks } from '../progress.js';

/** What was explained of a file. */
export interface FileExplanation {
  file: string;
  /** The face's number in the picture, from 1, and where it is; null for a picture that was taken whole. */
  face: { number: number; of: number; place: PlacedFace } | null;
  explanation: Explanation;
  /** What was explained, in colour, at the size that was asked for. */
  picture: RgbImage;
}

/** A file, or a face in it, of which nothing can be explained. */
export type Unexplained = { file: string; error: string } | { file: string; reason: NoAnswer | 'no face' };

export interface ExplainFilesOptions extends ExplainOptions, Omit<PredictFilesOptions, 'batchSize'> {}

/**
 * Opens a model file to explain its answers.
 *
 * @param file its path; the model that comes with ferlab unless given.
 * @throws FerlabError `model` where the file is missing or not one of this project's.
 */
export async function openExplainerFile(
  file?: string,
  options: { threads?: number | undefined } = {},
): Promise<Explainer> {
  if (file !== undefined) checkArgument('openExplainer: file', file, pathRule);
  const path = file ?? bundledModelFile();
  return openExplainer(await readModelFile(path), { ...options, name: path });
}

/**
 * Explanations in the order of `paths`, which are as those of predictFiles; of a picture with several faces one for each.
 *
 * @param shownSize of the pictures beside the explanations, in pixels.
 * @throws FerlabError as predictFiles and Explainer.explain.
 */
export async function* explainFiles(
  explainer: Explainer,
  paths: readonly string[],
  { method, expression, ...options }: ExplainFilesOptions,
  shownSize: number,
  hooks: Hooks<never> = {},
): AsyncGenerator<FileExplanation | Unexplained, void, undefined> {
  checkOptions('explainFiles', { method, expression }, explainRules(explainer));
  const { signal } = hooks;
  const pictures = predictPictures(explainer.model, paths, options, { signal }, true);
  for await (const picture of pictures) {
    const parts = partsOf(picture, explainer, shownSize);
    for (const part of parts) {
      if (!('input' in part)) {
        yield part;
        continue;
      }
      const { input, ...rest } = part;
      const [explanation] = await explainer.explain([input], { method, expression }, { signal });
      yield { ...rest, explanation: explanation! };
    }
  }
}

const explainRules = ({ model }: Explainer) => ({
  method: oneOf(explainMethods satisfies readonly ExplainMethod[]),
  expression: oneOf(model.classes),
});

interface Part extends Omit<FileExplanation, 'explanation'> {
  input: RgbImage & { channels: 3 };
}

/** The faces of a picture, or the picture itself. */
function partsOf(
  { prediction, image }: PredictedPicture,
  { model }: Explainer,
  shownSize: number,
): (Part | Unexplained)[] {
  const { file } = prediction;
  if ('error' in prediction) return [{ file, error: prediction.error }];
  if (image === null) return [];
  const square = { width: shownSize, height: shownSize };
  if (!('faces' in prediction)) {
    const picture = resizeRgb(image, shownSize, shownSize);
    return [{ file, face: null, picture, input: { ...image, channels: 3 } }];
  }
  if (prediction.faces.length === 0) return [{ file, reason: 'no face' }];
  return prediction.faces.map((place, i): Part | Unexplained => {
    if ('reason' in place) return { file, reason: place.reason };
    const scaled = { ...place, ...scaledFace(place, image.width / prediction.width) };
    const cut = (size: ImageSize) => cutOut(image, scaled, model.metadata, size);
    return {
      file,
      face: { number: i + 1, of: prediction.faces.length, place },
      picture: cut(square),
      input: { ...cut(model.inputSize), channels: 3 },
    };
  });
}

const cutOut = (image: RgbImage, face: PlacedFace, metadata: ModelMetadata, size: ImageSize): RgbImage =>
  cropFace(image, face, cropOf(metadata), size);

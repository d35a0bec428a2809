// Predicts the expressions in image files: photographs, in which faces are looked for, and crops of faces, which are taken
// whole.

import {
  checkArgument,
  checkHooks,
  checkOptions,
  either,
  loadedModel,
  oneOf,
  path as pathRule,
  show,
  wholeNumber,
} from '../check-options.js';
import { FerlabError } from '../errors.js';
import { type DetectOptions, detectRules, type FaceDetector, faceDetector } from '../faces/detector.js';
import { type FacesChoice, facesChoices } from '../faces/faces-choice.js';
import { answerFaces } from '../faces/recognise.js';
import type { PictureFaces } from '../faces/recognised.js';
import type { RgbImage } from '../image/rgb.js';
import {
  type ExpressionModel,
  type PredictEvent,
  type Prediction,
  predictPixels,
  throwIfAborted,
} from '../predict/model.js';
import type { Hooks } from '../progress.js';
import { inOrder } from './in-order.js';
import { type FailedFile, listImages } from './list-images.js';
import { type ReadImage, readFound, startReading } from './read-found.js';

/** What a crop of a face shows, which was taken whole. */
export type CropPrediction<Class extends string = string> = {
  /** The path; for a row of a CSV file the path and the line, `fer2013.csv:12`. */
  file: string;
  /** Why the answer may mean nothing: an image of one grey level shows no face. */
  warning?: string;
} & Prediction<Class>;

/** The faces of a picture that was searched for them. */
export type PicturePrediction<Class extends string = string> = {
  file: string;
  /** Where no face was found in a picture that may be a crop of one: what to do then. */
  warning?: string;
} & PictureFaces<Class>;

/** What one file shows, or why it can't be used. `faces`, `expression` and `error` tell the three apart. */
export type FilePrediction<Class extends string = string> =
  | CropPrediction<Class>
  | PicturePrediction<Class>
  | FailedFile;

export interface PredictFilesOptions extends DetectOptions {
  /** Images per call of the network, up to 4096. Default: 64. */
  batchSize?: number | undefined;
  /**
   * `find` looks for faces in every picture, `crop` takes every one as the crop of a face. `auto`, the default, takes
   * pictures whole whose longer side has at most 128 pixels, and looks for faces in the others.
   */
  faces?: FacesChoice | undefined;
  /** What finds faces: an open detector, or the ONNX file of one. It is loaded when the first picture needs it. */
  detector?: FaceDetector | string | undefined;
}

/**
 * Predictions in the order of `paths`; a folder stands for the images below it, sorted by name, links followed and hidden
 * files and ferlab's own output left out; a CSV file like fer2013.csv stands for its rows. A file that can't be used, or a folder that can't be listed, gives an answer
 * with `error`, and the rest goes on. Faces are cut out, and crops resized, as images are decoded, so that memory doesn't
 * grow with the number of files.
 *
 * @param paths one or many.
 * @throws FerlabError `usage`, at once, for paths or options of the wrong form; `model` where the detector can't be loaded;
 *   `interrupted` where the signal is aborted.
 */
export function predictFiles<Class extends string>(
  model: ExpressionModel<Class>,
  paths: string | readonly string[],
  options: PredictFilesOptions & { faces: 'crop' },
  hooks?: Hooks<PredictEvent>,
): AsyncGenerator<CropPrediction<Class> | FailedFile, void, undefined>;
export function predictFiles<Class extends string>(
  model: ExpressionModel<Class>,
  paths: string | readonly string[],
  options?: PredictFilesOptions,
  hooks?: Hooks<PredictEvent>,
): AsyncGenerator<FilePrediction<Class>, void, undefined>;
export function predictFiles<Class extends string>(
  model: ExpressionModel<Class>,
  paths: string | readonly string[],
  options: PredictFilesOptions = {},
  hooks: Hooks<PredictEvent> = {},
): AsyncGenerator<FilePrediction<Class>, void, undefined> {
  const pictures = predictPictures(model, paths, options, hooks, false);
  return (async function* () {
    for await (const { prediction } of pictures) yield prediction;
  })();
}

/** A prediction with the pixels that it is of. */
export interface PredictedPicture<Class extends string = string> {
  prediction: FilePrediction<Class>;
  /** Null for what couldn't be used, and where pixels aren't asked for. */
  image: RgbImage | null;
}

/** As predictFiles, with the upright picture beside each prediction where `withPixels` says so. */
export function predictPictures<Class extends string>(
  model: ExpressionModel<Class>,
  paths: string | readonly string[],
  options: PredictFilesOptions,
  hooks: Hooks<PredictEvent>,
  withPixels: boolean,
): AsyncGenerator<PredictedPicture<Class>, void, undefined> {
  checkArgument('predictFiles: model', model, loadedModel);
  checkHooks('predictFiles', hooks);
  checkOptions('predictFiles', options, {
    batchSize: wholeNumber(1, 4096),
    faces: oneOf(facesChoices),
    detector: either(faceDetector, pathRule),
    ...detectRules,
  });
  const list = typeof paths === 'string' ? [paths] : paths;
  if (!Array.isArray(list)) {
    throw new FerlabError('usage', `predictFiles: expected a path or a list of paths, got ${show(paths)}.`);
  }
  for (const [i, path] of list.entries()) {
    if (typeof path === 'string') continue;
    const advice = typeof path === 'object' ? ' For images in memory, use the predict of the model.' : '';
    throw new FerlabError('usage', `predictFiles: paths[${i}]: expected a path, got ${show(path)}.${advice}`);
  }
  return predictEach(model, list, options, hooks, withPixels);
}

/** Pictures that are searched are answered after so many: they take long, and somebody may be waiting for the first. */
const picturesAtOnce = 8;
/** Bytes of pixels that wait for their answer. */
const mostPixelBytes = 50_000_000;

async function* predictEach<Class extends string>(
  model: ExpressionModel<Class>,
  paths: readonly string[],
  { batchSize = 64, detector, faces = 'auto', ...detect }: PredictFilesOptions,
  { signal, onProgress }: Hooks<PredictEvent>,
  withPixels: boolean,
): AsyncGenerator<PredictedPicture<Class>, void, undefined> {
  let done = 0;
  let batch: (ReadImage | FailedFile)[] = [];
  const reading = startReading({ model, faces, detect, withPixels }, detector);
  async function* answer(): AsyncGenerator<PredictedPicture<Class>> {
    const predictions = await predictBatch(model, batch);
    batch = [];
    for (const prediction of predictions) {
      throwIfAborted(signal);
      onProgress?.({ type: 'predict', done: ++done });
      yield prediction;
    }
  }
  try {
    const entries = inOrder(listImages(paths), reading.atOnce, (found) => {
      throwIfAborted(signal);
      return readFound(found, reading);
    });
    for await (const entry of entries) {
      batch.push(entry);
      if (isFull(batch, batchSize)) yield* answer();
    }
    if (batch.length > 0) yield* answer();
  } finally {
    await reading.close();
  }
}

function isFull(batch: readonly (ReadImage | FailedFile)[], batchSize: number): boolean {
  if (batch.length >= batchSize) return true;
  const searched = batch.filter((entry) => 'cut' in entry).length;
  const bytes = batch.reduce(
    (sum, entry) => sum + ('error' in entry ? 0 : (entry.image?.data.length ?? 0)),
    0,
  );
  return searched >= picturesAtOnce || bytes >= mostPixelBytes;
}

async function predictBatch<Class extends string>(
  model: ExpressionModel<Class>,
  batch: readonly (ReadImage | FailedFile)[],
): Promise<PredictedPicture<Class>[]> {
  const { width, height } = model.inputSize;
  const crops = batch.filter((entry) => 'pixels' in entry);
  const pixels = new Float32Array(crops.length * width * height);
  crops.forEach((image, i) => {
    pixels.set(image.pixels, i * width * height);
  });
  const predictions = await predictPixels(model, pixels);
  const pictures = await answerFaces(
    model,
    batch.flatMap((entry) => ('cut' in entry ? [entry.cut] : [])),
  );
  let [nextCrop, nextPicture] = [0, 0];
  return batch.map((entry): PredictedPicture<Class> => {
    if ('error' in entry) return { prediction: entry, image: null };
    const { file, warning, image } = entry;
    const answer = 'cut' in entry ? pictures[nextPicture++]! : predictions[nextCrop++]!;
    return { prediction: { file, ...(warning === null ? {} : { warning }), ...answer }, image };
  });
}

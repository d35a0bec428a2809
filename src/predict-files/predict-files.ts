// Predicts the expressions in image files: face crops of any size, or folders of them. The whole image is taken as the
// face: finding faces in photographs isn't part of this.

import { statSync } from 'node:fs';
import { checkArgument, checkHooks, checkOptions, loadedModel, show, wholeNumber } from '../check-options.js';
import { decodeGray } from '../decode/decode.js';
import { DecodeError } from '../decode/decode-error.js';
import type { SampleSource } from '../decode/sample-source.js';
import { FerlabError } from '../errors.js';
import { reasonOf, walkImages } from '../files/walk-images.js';
import { resizeGray } from '../image/resize.js';
import { forEachAtOnce, imagesAtOnce } from '../predict/at-once.js';
import {
  type ExpressionModel,
  type PredictEvent,
  type Prediction,
  throwIfAborted,
  toPredictions,
} from '../predict/model.js';
import type { Hooks } from '../progress.js';

/** A file or folder that can't be used. */
export interface FailedFile {
  file: string;
  error: string;
}

/** What one file shows, or why it can't be used. */
export type FilePrediction<Class extends string = string> =
  | ({
      /** The path; for a row of a CSV file the path and the line, `fer2013.csv:12`. */
      file: string;
      /** Why the answer may mean nothing: an image of one grey level shows no face. */
      warning?: string;
    } & Prediction<Class>)
  | FailedFile;

/** A row of a CSV file. */
interface RowImage {
  file: string;
  source: SampleSource;
}

/** What is predicted, before it is decoded. */
type Found = string | RowImage | FailedFile;

export interface PredictFilesOptions {
  /** Images per call of the network, up to 4096. Default: 64. */
  batchSize?: number | undefined;
}

/**
 * Predictions in the order of `paths`; a folder stands for the images below it, sorted by name, links followed and hidden
 * files and ferlab's own output left out; a CSV file like fer2013.csv stands for its rows. A file that can't be used, or a folder that can't be listed, gives an answer
 * with `error`, and the rest goes on. Images are resized as they are decoded, so that memory grows with the network's
 * input, not with the files.
 *
 * @param paths one or many.
 * @throws FerlabError `usage`, at once, for paths or options of the wrong form; `interrupted` where the signal is aborted.
 */
export function predictFiles<Class extends string>(
  model: ExpressionModel<Class>,
  paths: string | readonly string[],
  options: PredictFilesOptions = {},
  hooks: Hooks<PredictEvent> = {},
): AsyncGenerator<FilePrediction<Class>, void, undefined> {
  checkArgument('predictFiles: model', model, loadedModel);
  checkHooks('predictFiles', hooks);
  checkOptions('predictFiles', options, { batchSize: wholeNumber(1, 4096) });
  const list = typeof paths === 'string' ? [paths] : paths;
  if (!Array.isArray(list)) {
    throw new FerlabError('usage', `predictFiles: expected a path or a list of paths, got ${show(paths)}.`);
  }
  for (const [i, path] of list.entries()) {
    if (typeof path === 'string') continue;
    const advice = typeof path === 'object' ? ' For images in memory, use the predict of the model.' : '';
    throw new FerlabError('usage', `predictFiles: paths[${i}]: expected a path, got ${show(path)}.${advice}`);
  }
  return predictEach(model, list, options.batchSize ?? 64, hooks);
}

async function* predictEach<Class extends string>(
  model: ExpressionModel<Class>,
  paths: readonly string[],
  batchSize: number,
  { signal, onProgress }: Hooks<PredictEvent>,
): AsyncGenerator<FilePrediction<Class>, void, undefined> {
  let done = 0;
  let batch: Found[] = [];
  async function* answer(): AsyncGenerator<FilePrediction<Class>> {
    const predictions = await predictBatch(model, batch, signal);
    batch = [];
    for (const prediction of predictions) {
      throwIfAborted(signal);
      onProgress?.({ type: 'predict', done: ++done });
      yield prediction;
    }
  }
  for await (const found of listImages(paths)) {
    batch.push(found);
    if (batch.length === batchSize) yield* answer();
  }
  if (batch.length > 0) yield* answer();
}

async function predictBatch<Class extends string>(
  model: ExpressionModel<Class>,
  batch: readonly Found[],
  signal: AbortSignal | undefined,
): Promise<FilePrediction<Class>[]> {
  const { width, height } = model.inputSize;
  /** By place in the batch: the image in the network's size, or why there is none. */
  const read: (ReadImage | FailedFile)[] = [];
  await forEachAtOnce(batch.length, imagesAtOnce, async (i) => {
    throwIfAborted(signal);
    const found = batch[i]!;
    read[i] = typeof found === 'object' && 'error' in found ? found : await readImage(found, width, height);
  });
  const usable = read.filter((entry) => 'pixels' in entry);
  const pixels = new Float32Array(usable.length * width * height);
  usable.forEach((image, i) => {
    pixels.set(image.pixels, i * width * height);
  });
  const predictions =
    usable.length > 0 ? toPredictions(model.classes, await model.probabilities(pixels)) : [];
  let next = 0;
  return read.map((entry) => {
    if ('error' in entry) return entry;
    const { file, level } = entry;
    const warning = `expected a face, found an image of one grey level (${level})`;
    return { file, ...(level === null ? {} : { warning }), ...predictions[next++]! };
  });
}

interface ReadImage {
  file: string;
  /** Grey, in the network's size. */
  pixels: Uint8Array;
  /** The grey level of an image that has one alone. */
  level: number | null;
}

async function readImage(
  found: string | RowImage,
  width: number,
  height: number,
): Promise<ReadImage | FailedFile> {
  const { file, source } = typeof found === 'string' ? { file: found, source: found } : found;
  try {
    const image = await decodeGray(source);
    const [first] = image.data;
    const level = image.data.every((value) => value === first) ? first! : null;
    return { file, pixels: resizeGray(image, width, height).data, level };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { file, error: error.reason };
  }
}

/** The files that `paths` stand for. A file that was named is taken whatever it is called. */
async function* listImages(paths: readonly string[]): AsyncGenerator<Found> {
  for (const path of paths) {
    let isFolder: boolean;
    try {
      // Not the asynchronous form: by way of another thread it takes as long as reading and decoding the image.
      isFolder = statSync(path).isDirectory();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      yield {
        file: path,
        error:
          code === 'ENOENT'
            ? 'expected an image, found no such file'
            : `expected a readable file, found ${code}`,
      };
      continue;
    }
    if (isFolder) yield* await listFolderImages(path);
    else if (/\.csv$/i.test(path)) yield* await listRows(path);
    else yield path;
  }
}

/** The images in a file like fer2013.csv, by line. */
async function listRows(path: string): Promise<(RowImage | FailedFile)[]> {
  // Imported when there is such a file: it brings a parser of CSV along.
  const { readFerCsv } = await import('../data/dataset/fer-csv.js');
  const lineOf = (name: string) => Number(name.slice(name.lastIndexOf(':') + 1));
  try {
    const { splits, skipped } = await readFerCsv(path);
    const rows = [...splits.train, ...splits.validation, ...splits.test];
    return [
      ...rows.map(({ file, source }) => ({ line: lineOf(file), source })),
      ...skipped.map(({ file, reason }) => ({ line: lineOf(file), error: reason })),
    ]
      .sort((a, b) => a.line - b.line)
      .map(({ line, ...rest }) => ({ file: `${path}:${line}`, ...rest }));
  } catch (error) {
    if (!(error instanceof FerlabError)) throw error;
    return [{ file: path, error: error.message.replace(`${path}: `, '') }];
  }
}

/** The images below a folder, and what can't be read of it, sorted by name. */
async function listFolderImages(path: string): Promise<(string | FailedFile)[]> {
  const failed: FailedFile[] = [];
  const fail = (file: string, error: string) => failed.push({ file, error });
  const unreadable = (file: string, reason: string) =>
    fail(file, `expected an image or folder that can be read, found: ${reason}`);
  let files: string[] = [];
  let ownOutput = 0;
  try {
    ({ files, ownOutput } = await walkImages(path, (child, reason, kind) => {
      if (kind === 'unreadable') unreadable(child, reason);
      // A name in no format that is read has its reason, and its "expected", already.
      else if (kind === 'image')
        reason.startsWith('expected') ? fail(child, reason) : unreadable(child, reason);
    }));
  } catch (error) {
    unreadable(path, reasonOf(error));
  }
  if (files.length === 0 && failed.length === 0) {
    const found = ownOutput > 0 ? 'found only what ferlab wrote' : 'found none in it';
    return [{ file: path, error: `expected a folder with images, ${found}` }];
  }
  const nameOf = (entry: string | FailedFile) => (typeof entry === 'string' ? entry : entry.file);
  return [...files, ...failed].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

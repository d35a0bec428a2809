// Predicts the expressions in image files: face crops of any size, or folders of them. The whole image is taken as the
// face: finding faces in photographs isn't part of this.

import { statSync } from 'node:fs';
import { decodeGray } from '../decode/decode.js';
import { DecodeError } from '../decode/decode-error.js';
import { reasonOf, walkImages } from '../files/walk-images.js';
import type { GrayImage } from '../image/gray.js';
import type { ExpressionModel, Prediction } from '../predict/model.js';

/** A file or folder that can't be used. */
export interface FailedFile {
  file: string;
  error: string;
}

export type FilePrediction = ({ file: string } & Prediction) | FailedFile;

export interface PredictFilesOptions {
  /** Images per call of the model; default 64. */
  batchSize?: number | undefined;
}

/**
 * Predictions in the order of `paths`; a folder stands for the images below it, sorted by name, links followed and hidden
 * files and ferlab's own output left out. A file that can't be used, or a folder that can't be listed, gives an answer with `error`, and the rest
 * goes on.
 */
export async function* predictFiles(
  model: ExpressionModel,
  paths: readonly string[],
  { batchSize = 64 }: PredictFilesOptions = {},
): AsyncGenerator<FilePrediction, void, undefined> {
  let batch: (string | FailedFile)[] = [];
  for await (const found of listImages(paths)) {
    batch.push(found);
    if (batch.length < batchSize) continue;
    yield* await predictBatch(model, batch);
    batch = [];
  }
  yield* await predictBatch(model, batch);
}

async function predictBatch(
  model: ExpressionModel,
  batch: readonly (string | FailedFile)[],
): Promise<FilePrediction[]> {
  const decoded = await Promise.all(
    batch.map(async (found): Promise<{ file: string; image: GrayImage } | FailedFile> => {
      if (typeof found !== 'string') return found;
      try {
        return { file: found, image: await decodeGray(found) };
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        return { file: found, error: error.reason };
      }
    }),
  );
  const usable = decoded.filter((entry) => 'image' in entry);
  const predictions = usable.length > 0 ? await model.predict(usable.map(({ image }) => image)) : [];
  let next = 0;
  return decoded.map((entry) => ('image' in entry ? { file: entry.file, ...predictions[next++]! } : entry));
}

/** The files that `paths` stand for. A file that was named is taken whatever it is called. */
async function* listImages(paths: readonly string[]): AsyncGenerator<string | FailedFile> {
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
    if (!isFolder) {
      yield path;
      continue;
    }
    yield* await listFolderImages(path);
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

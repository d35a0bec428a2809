// Predicts the expressions in image files: face crops of any size, or folders of them. Finding faces in photographs
// will come before this step; until then the whole image is taken as the face.

import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { imageExtensions } from '../data/class-folder.js';
import { decodeGray } from '../data/decode.js';
import type { GrayImage } from '../image/gray.js';
import type { ExpressionModel, Prediction } from '../predict/model.js';

export type FilePrediction = ({ file: string } & Prediction) | { file: string; error: string };

export interface PredictFilesOptions {
  /** Images per call of the model, 64 unless told. */
  batchSize?: number | undefined;
}

/**
 * Predictions in the order of `paths`; a folder stands for the images below it, sorted by name. A file that can't be
 * used gives an answer with `error`, and the rest goes on.
 */
export async function* predictFiles(
  model: ExpressionModel,
  paths: readonly string[],
  { batchSize = 64 }: PredictFilesOptions = {},
): AsyncGenerator<FilePrediction, void, undefined> {
  let batch: (string | { file: string; error: string })[] = [];
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
  batch: readonly (string | { file: string; error: string })[],
): Promise<FilePrediction[]> {
  const decoded = await Promise.all(
    batch.map(
      async (found): Promise<{ file: string; image: GrayImage } | { file: string; error: string }> => {
        if (typeof found !== 'string') return found;
        try {
          return { file: found, image: await decodeGray(found) };
        } catch (error) {
          return { file: found, error: error instanceof Error ? error.message : String(error) };
        }
      },
    ),
  );
  const usable = decoded.filter((entry) => 'image' in entry);
  const predictions = usable.length > 0 ? await model.predict(usable.map(({ image }) => image)) : [];
  let next = 0;
  return decoded.map((entry) => ('image' in entry ? { file: entry.file, ...predictions[next++]! } : entry));
}

const readable = new Set<string>(imageExtensions.map((extension) => `.${extension}`));

/** The files that `paths` stand for. A file that was named is taken whatever it is called. */
async function* listImages(
  paths: readonly string[],
): AsyncGenerator<string | { file: string; error: string }> {
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
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && readable.has(extname(entry.name).toLowerCase()))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    if (files.length === 0) yield { file: path, error: 'expected a folder with images, found none in it' };
    yield* files;
  }
}

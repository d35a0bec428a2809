// The photographs of a detector's run: label files read, pictures decoded, those for validation apart.

import { resolve } from 'node:path';
import { checkBadShare } from '../../../data/dataset/bad-files.js';
import { openPictures, type PictureStore } from '../../../data/faces/picture-store.js';
import { readBackgrounds, readFaceLabels } from '../../../data/faces/read-labels.js';
import type { LabelledPicture } from '../../../data/faces/types.js';
import { FerlabError } from '../../../errors.js';
import type { TrainHooks } from '../../loop/events.js';
import type { DetectionConfig } from './config.js';

export interface DetectionData {
  training: PictureStore;
  validation: PictureStore;
  close(): Promise<void>;
}

/** Of the pictures, those that validate where no label files are given for that. */
const validationEvery = 20;

async function readAll(files: readonly string[]): Promise<LabelledPicture[]> {
  const pictures = (await Promise.all(files.map(readFaceLabels))).flat();
  const seen = new Map<string, string>();
  for (const { path, file, source } of pictures) {
    const before = seen.get(path);
    if (before !== undefined)
      throw new FerlabError(
        'data',
        `${file}: expected every picture in one label file, found it in ${before} and ${source}. Remove it from one.`,
      );
    seen.set(path, source);
  }
  return pictures;
}

/** @throws FerlabError `data` where labels can't be used, or where a picture trains and validates. */
export async function readPictures({
  labels,
  validation,
  backgrounds,
}: Pick<DetectionConfig['data'], 'labels' | 'validation' | 'backgrounds'>): Promise<{
  training: LabelledPicture[];
  validation: LabelledPicture[];
}> {
  const labelled = await readAll(labels);
  const held =
    validation.length > 0
      ? await readAll(validation)
      : labelled.filter((_, i) => i % validationEvery === validationEvery - 1);
  const heldPaths = new Set(held.map(({ path }) => resolve(path)));
  const both = labelled.filter(({ path }) => heldPaths.has(resolve(path)));
  if (validation.length > 0 && both.length > 0) {
    throw new FerlabError(
      'data',
      `${validation.join(', ')}: expected pictures that aren't trained on, found ${both.length} that are: ` +
        `${both
          .slice(0, 3)
          .map(({ file }) => file)
          .join(', ')}${both.length > 3 ? ', ...' : ''}. Remove them from one of the files.`,
    );
  }
  const empty = backgrounds === null ? [] : await readBackgrounds(backgrounds);
  const training = [...labelled, ...empty].filter(({ path }) => !heldPaths.has(resolve(path)));
  for (const [name, pictures] of [
    ['train', training],
    ['validate', held],
  ] as const) {
    if (pictures.some(({ faces }) => faces.length > 0)) continue;
    throw new FerlabError(
      'data',
      `${labels.join(', ')}: expected pictures with faces to ${name} on, found none. Give more labelled pictures.`,
    );
  }
  return { training, validation: held };
}

export async function openDetectionData(
  { data }: Pick<DetectionConfig, 'data'>,
  hooks: TrainHooks,
): Promise<DetectionData> {
  const pictures = await readPictures(data);
  const total = pictures.training.length + pictures.validation.length;
  const open = (part: readonly LabelledPicture[], before: number): Promise<PictureStore> =>
    openPictures(part, {
      workers: data.workers,
      signal: hooks.signal,
      onProgress: (done) => hooks.onProgress?.({ type: 'decode', done: before + done, total }),
    });
  const training = await open(pictures.training, 0);
  const validation = await open(pictures.validation, pictures.training.length);
  const bad = [...training.bad, ...validation.bad];
  checkBadShare(bad, total, { maxBadShare: data.maxBadShare });
  for (const { file, reason } of bad)
    hooks.onProgress?.({ type: 'warning', message: `${file} is left out: ${reason}` });
  return { training, validation, close: async () => {} };
}

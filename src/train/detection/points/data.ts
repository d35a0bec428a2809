// The photographs of a run that trains points of faces: those with labelled points, decoded, with those for validation apart.

import { checkBadShare } from '../../../data/dataset/bad-files.js';
import { openPictures, type PictureStore } from '../../../data/faces/picture-store.js';
import type { LabelledPicture } from '../../../data/faces/types.js';
import { FerlabError } from '../../../errors.js';
import type { TrainHooks } from '../../loop/events.js';
import { readPictures } from '../single-stage/data.js';
import type { PointConfig } from './config.js';
import { eyeDistance, hasPoints } from './crop-plan.js';

export interface PointData {
  training: PictureStore;
  validation: PictureStore;
  close(): Promise<void>;
}

/** @throws FerlabError `data` where labels can't be used, or have no points. */
export async function openPointData(
  { data }: Pick<PointConfig, 'data'>,
  hooks: TrainHooks,
): Promise<PointData> {
  const read = await readPictures({ ...data, backgrounds: null });
  const training = read.training.filter(({ faces }) => faces.some(hasPoints));
  const validation = read.validation.filter(({ faces }) => faces.some((face) => eyeDistance(face) !== null));
  for (const [files, pictures, what] of [
    [data.labels, training, 'labelled points to train on'],
    [data.validation.length > 0 ? data.validation : data.labels, validation, 'both eyes to validate on'],
  ] as const) {
    if (pictures.length > 0) continue;
    throw new FerlabError(
      'data',
      `${files.join(', ')}: expected faces with ${what}, found none. Fill in the columns of points.`,
    );
  }
  const total = training.length + validation.length;
  const open = (part: readonly LabelledPicture[], before: number): Promise<PictureStore> =>
    openPictures(part, {
      workers: data.workers,
      signal: hooks.signal,
      onProgress: (done) => hooks.onProgress?.({ type: 'decode', done: before + done, total }),
    });
  const stores = { training: await open(training, 0), validation: await open(validation, training.length) };
  const bad = [...stores.training.bad, ...stores.validation.bad];
  checkBadShare(bad, total, { maxBadShare: data.maxBadShare });
  for (const { file, reason } of bad)
    hooks.onProgress?.({ type: 'warning', message: `${file} is left out: ${reason}` });
  return { ...stores, close: async () => {} };
}

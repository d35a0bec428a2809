// The images of one fold as training takes them: it learns from the other folds' images and predicts its own.

import type { AuditImages } from '../../copies/images.js';
import { type ImageStore, openImages } from '../../data/store/store.js';
import { onlyImages } from '../../data/store/subset.js';
import { FerlabError } from '../../errors.js';
import type { Hooks } from '../../progress.js';
import { noExtraSources } from '../../train/classification/extra-sources.js';
import type { TrainingData } from '../../train/classification/training-data.js';
import type { RunConfig } from '../../train/loop/run-config.js';
import type { CountEvent } from '../events.js';

/** Training data of one fold; closing it closes nothing, since the folds share one store. */
export interface FoldData {
  data: TrainingData;
  /** Places in the store of the images that the fold's model predicts. */
  held: number[];
}

/**
 * @param store the images of all folds.
 * @param foldOf for every image its fold, from 0.
 */
export function dataOfFold(
  path: string,
  classes: readonly string[],
  store: ImageStore,
  foldOf: Uint8Array,
  fold: number,
): FoldData {
  const places = Array.from({ length: store.count }, (_, i) => i);
  const held = places.filter((i) => foldOf[i] === fold);
  const training = onlyImages(
    store,
    places.filter((i) => foldOf[i] !== fold),
  );
  const validation = onlyImages(store, held);
  const data: TrainingData = {
    dataset: {
      path,
      classes: [...classes],
      train: { name: 'train', samples: [...training.samples] },
      validation: { name: 'validation', samples: [...validation.samples] },
      others: [],
      skipped: [],
      lost: [],
    },
    training,
    validation,
    bad: [],
    warnings: [],
    fingerprints: { train: training.fingerprint, validation: validation.fingerprint },
    copied: new Set(),
    extra: noExtraSources,
    close: async () => {},
  };
  return { data, held };
}

/**
 * Decodes the images of all splits once more, at the size that the models take.
 *
 * @throws FerlabError `data` where a file has changed since the audit read it, `interrupted`.
 */
export async function openAll(
  path: string,
  images: AuditImages,
  { data }: RunConfig,
  { signal, onProgress }: Hooks<CountEvent>,
): Promise<ImageStore> {
  const store = await openImages(
    images.splits.flatMap((split) => [...split.store.samples]),
    {
      ...data.imageSize,
      workers: data.workers,
      memoryBudget: data.memoryBudget,
      ...(signal === undefined ? {} : { signal }),
      onProgress: (done, total) => onProgress?.({ type: 'decode', done, total }),
    },
  );
  if (store.count === images.count) return store;
  await store.close();
  const { file, reason } = store.bad[0]!;
  throw new FerlabError(
    'data',
    `${path}: expected the files to stay as they are during the audit; ${file} changed (${reason}). Start again.`,
  );
}

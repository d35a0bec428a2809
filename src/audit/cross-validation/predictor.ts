// Predicts every image by a model that hasn't seen it: trains one model per fold on the other folds' images.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditImages } from '../../copies/images.js';
import type { OpenAuditOptions } from '../../copies/open.js';
import { type ImageStore, openImages } from '../../data/store/store.js';
import { onlyImages } from '../../data/store/subset.js';
import { FerlabError } from '../../errors.js';
import { prepareFolder } from '../../files/prepare.js';
import { loadModel } from '../../predict-files/load-model.js';
import type { TrainConfig } from '../../train/config/config.js';
import type { TrainingData } from '../../train/run/training-data.js';
import { labelsAlone } from '../../train/supervision/supervision.js';
import { trainOn } from '../../train/train.js';
import type { OutOfSampleHooks, OutOfSamplePredictor } from '../out-of-sample.js';
import { predictStore } from '../suspects.js';
import { assignFolds } from './folds.js';
import { type CrossValidationOptions, foldConfig } from './options.js';
import { checkWorkFolder, foldFolder, openWorkFolder } from './work-folder.js';

/** Every class must be learnt by each model that predicts images of it, and there must be two. */
function checkFolds(path: string, images: AuditImages, foldOf: Uint8Array): void {
  const folds = images.classes.map(() => new Set<number>());
  images.labels.forEach((label, i) => {
    folds[label]!.add(foldOf[i]!);
  });
  const present = images.classes.filter((_, label) => folds[label]!.size > 0);
  if (present.length < 2) {
    throw new FerlabError(
      'data',
      `${path}: expected images of at least two classes for cross-validation; found ${present.join(', ')} only.`,
    );
  }
  const alone = images.classes.filter((_, label) => folds[label]!.size === 1);
  if (alone.length > 0) {
    throw new FerlabError(
      'data',
      `${path}: expected at least two different pictures of every class for cross-validation; found one (with its ` +
        `copies) of ${alone.join(', ')}. Add images, or remove the class.`,
    );
  }
}

/** What the model of one fold learns from, and what it predicts. Closing it closes nothing: the store is shared. */
function dataOfFold(
  path: string,
  classes: readonly string[],
  store: ImageStore,
  foldOf: Uint8Array,
  fold: number,
) {
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
    },
    training,
    validation,
    bad: [],
    warnings: [],
    fingerprints: { train: training.fingerprint, validation: validation.fingerprint },
    supervision: labelsAlone,
    close: async () => {},
  };
  return { data, held };
}

/** Decodes the images of all splits once more, at the size that the models take. */
async function openAll(
  path: string,
  images: AuditImages,
  { data }: TrainConfig,
  { signal, onProgress }: OutOfSampleHooks,
): Promise<ImageStore> {
  const store = await openImages(
    images.splits.flatMap((split) => [...split.store.samples]),
    {
      ...data.imageSize,
      workers: data.workers,
      memoryBudget: data.memoryBudget,
      ...(signal === undefined ? {} : { signal }),
      onProgress: (done, total) => onProgress?.('decode', done, total),
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

/**
 * Makes what an audit needs to judge labels by cross-validation.
 *
 * @param path of the dataset.
 * @param machine.workers threads that decode and augment; one less than the cores, at most 8, unless told.
 * @param machine.memoryBudget bytes that the decoded images may take beside those that are audited; 1 GiB unless told.
 * @throws FerlabError `usage`, before any work, for settings that can't be used. Its `prepare` and `check` throw `usage`
 *   and `io` where the work folder belongs to something else, `check` `data` where there are too few images of a class,
 *   `predict` all of these, `interrupted` and `diverged`.
 */
export function createFoldPredictor(
  path: string,
  options: CrossValidationOptions,
  { workers, memoryBudget }: Pick<OpenAuditOptions, 'workers' | 'memoryBudget'> = {},
): OutOfSamplePredictor {
  const wanted = foldConfig(path, options, workers, memoryBudget);
  const { folds, threads, onProgress: tell = () => {} } = options;
  const command = options.command ?? `ferlab audit ${path} --cross-validate ${folds}`;
  const { seed, epochs } = wanted.train;
  const anyThreads = threads === undefined;

  /** Exact copies alone as `groups` will do for a first check. */
  function divide(images: AuditImages, groups: Int32Array): Uint8Array {
    const foldOf = assignFolds(images.labels, groups, { classes: images.classes.length, folds, seed });
    checkFolds(path, images, foldOf);
    return foldOf;
  }

  async function predictFolds(
    work: string,
    store: ImageStore,
    images: AuditImages,
    foldOf: Uint8Array,
    { signal, onProgress }: OutOfSampleHooks,
  ): Promise<Float32Array> {
    const plan = { folds, fingerprint: store.fingerprint, config: wanted };
    const config = await openWorkFolder(work, plan, { anyThreads });
    const { classes } = images;
    const probabilities = new Float32Array(images.count * classes.length);
    let done = 0;
    for (let f = 0; f < folds; f++) {
      const { data, held } = dataOfFold(path, classes, store, foldOf, f);
      if (held.length === 0) continue;
      const place = { fold: f + 1, folds };
      tell({ type: 'fold', ...place, trainingImages: data.training.count, heldOutImages: held.length });
      const trained = await trainOn(
        data,
        { ...config, run: { out: foldFolder(work, f) } },
        { command, signal, onProgress: (event) => tell({ type: 'training', ...place, event }) },
      );
      if (trained.stopped === 'interrupted') throw new FerlabError('interrupted', 'Stopped.');
      const model = await loadModel(trained.modelFile, { threads: config.train.threads });
      try {
        const places = classes.map((name) => model.classes.indexOf(name));
        const predicted = await predictStore(data.validation, model, places, (count) => {
          if (signal?.aborted) throw new FerlabError('interrupted', 'Stopped.');
          onProgress?.('model', done + count, images.count);
        });
        let correct = 0;
        held.forEach((image, k) => {
          const row = predicted.subarray(k * classes.length, (k + 1) * classes.length);
          probabilities.set(row, image * classes.length);
          if (row.indexOf(Math.max(...row)) === images.labels[image]) correct++;
        });
        tell({ type: 'predicted', ...place, accuracy: correct / held.length });
      } finally {
        await model.close();
      }
      done += held.length;
    }
    return probabilities;
  }

  return {
    async prepare() {
      if (options.work === undefined) return async () => {};
      await checkWorkFolder(options.work, { folds, config: wanted }, { anyThreads });
      return prepareFolder(options.work);
    },
    async check(images) {
      divide(images, images.firstCopies());
      if (options.work === undefined) return;
      const plan = { folds, fingerprint: images.fingerprint(), config: wanted };
      await checkWorkFolder(options.work, plan, { anyThreads });
    },
    async predict(images, groups, hooks) {
      const foldOf = divide(images, groups);
      const store = await openAll(path, images, wanted, hooks);
      const work = options.work ?? (await mkdtemp(join(tmpdir(), 'ferlab-cross-validation-')));
      try {
        const probabilities = await predictFolds(work, store, images, foldOf, hooks);
        return { probabilities, folds, foldOf, preset: wanted.preset, epochs, seed };
      } catch (error) {
        if (!(error instanceof FerlabError) || error.kind !== 'interrupted') throw error;
        throw new FerlabError('interrupted', howToGoOn(options.work), { cause: error });
      } finally {
        await store.close();
        if (options.work === undefined) await rm(work, { recursive: true, force: true });
      }
    },
  };
}

function howToGoOn(work: string | undefined): string {
  return work === undefined
    ? 'Stopped; nothing was written. With a folder for the models (--work) an interrupted audit can be continued.'
    : `Stopped; finished epochs are kept in ${work}. The same audit with this folder goes on from there.`;
}

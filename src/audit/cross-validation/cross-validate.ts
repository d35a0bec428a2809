// Cross-validation: predicts every image by a model that hasn't seen it. One model per fold is trained on the other folds'
// images; copies of an image are in its fold.

import type { AuditImages } from '../../copies/images.js';
import type { OpenAuditOptions } from '../../copies/open.js';
import type { ImageStore } from '../../data/store/store.js';
import { FerlabError } from '../../errors.js';
import { type ClaimedFolder, claimFolder, temporaryFolder } from '../../files/claim-folder.js';
import { busyFolder } from '../../files/lock.js';
import { argmax } from '../../math/argmax.js';
import { loadModel } from '../../predict-files/load-model.js';
import type { Hooks } from '../../progress.js';
import type { RunConfig } from '../../train/loop/run-config.js';
import { trainOn } from '../../train/train.js';
import type { AuditEvent } from '../events.js';
import type { OutOfSample } from '../judge-labels.js';
import { predictStore } from '../suspects.js';
import { dataOfFold, type FoldData, openAll } from './fold-data.js';
import { assignFolds } from './folds.js';
import { type CrossValidationOptions, foldConfig } from './options.js';
import { checkWorkFolder, foldFolder, openWorkFolder } from './work-folder.js';

/** What to train, fixed before any image is read. */
export interface CrossValidationPlan {
  /** Of the dataset. */
  path: string;
  folds: number;
  /** Of every fold's training. */
  config: RunConfig;
  /** The folder that keeps the models; a temporary one that is removed where it is undefined. */
  work: string | undefined;
  /** The number of the engine's threads wasn't asked for, so that an earlier one may go on. */
  anyThreads: boolean;
  /** How the audit was started, for the runs' configurations. */
  command: string;
}

/**
 * @param path of the dataset.
 * @param machine.workers threads that decode and augment. Default: one less than the cores, at most 8.
 * @param machine.memoryBudget bytes that the decoded images may take beside those that are audited. Default: 1 GiB.
 * @throws FerlabError `usage` for settings that can't be used.
 */
export function planCrossValidation(
  path: string,
  options: CrossValidationOptions,
  { workers, memoryBudget }: Pick<OpenAuditOptions, 'workers' | 'memoryBudget'> = {},
): CrossValidationPlan {
  const { folds, work, threads } = options;
  return {
    path,
    folds,
    config: foldConfig(path, options, workers, memoryBudget),
    work,
    anyThreads: threads === undefined,
    command: options.command ?? `ferlab audit ${path} --cross-validate ${folds}`,
  };
}

/**
 * Makes sure, before any image is decoded, that the models have a place, and that no other audit works there.
 *
 * @returns null where the models aren't kept.
 * @throws FerlabError `usage` or `io` where the work folder holds something else, or another audit works in it.
 */
export async function claimWork(plan: CrossValidationPlan): Promise<ClaimedFolder | null> {
  const { work, folds, config, anyThreads } = plan;
  if (work === undefined) return null;
  await checkWorkFolder(work, { folds, config }, { anyThreads });
  return claimFolder(work, busyFolder(work, 'cross-validating'));
}

/**
 * Refuses images that can't be divided into folds, or others than those of an earlier cross-validation in the work folder.
 * Before the search for copies, which takes long in large sets: so exact copies alone count here.
 *
 * @throws FerlabError `data`, `usage`.
 */
export async function checkImages(plan: CrossValidationPlan, images: AuditImages): Promise<void> {
  const { work, folds, config, anyThreads } = plan;
  divide(plan, images, images.firstCopies());
  if (work === undefined) return;
  await checkWorkFolder(work, { folds, fingerprint: images.fingerprint(), config }, { anyThreads });
}

/** @param groups for every image, the first image of its group: images of one group share a fold. */
function divide({ path, folds, config }: CrossValidationPlan, images: AuditImages, groups: Int32Array) {
  const { seed } = config.train;
  const foldOf = assignFolds(images.labels, groups, { classes: images.classes.length, folds, seed });
  checkFolds(path, images, foldOf);
  return foldOf;
}

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

/**
 * Trains a model per fold, or goes on with those of the work folder, and predicts every image by the model that hasn't
 * seen it.
 *
 * @param groups for every image, the first image of its group: a model that predicts one image of a group has seen none
 *   of it.
 * @throws FerlabError `data`, `usage`, `io`, `diverged`, and `interrupted` with how to go on.
 */
export async function predictOutOfSample(
  plan: CrossValidationPlan,
  images: AuditImages,
  groups: Int32Array,
  hooks: Hooks<AuditEvent>,
): Promise<OutOfSample> {
  const { folds, path, config, work } = plan;
  const foldOf = divide(plan, images, groups);
  const store = await openAll(path, images, config, hooks);
  const temporary = work === undefined ? await temporaryFolder('ferlab-cross-validation-') : null;
  const folder = work ?? temporary!.path;
  try {
    const probabilities = await predictFolds(plan, folder, store, images, foldOf, hooks);
    const { seed, epochs } = config.train;
    return { probabilities, folds, foldOf, preset: config.preset, epochs, seed };
  } catch (error) {
    if (!(error instanceof FerlabError) || error.kind !== 'interrupted') throw error;
    throw new FerlabError('interrupted', howToGoOn(work), { cause: error });
  } finally {
    await store.close();
    await temporary?.remove();
  }
}

/** Probabilities [images, classes] by the dataset's numbering of classes. */
async function predictFolds(
  plan: CrossValidationPlan,
  folder: string,
  store: ImageStore,
  images: AuditImages,
  foldOf: Uint8Array,
  hooks: Hooks<AuditEvent>,
): Promise<Float32Array> {
  const { folds, path, anyThreads, command } = plan;
  const wanted = { folds, fingerprint: store.fingerprint, config: plan.config };
  const config = await openWorkFolder(folder, wanted, { anyThreads });
  const { classes } = images;
  const probabilities = new Float32Array(images.count * classes.length);
  let done = 0;
  for (let f = 0; f < folds; f++) {
    const fold = dataOfFold(path, classes, store, foldOf, f);
    const { data, held } = fold;
    if (held.length === 0) continue;
    const place = { fold: f + 1, folds };
    const counts = { trainingImages: data.training.count, heldOutImages: held.length };
    hooks.onProgress?.({ type: 'fold', ...place, ...counts });
    const { modelFile, stopped } = await trainOn(
      data,
      { ...config, out: foldFolder(folder, f) },
      {
        command,
        signal: hooks.signal,
        report: false, // nobody reads it: the models only predict
        onProgress: (event) => hooks.onProgress?.({ type: 'training', ...place, event }),
      },
    );
    if (stopped === 'interrupted') throw new FerlabError('interrupted', 'Stopped.');
    const predicted = await predictHeldOut(modelFile, config, classes, fold, (count) => {
      if (hooks.signal?.aborted) throw new FerlabError('interrupted', 'Stopped.');
      hooks.onProgress?.({ type: 'predict', done: done + count, total: images.count });
    });
    let correct = 0;
    held.forEach((image, k) => {
      const row = predicted.subarray(k * classes.length, (k + 1) * classes.length);
      probabilities.set(row, image * classes.length);
      if (argmax(row) === images.labels[image]) correct++;
    });
    hooks.onProgress?.({ type: 'predicted', ...place, accuracy: correct / held.length });
    done += held.length;
  }
  return probabilities;
}

async function predictHeldOut(
  modelFile: string,
  config: RunConfig,
  classes: readonly string[],
  { data }: FoldData,
  onBatch: (done: number) => void,
): Promise<Float32Array> {
  const model = await loadModel(modelFile, { threads: config.train.threads });
  try {
    const places = classes.map((name) => model.classes.indexOf(name));
    return await predictStore(data.validation, model, places, onBatch);
  } finally {
    await model.close();
  }
}

function howToGoOn(work: string | undefined): string {
  return work === undefined
    ? 'Stopped; nothing was written. With a folder for the models (--work) an interrupted audit can be continued.'
    : `Stopped; finished epochs are kept in ${work}. The same audit with this folder goes on from there.`;
}

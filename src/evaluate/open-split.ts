// Opens the labelled images that a model is scored or calibrated on.

import { flag, type OptionRules, path, text, wholeNumber } from '../check-options.js';
import { checkBadShare, describeOthers, unusableFiles } from '../data/dataset/bad-files.js';
import { readEvaluationSplit } from '../data/dataset/evaluation-split.js';
import { describeSplit, listClasses } from '../data/dataset/reader.js';
import type { BadFile } from '../data/dataset/types.js';
import { type ImageStore, openImages } from '../data/store/store.js';
import type { ExpressionModel } from '../predict/model.js';
import type { Hooks } from '../progress.js';

export interface SplitOptions {
  /** A dataset, or one folder of class folders. */
  dataset: string;
  /** Which split of a dataset. Default: its validation split. */
  split?: string | undefined;
  /** Fail when any image can't be used. */
  strict?: boolean | undefined;
  /** A file of corrections: images of another class, or of none. */
  overlay?: string | undefined;
}

export const splitRules: OptionRules<SplitOptions> = {
  dataset: path,
  split: text,
  strict: flag,
  overlay: path,
};

/** Images per call of the model. */
export const batchRule = wholeNumber(1, 4096);

export type EvaluateEvent =
  | { type: 'log'; message: string }
  | { type: 'warning'; message: string }
  /** Images read from their files so far. */
  | { type: 'decode'; done: number; total: number }
  /** Images searched for copies in training so far; every pass over them begins at 0 again. */
  | { type: 'search'; done: number; total: number }
  /** Images scored so far. */
  | { type: 'predict'; done: number; total: number }
  /** Images scored under every change so far. */
  | { type: 'change'; done: number; total: number };

export interface OpenedSplit {
  /** To be closed by the caller. */
  store: ImageStore;
  /** Name of the split. */
  name: string;
  /** Files that were left out. */
  bad: BadFile[];
}

/**
 * Reads and decodes a split, labelled by the model's classes and at its size.
 *
 * @throws FerlabError `data` where the images can't be used or their classes aren't the model's, `interrupted`.
 */
export async function openSplit(
  { dataset, split, strict = false, overlay }: SplitOptions,
  { classes, inputSize }: Pick<ExpressionModel, 'classes' | 'inputSize'>,
  hooks: Hooks<EvaluateEvent>,
): Promise<OpenedSplit> {
  const read = await readEvaluationSplit(dataset, {
    classes,
    strict,
    ...(split === undefined ? {} : { split }),
    ...(overlay === undefined ? {} : { overlay }),
  });
  const message = `${describeSplit(read.split, read.classes)} (${read.split.name})`;
  hooks.onProgress?.({ type: 'log', message });
  if (read.corrections !== undefined) hooks.onProgress?.({ type: 'log', message: read.corrections });
  const found = new Set(read.split.samples.map(({ label }) => read.classes[label]!));
  hooks.onProgress?.({ type: 'log', message: `Classes: ${listClasses([...found])}` });
  const store = await openImages(read.split.samples, {
    ...inputSize,
    onProgress: (done, total) => hooks.onProgress?.({ type: 'decode', done, total }),
    ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
  });
  try {
    const lost = [...read.lost, ...store.bad];
    checkBadShare(lost, read.split.samples.length + read.lost.length, { strict });
  } catch (error) {
    await store.close();
    throw error;
  }
  const others = describeOthers(read.skipped);
  if (others !== null) hooks.onProgress?.({ type: 'log', message: others });
  const bad = unusableFiles(read.skipped, store.bad);
  if (bad.length > 0) {
    hooks.onProgress?.({
      type: 'warning',
      message: `${bad.length === 1 ? '1 file' : `${bad.length} files`} can't be used and are not counted.`,
    });
  }
  return { store, name: read.split.name, bad };
}

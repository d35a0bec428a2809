// Evaluates a model file on labelled images from disk.

import { copiesInTraining, sampleKey } from '../copies/copies-in-training.js';
import { type CopyKind, describeLeftOut, type LeftOut } from '../copies/leaks.js';
import type { BadFile } from '../data/dataset/types.js';
import type { ImageStore } from '../data/store/store.js';
import { withoutImages } from '../data/store/subset.js';
import type { Device, DeviceChoice } from '../engine/runtime/device.js';
import { FerlabError } from '../errors.js';
import { chooseDevice } from '../machine/choose-device.js';
import { describeMachine } from '../machine/describe-machine.js';
import type { TestTimeKind } from '../predict/views.js';
import { boxedModelFile } from '../predict-files/bundled-model.js';
import { loadEnsemble } from '../predict-files/load-model.js';
import { writeEvaluationReport } from '../report/report.js';
import { classCounts } from '../scores/class-counts.js';
import type { EvaluationResult } from '../scores/types.js';
import { programVersion } from '../version.js';
import { pictureMistakes } from './mistakes.js';
import { type EvaluateHooks, openSplit, type SplitOptions } from './open-split.js';
import { scoreStore } from './score.js';

export interface EvaluateOptions extends SplitOptions {
  /** The model file; the model that comes with ferlab unless told. */
  model?: string | undefined;
  /** Further model files, whose probabilities are averaged with the model's; none unless told. */
  with?: readonly string[] | undefined;
  /** Test-time augmentation; `none` unless told. */
  tta?: TestTimeKind | undefined;
  /** Leave out images that have copies of this kind in the dataset's training split; none unless told. */
  withoutCopies?: CopyKind | undefined;
  /** Images per call of the model, 64 unless told. */
  batchSize?: number | undefined;
  /** Threads of the engine; its own choice unless told. */
  threads?: number | undefined;
  /** Where the model runs, or `auto` for the fastest device that is here; `cpu` unless told. */
  device?: DeviceChoice | undefined;
  /** Folder for a report with pictures; none unless told. */
  out?: string | undefined;
  /** How the evaluation was started, for the report. */
  command?: string | undefined;
}

export interface Evaluation extends EvaluationResult {
  model: string;
  /** Further model files of an ensemble. */
  with: string[];
  /** Test-time augmentation. */
  tta: TestTimeKind;
  /** Where the model ran. */
  device: Device;
  dataset: string;
  split: string;
  /** What was left out because it stands in the training split too; null where nothing was to be. */
  withoutCopies: LeftOut | null;
  /** Images per second through the model, decoded images in memory. */
  imagesPerSecond: number;
  /** What the models say of their training that has to be known to compare the score. */
  notes: string[];
  /** Files that were left out. */
  badFiles: BadFile[];
}

/**
 * Scores a model on every usable image of a split, or on those without copies in training.
 *
 * @throws FerlabError `model` where a file isn't a model or the models don't go together, `usage` where they can't be
 *   used with the test-time augmentation, `data` where the images can't be used or their classes
 *   aren't the model's.
 */
export async function evaluateModel(
  options: EvaluateOptions,
  hooks: EvaluateHooks = {},
): Promise<Evaluation> {
  const { model: modelFile = boxedModelFile, with: others = [], tta = 'none' } = options;
  const started = performance.now();
  const { device, reason } = await chooseDevice(options.device ?? 'cpu');
  if (reason !== null) hooks.onProgress?.({ type: 'log', message: `Device: ${device} (${reason})` });
  const model = await loadEnsemble([modelFile, ...others], { threads: options.threads, device, tta });
  let store: ImageStore | null = null;
  try {
    const opened = await openSplit(options, model, hooks);
    store = opened.store;
    const all = store.count;
    if (options.withoutCopies !== undefined)
      store = await leaveCopiesOut(store, opened.name, options.dataset, options.withoutCopies, hooks);
    const { result, seconds } = await scoreStore(model, store, {
      batchSize: options.batchSize,
      onProgress: (done, total) => hooks.onProgress?.({ type: 'predict', done, total }),
      signal: hooks.signal,
    });
    const evaluation: Evaluation = {
      model: modelFile,
      with: [...others],
      tta,
      device,
      dataset: options.dataset,
      split: opened.name,
      ...result,
      withoutCopies:
        options.withoutCopies === undefined
          ? null
          : { kind: options.withoutCopies, removed: all - store.count },
      imagesPerSecond: result.n / seconds,
      notes: [...(model.metadata.notes ?? [])],
      badFiles: opened.bad,
    };
    if (options.out !== undefined) {
      await writeReportOf(options.out, options, evaluation, store, (performance.now() - started) / 1000);
    }
    return evaluation;
  } finally {
    await store?.close();
    await model.close();
  }
}

async function leaveCopiesOut(
  store: ImageStore,
  split: string,
  dataset: string,
  kind: CopyKind,
  hooks: EvaluateHooks,
): Promise<ImageStore> {
  const copies = await copiesInTraining(dataset, split, kind, {
    signal: hooks.signal,
    onProgress: (_phase, done, total) => hooks.onProgress?.({ type: 'search', done, total }),
  });
  const places = Array.from(store.samples.keys()).filter((i) => copies.has(sampleKey(store.samples[i]!)));
  if (places.length < store.count) return withoutImages(store, new Set(places));
  throw new FerlabError(
    'data',
    `${dataset}: expected images in ${split} without a copy in training; found that all ${store.count} have one. ` +
      'Score them all, and say so.',
  );
}

async function writeReportOf(
  folder: string,
  options: EvaluateOptions,
  evaluation: Evaluation,
  store: ImageStore,
  seconds: number,
): Promise<void> {
  await writeEvaluationReport(folder, {
    title: 'Evaluation',
    version: programVersion,
    command: options.command ?? `ferlab evaluate ${evaluation.model} ${options.dataset}`,
    model: evaluation.model,
    ensemble: evaluation.with,
    tta: evaluation.tta,
    dataset: {
      path: options.dataset,
      classes: evaluation.classes,
      counts: { [evaluation.split]: classCounts(evaluation.classes, store.labels) },
      badFiles: evaluation.badFiles,
    },
    split: evaluation.split,
    machine: describeMachine(evaluation.device),
    evaluation,
    timing: {
      seconds,
      imagesPerSecond: evaluation.imagesPerSecond,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    },
    mistakes: await pictureMistakes(store, evaluation.mistakes),
    notes: [
      ...evaluation.notes,
      ...(evaluation.withoutCopies ? [describeLeftOut(evaluation.withoutCopies)] : []),
    ],
    warnings:
      evaluation.badFiles.length > 0 ? [`${evaluation.badFiles.length} files could not be used.`] : [],
  });
}

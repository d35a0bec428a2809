// Evaluates a model on labelled images from disk.

import {
  checkArgument,
  checkHooks,
  checkOptions,
  either,
  flag,
  listOf,
  loadedModel,
  type OptionRules,
  oneOf,
  path,
  text,
  threadCount,
} from '../check-options.js';
import { copiesInTraining } from '../copies/copies-in-training.js';
import type { CopyEvent } from '../copies/find-copies.js';
import { type CopyKind, describeLeftOut, type LeftOut } from '../copies/leaks.js';
import type { BadFile } from '../data/dataset/types.js';
import type { ImageStore } from '../data/store/store.js';
import { withoutImages } from '../data/store/subset.js';
import { type Device, type DeviceChoice, deviceChoices } from '../engine/runtime/device.js';
import { FerlabError } from '../errors.js';
import { claimFolder } from '../files/claim-folder.js';
import { busyFolder } from '../files/lock.js';
import { chooseDevice } from '../machine/choose-device.js';
import { describeMachine } from '../machine/describe-machine.js';
import type { ExpressionModel } from '../predict/model.js';
import { describeNote } from '../predict/notes.js';
import { type TestTimeKind, testTimeKinds } from '../predict/views.js';
import { bundledModelFile } from '../predict-files/bundled-model.js';
import { loadEnsemble } from '../predict-files/load-model.js';
import type { Hooks } from '../progress.js';
import { classCounts } from '../scores/class-counts.js';
import type { Robustness } from '../scores/robustness.js';
import type { EvaluationResult } from '../scores/types.js';
import { programVersion } from '../version.js';
import { pictureMistakes } from './mistakes.js';
import { batchRule, type EvaluateEvent, openSplit, type SplitOptions, splitRules } from './open-split.js';
import { measureRobustness } from './robustness.js';
import { scoreStore } from './score.js';

/** Options that say which model files to load, and how. A model that is loaded already takes none of them. */
interface ModelFileOptions {
  /** Further model files, whose probabilities are averaged with the model's. Default: none. */
  with?: readonly string[] | undefined;
  /** Test-time augmentation. Default: `none`. */
  tta?: TestTimeKind | undefined;
  /** Threads of the engine. Default: the engine's choice. */
  threads?: number | undefined;
  /** Where the model runs; `auto` takes the fastest device of this machine. Default: `cpu`. */
  device?: DeviceChoice | undefined;
}

export interface EvaluateOptions extends SplitOptions, ModelFileOptions {
  /**
   * The model file, or a loaded model: also one with test-time augmentation, or an ensemble. A loaded model stays open.
   * Default: the model that comes with ferlab.
   */
  model?: string | ExpressionModel | undefined;
  /** Leave out images that have copies of this kind in the dataset's training split. Default: leave none out. */
  withoutCopies?: CopyKind | undefined;
  /** Score every image under some 25 changes, too: smaller, turned, moved, compressed and so on. Default: no. */
  robustness?: boolean | undefined;
  /** Images per call of the model. Default: 64. */
  batchSize?: number | undefined;
  /** Folder for a report with pictures. Default: no report. */
  out?: string | undefined;
  /** How the evaluation was started, for the report. */
  command?: string | undefined;
}

const evaluateRules: OptionRules<EvaluateOptions> = {
  ...splitRules,
  model: either(path, loadedModel),
  with: listOf(path),
  tta: oneOf(testTimeKinds),
  threads: threadCount,
  device: oneOf(deviceChoices),
  withoutCopies: oneOf(['exact', 'near']),
  robustness: flag,
  batchSize: batchRule,
  out: path,
  command: text,
};

export interface Evaluation extends EvaluationResult {
  /** The model file; null for a model that was passed loaded. */
  model: string | null;
  /** Further model files of an ensemble. */
  with: string[];
  /** Test-time augmentation that was asked for; `none` for a loaded model, which may have its own. */
  tta: TestTimeKind;
  /** Where the model ran; null for a loaded model. */
  device: Device | null;
  dataset: string;
  split: string;
  /** How many images were left out for their copies in the training split; null if that wasn't asked for. */
  withoutCopies: LeftOut | null;
  /** What changes of the images do to the answers; null if that wasn't asked for. */
  robustness: Robustness | null;
  /** Images per second through the model, decoded images in memory. */
  imagesPerSecond: number;
  /** What the models' files note about their training that matters when scores are compared. */
  notes: string[];
  /** Files that were left out. */
  badFiles: BadFile[];
}

/** The model to score, and what is known of its files. */
interface OpenedModel extends Pick<Evaluation, 'model' | 'with' | 'tta' | 'device'> {
  loaded: ExpressionModel;
  /** Does nothing for a model that the caller loaded. */
  close(): Promise<void>;
}

/**
 * Scores a model on every usable image of a split, or on those without copies in training.
 *
 * @throws FerlabError `model` where a file isn't a model or the models don't go together, `usage` where they can't be
 *   used with the test-time augmentation, or for options of model files together with a loaded model, `data` where the
 *   images can't be used or their classes aren't the model's.
 */
export async function evaluateModel(
  options: EvaluateOptions,
  hooks: Hooks<EvaluateEvent> = {},
): Promise<Evaluation> {
  checkOptions('evaluate', options, evaluateRules);
  checkArgument('evaluate: dataset', options.dataset, path);
  checkHooks('evaluate', hooks);
  const { out } = options;
  if (out === undefined) return scoreModel(options, hooks);
  // Taken before the work, so that a folder that can't be used is known at once.
  const folder = await claimFolder(out, busyFolder(out, 'writing'));
  try {
    const evaluation = await scoreModel(options, hooks);
    await folder.release();
    return evaluation;
  } catch (error) {
    await folder.undo();
    throw error;
  }
}

async function scoreModel(options: EvaluateOptions, hooks: Hooks<EvaluateEvent>): Promise<Evaluation> {
  const started = performance.now();
  const { loaded, close, ...description } = await openModelToScore(options, hooks);
  let store: ImageStore | null = null;
  try {
    const opened = await openSplit(options, loaded, hooks);
    store = opened.store;
    const all = store.count;
    const { withoutCopies, out } = options;
    if (withoutCopies !== undefined) {
      store = await leaveCopiesOut(options, { name: opened.name, store }, withoutCopies, hooks);
    }
    const { result, seconds } = await scoreStore(loaded, store, {
      batchSize: options.batchSize,
      onProgress: (done, total) => hooks.onProgress?.({ type: 'predict', done, total }),
      signal: hooks.signal,
    });
    const robustness = options.robustness
      ? await measureRobustness(loaded, store, {
          batchSize: options.batchSize,
          onProgress: (done, total) => hooks.onProgress?.({ type: 'change', done, total }),
          signal: hooks.signal,
        })
      : null;
    const evaluation: Evaluation = {
      ...description,
      dataset: options.dataset,
      split: opened.name,
      ...result,
      withoutCopies: withoutCopies === undefined ? null : { kind: withoutCopies, removed: all - store.count },
      robustness,
      imagesPerSecond: result.n / seconds,
      notes: (loaded.metadata.notes ?? []).map(describeNote),
      badFiles: opened.bad,
    };
    if (out !== undefined) {
      await writeReportOf(out, options, evaluation, store, (performance.now() - started) / 1000);
    }
    return evaluation;
  } finally {
    await store?.close();
    await close();
  }
}

async function openModelToScore(
  { model = bundledModelFile(), with: others = [], tta = 'none', threads, device: wanted }: EvaluateOptions,
  hooks: Hooks<EvaluateEvent>,
): Promise<OpenedModel> {
  if (typeof model !== 'string') {
    const given = { with: others.length > 0, tta: tta !== 'none', threads, device: wanted };
    const unused = Object.entries(given).flatMap(([name, value]) => (value ? [name] : []));
    if (unused.length > 0) {
      throw new FerlabError(
        'usage',
        `evaluate: expected a model file for ${unused.join(', ')}, got a loaded model. Load it with these options, ` +
          'or give the path of its file.',
      );
    }
    return { loaded: model, model: null, with: [], tta: 'none', device: null, close: async () => {} };
  }
  const { device, reason } = await chooseDevice(wanted ?? 'cpu');
  if (reason !== null) hooks.onProgress?.({ type: 'log', message: `Device: ${device} (${reason})` });
  const loaded = await loadEnsemble([model, ...others], { threads, device, tta });
  return { loaded, model, with: [...others], tta, device, close: () => loaded.close() };
}

/** The same store without the images that have copies in training. */
async function leaveCopiesOut(
  { dataset, overlay }: SplitOptions,
  split: { name: string; store: ImageStore },
  kind: CopyKind,
  hooks: Hooks<EvaluateEvent>,
): Promise<ImageStore> {
  const search: Hooks<CopyEvent> = {
    signal: hooks.signal,
    onProgress: ({ done, total }) => hooks.onProgress?.({ type: 'search', done, total }),
  };
  const copies = await copiesInTraining(dataset, split, kind, search, overlay);
  if (copies.size < split.store.count) return withoutImages(split.store, copies);
  throw new FerlabError(
    'data',
    `${dataset}: expected images in ${split.name} without a copy in training; found that all ${copies.size} have one. ` +
      'Score them all, and mention it with the score.',
  );
}

async function writeReportOf(
  folder: string,
  options: EvaluateOptions,
  evaluation: Evaluation,
  store: ImageStore,
  seconds: number,
): Promise<void> {
  // Loaded only here: without a report nothing is drawn.
  const { writeEvaluationReport } = await import('../report/report.js');
  await writeEvaluationReport(folder, {
    title: 'Evaluation',
    version: programVersion,
    command: options.command ?? `ferlab evaluate ${evaluation.model ?? 'MODEL'} ${options.dataset}`,
    model: evaluation.model ?? 'a loaded model',
    ensemble: evaluation.with,
    tta: evaluation.tta,
    dataset: {
      path: options.dataset,
      classes: evaluation.classes,
      counts: { [evaluation.split]: classCounts(evaluation.classes, store.labels) },
      badFiles: evaluation.badFiles,
    },
    split: evaluation.split,
    machine: describeMachine(evaluation.device ?? 'device not known'),
    evaluation,
    robustness: evaluation.robustness,
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

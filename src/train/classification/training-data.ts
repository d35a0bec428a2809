// The two splits of a run, read, decoded and checked.

import { findLeaks } from '../../copies/leaks.js';
import {
  checkBadShare,
  checkClassesLeft,
  describeOthers,
  unusableFiles,
} from '../../data/dataset/bad-files.js';
import { describeSplit, listClasses, readDataset } from '../../data/dataset/reader.js';
import type { BadFile, Dataset, Split } from '../../data/dataset/types.js';
import { type ImageStore, openImages } from '../../data/store/store.js';
import { withoutImages } from '../../data/store/subset.js';
import { WorkerPool } from '../../data/store/worker-pool.js';
import { FerlabError } from '../../errors.js';
import { classCounts } from '../../scores/class-counts.js';
import type { TrainHooks } from '../loop/events.js';
import type { RunConfig } from '../loop/run-config.js';
import { type ExtraSources, matchSources, openExtraSources } from './extra-sources.js';

export interface TrainingData {
  dataset: Dataset;
  training: ImageStore;
  validation: ImageStore;
  /** Files that were left out, with the reason. */
  bad: BadFile[];
  /** What is wrong with the data beyond bad files, for people. */
  warnings: string[];
  /** Places of validation images whose pixels are trained on too. */
  copied: ReadonlySet<number>;
  /** SHA-256 of each split's images. */
  fingerprints: { train: string; validation: string };
  extra: ExtraSources;
  close(): Promise<void>;
}

/** Bad files named in a warning; the report lists all. */
const badShown = 5;

/**
 * Reads and decodes both splits, and opens soft labels and teachers.
 *
 * @throws FerlabError `data`, `model` for teachers, or `interrupted`.
 */
export async function openTrainingData(config: RunConfig, hooks: TrainHooks): Promise<TrainingData> {
  const { data, train } = config;
  const { strict, maxBadShare } = data;
  const dataset = await readDataset(data.path ?? undefined, {
    ...(data.train === null ? {} : { train: data.train }),
    ...(data.validation === null ? {} : { validation: data.validation }),
    ...(data.validationSplit === null ? {} : { validationSplit: data.validationSplit }),
    seed: train.seed,
    strict,
    ...(data.overlay === null ? {} : { overlay: data.overlay }),
  });
  const say = (split: Split): void =>
    hooks.onProgress?.({ type: 'log', message: `${describeSplit(split, dataset.classes)} (${split.name})` });
  say(dataset.train);
  say(dataset.validation);
  if (dataset.corrections !== undefined) hooks.onProgress?.({ type: 'log', message: dataset.corrections });
  hooks.onProgress?.({ type: 'log', message: `Classes: ${listClasses(dataset.classes)}` });

  const opened = await openExtraSources(config, dataset);
  const pool = new WorkerPool(data.workers);
  try {
    const total = dataset.train.samples.length + dataset.validation.samples.length;
    const open = (split: Split, before: number): Promise<ImageStore> =>
      openImages(split.samples, {
        ...data.imageSize,
        memoryBudget: data.memoryBudget,
        pool,
        onProgress: (done) => hooks.onProgress?.({ type: 'decode', done: before + done, total }),
        ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
      });
    const decoded = await open(dataset.train, 0);
    const validation = await open(dataset.validation, dataset.train.samples.length);
    const undecodable = [...decoded.bad, ...validation.bad];
    const { lost } = dataset;
    checkBadShare([...lost, ...undecodable], total + lost.length, { strict, maxBadShare });
    const bad = unusableFiles(dataset.skipped, undecodable);
    const others = describeOthers(dataset.skipped);
    if (others !== null) hooks.onProgress?.({ type: 'log', message: others });
    checkClassesLeft(
      dataset.path,
      dataset.classes,
      [
        { name: dataset.train.name, labels: decoded.labels },
        { name: dataset.validation.name, labels: validation.labels },
      ],
      bad,
    );
    if (bad.length > 0) hooks.onProgress?.({ type: 'warning', message: describeBad(bad) });
    const { training, copied, warnings } = handleLeaks(dataset, decoded, validation, data.excludeLeaks);
    warnings.push(...(opened.softLabels?.warnings ?? []));
    for (const message of warnings) hooks.onProgress?.({ type: 'warning', message });
    const extra = matchSources(opened, config, training, dataset.classes.length, hooks);
    return {
      dataset,
      training,
      validation,
      bad,
      warnings,
      copied,
      fingerprints: { train: training.fingerprint, validation: validation.fingerprint },
      extra,
      async close() {
        await opened.teachers?.close();
        await training.close();
        await validation.close();
        await pool.close();
      },
    };
  } catch (error) {
    await opened.teachers?.close();
    await pool.close();
    throw error;
  }
}

/** Warns of validation images that stand in training too, and takes these out of training if asked. */
function handleLeaks(
  dataset: Dataset,
  training: ImageStore,
  validation: ImageStore,
  exclude: boolean,
): Pick<TrainingData, 'training' | 'copied' | 'warnings'> {
  const leaks = findLeaks(training, validation);
  const copied = new Set(leaks.map((leak) => leak.validation));
  if (leaks.length === 0) return { training, copied, warnings: [] };
  const copies = new Set<number>();
  // Validation images of the same pixels share one list, which may be long: blank images, placeholders.
  for (const places of new Set(leaks.map((leak) => leak.training))) for (const i of places) copies.add(i);
  const found = `${leaks.length} of ${validation.count} validation images stand in training too, pixel by pixel`;
  if (!exclude) {
    const advice =
      'Accuracy on them says little about new faces; --exclude-leaks trains without the copies, ferlab audit lists them.';
    return { training, copied, warnings: [`${found}. ${advice}`] };
  }
  const rest = withoutImages(training, copies);
  const missing = dataset.classes.filter((_, label) => !rest.labels.includes(label));
  if (missing.length > 0) {
    throw new FerlabError(
      'data',
      `${dataset.path}: expected training images of every class once copies of validation images are left out; ` +
        `found none of ${missing.join(', ')}. Split the dataset anew, or leave --exclude-leaks out.`,
    );
  }
  const warnings = [`${found}; training goes on without these ${copies.size} copies.`];
  return { training: rest, copied: new Set(), warnings };
}

function describeBad(bad: readonly BadFile[]): string {
  const lines = bad.slice(0, badShown).map(({ file, reason }) => `  ${file}: ${reason}`);
  const rest = bad.length > badShown ? [`  and ${bad.length - badShown} more, listed in report.md`] : [];
  const found = bad.length === 1 ? '1 file' : `${bad.length} files`;
  const without = bad.length === 1 ? 'it' : 'them';
  return [`${found} can't be used; training goes on without ${without}:`, ...lines, ...rest].join('\n');
}

/** Usable images per class by split. */
export function countClasses({
  dataset,
  training,
  validation,
}: TrainingData): Record<string, Record<string, number>> {
  return {
    train: classCounts(dataset.classes, training.labels),
    validation: classCounts(dataset.classes, validation.labels),
  };
}

// Reads and decodes what is audited: all splits of a dataset, or the one there is. Unlike training, the audit accepts
// datasets without a validation split and splits with missing classes.

import { join, resolve } from 'node:path';
import { describePassedOver, unusableFiles } from '../data/dataset/bad-files.js';
import { classNames, readClassFolders, toSamples } from '../data/dataset/class-folder.js';
import { checkClassStructure } from '../data/dataset/class-structure.js';
import { readClassFolder } from '../data/dataset/evaluation-split.js';
import { readFerCsv } from '../data/dataset/fer-csv.js';
import { findLayout, type Layout } from '../data/dataset/layout.js';
import { correctSplits, describeCorrections, readOverlay } from '../data/dataset/overlay.js';
import type { BadFile, PassedOver, Split } from '../data/dataset/types.js';
import { defaultMemoryBudget, openImages } from '../data/store/store.js';
import { WorkerPool } from '../data/store/worker-pool.js';
import { FerlabError } from '../errors.js';
import { imageExtensions } from '../files/walk-images.js';
import type { Hooks } from '../progress.js';
import { AuditImages, type AuditSplit } from './images.js';

/** Side in pixels at which pictures are compared, whatever their own size. */
export const auditSide = 48;

/** One split, read. */
interface AuditedSplit extends Split {
  /** Images beside `samples` that are known by number only: rows of a CSV file without a usable label. */
  damagedRows: number;
}

/** A dataset as it is audited: the training split first. */
export interface AuditDataset {
  /** Absolute. */
  path: string;
  /** Those of all splits together: a split need not have images of each. */
  classes: string[];
  splits: AuditedSplit[];
  skipped: PassedOver[];
  /** What a file of corrections changed, a line for people; absent without one. */
  corrections?: string;
}

export interface OpenAuditOptions {
  /** Threads that decode. Default: one per core, at most 8. */
  workers?: number | undefined;
  /** Bytes that decoded images of all splits may take; larger sets are decoded once per pass. Default: 1 GiB. */
  memoryBudget?: number | undefined;
  /**
   * A split whose images are open already. They are used if they have the size of the audit, and decoded at that size
   * otherwise. Its store stays the caller's to close.
   */
  opened?: AuditSplit | undefined;
}

/**
 * Reads names and labels.
 *
 * @param path a dataset as for training, or one folder of class folders, or a split folder or CSV file without others.
 * @param overlay a file of corrections (data/dataset/overlay.ts).
 * @throws FerlabError (data) where there is nothing to audit.
 */
export async function readAuditDataset(path: string, overlay?: string): Promise<AuditDataset> {
  const dataset = await readAsItIs(path);
  if (overlay === undefined) return dataset;
  const corrections = await readOverlay(overlay);
  const { splits, ...counts } = correctSplits(dataset.splits, dataset.classes, corrections);
  return { ...dataset, splits, corrections: describeCorrections(corrections, counts) };
}

async function readAsItIs(path: string): Promise<AuditDataset> {
  const absolute = resolve(path);
  const layout = await findLayout(absolute);
  if (layout.kind === 'csv') {
    const { classes, splits, skipped, skippedBySplit } = await readFerCsv(layout.path);
    const found = (['train', 'validation', 'test'] as const)
      .map((name) => ({ name, samples: splits[name], damagedRows: skippedBySplit[name] }))
      .filter(({ samples }) => samples.length > 0);
    if (found.length > 0) return { path: absolute, classes, splits: found, skipped };
    throw new FerlabError(
      'data',
      `${layout.path}: expected rows of images; found none that can be used. Check that the file is whole.`,
    );
  }
  if (layout.kind === 'splits') return readSplits(absolute, layout);
  const { classes, split, skipped } = await readClassFolder(absolute);
  return { path: absolute, classes, splits: [{ ...split, damagedRows: 0 }], skipped };
}

/** Every split folder, whatever classes each of them has. */
async function readSplits(
  path: string,
  { root, names, unread }: Extract<Layout, { kind: 'splits' }>,
): Promise<AuditDataset> {
  const read = [];
  for (const name of names) read.push({ name, folders: await readClassFolders(join(root, name), root) });
  for (const { folders } of read) checkClassStructure(folders, { chosen: true, training: false });
  const classes = classNames(...read.map(({ folders }) => folders));
  const splits = read.map(({ name, folders }) => ({
    name,
    samples: toSamples(folders, classes, root),
    damagedRows: 0,
  }));
  const skipped = [...read.flatMap(({ folders }) => folders.skipped), ...unread];
  if (splits.some(({ samples }) => samples.length > 0)) return { path, classes, splits, skipped };
  throw new FerlabError(
    'data',
    `${root}: expected class folders with images (${imageExtensions.join(', ')}) in ${names.join(', ')}; ` +
      `found no images.${describePassedOver(skipped)}`,
  );
}

/** Decodes every split, side by side in one pool of workers. */
export async function openAuditImages(
  dataset: AuditDataset,
  { workers, memoryBudget = defaultMemoryBudget, opened }: OpenAuditOptions,
  { signal, onProgress }: Hooks<{ type: 'decode'; done: number; total: number }> = {},
): Promise<{ images: AuditImages; unusable: BadFile[]; close: () => Promise<void> }> {
  const pool = new WorkerPool(workers);
  const samplesOf = ({ name, samples }: AuditedSplit) =>
    name === opened?.name ? opened.store.samples : samples;
  const ready = ({ name }: AuditedSplit) =>
    name === opened?.name && opened.store.width === auditSide && opened.store.height === auditSide;
  const toDecode = dataset.splits.filter((split) => !ready(split));
  const total = toDecode.reduce((sum, split) => sum + samplesOf(split).length, 0);
  const splits: AuditSplit[] = [];
  let before = 0;
  let left = memoryBudget;
  try {
    for (const split of dataset.splits) {
      if (ready(split)) {
        splits.push(opened!);
        left -= opened!.store.kept?.memory.byteLength ?? 0;
        continue;
      }
      const samples = samplesOf(split);
      const store = await openImages(samples, {
        width: auditSide,
        height: auditSide,
        pool,
        memoryBudget: left,
        ...(signal === undefined ? {} : { signal }),
        onProgress: (done) => onProgress?.({ type: 'decode', done: before + done, total }),
      });
      splits.push({ name: split.name, store });
      before += samples.length;
      left -= store.kept?.memory.byteLength ?? 0;
    }
    const unusable = unusableFiles(
      dataset.skipped,
      splits.flatMap(({ store }) => store.bad),
    );
    const images = new AuditImages(splits, dataset.classes);
    if (images.count === 0) {
      const first = unusable[0] ? ` (${unusable[0].file}: ${unusable[0].reason})` : '';
      throw new FerlabError(
        'data',
        `${dataset.path}: expected images; found ${unusable.length} files that can't be used${first}. Repair them.`,
      );
    }
    return { images, unusable, close: () => pool.close() };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

// Reads and decodes what is audited: all splits of a dataset, or the one there is. More lenient than training, which
// needs a validation split and every class in both: a class that is missing somewhere is for the audit to tell.

import { join, resolve } from 'node:path';
import { classNames, readClassFolders, toSamples } from '../data/dataset/class-folder.js';
import { readClassFolder } from '../data/dataset/evaluation-split.js';
import { readFerCsv } from '../data/dataset/fer-csv.js';
import { findLayout, type Layout } from '../data/dataset/layout.js';
import type { BadFile, Split } from '../data/dataset/types.js';
import { defaultMemoryBudget, openImages } from '../data/store/store.js';
import { WorkerPool } from '../data/store/worker-pool.js';
import { FerlabError } from '../errors.js';
import { imageExtensions } from '../files/walk-images.js';
import { AuditImages, type AuditSplit } from './images.js';

/** Side in pixels at which pictures are compared, whatever their own size. */
export const auditSide = 48;

/** One split, read. */
export interface AuditedSplit extends Split {
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
  skipped: BadFile[];
}

export interface OpenAuditOptions {
  /** Threads that decode; one per core, at most 8, unless told. */
  workers?: number | undefined;
  /** Bytes that decoded images of all splits may take; larger sets are decoded once per pass; 1 GiB unless told. */
  memoryBudget?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Reads names and labels.
 *
 * @param path a dataset as for training, or one folder of class folders, or a split folder or CSV file without others.
 * @throws FerlabError (data) where there is nothing to audit.
 */
export async function readAuditDataset(path: string): Promise<AuditDataset> {
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
  const classes = classNames(...read.map(({ folders }) => folders));
  const splits = read.map(({ name, folders }) => ({
    name,
    samples: toSamples(folders, classes, root),
    damagedRows: 0,
  }));
  const skipped = [...read.flatMap(({ folders }) => folders.skipped), ...unread];
  if (splits.some(({ samples }) => samples.length > 0)) return { path, classes, splits, skipped };
  const first = skipped[0] ? ` (${skipped[0].file}: ${skipped[0].reason})` : '';
  throw new FerlabError(
    'data',
    `${root}: expected class folders with images (${imageExtensions.join(', ')}) in ${names.join(', ')}; ` +
      `found no images${first}.`,
  );
}

/** Decodes every split, side by side in one pool of workers. */
export async function openAuditImages(
  dataset: AuditDataset,
  { workers, memoryBudget = defaultMemoryBudget, signal, onProgress }: OpenAuditOptions,
): Promise<{ images: AuditImages; unusable: BadFile[]; close: () => Promise<void> }> {
  const pool = new WorkerPool(workers);
  const total = dataset.splits.reduce((sum, { samples }) => sum + samples.length, 0);
  const splits: AuditSplit[] = [];
  let before = 0;
  let left = memoryBudget;
  try {
    for (const { name, samples } of dataset.splits) {
      const store = await openImages(samples, {
        width: auditSide,
        height: auditSide,
        pool,
        memoryBudget: left,
        ...(signal === undefined ? {} : { signal }),
        onProgress: (done) => onProgress?.(before + done, total),
      });
      splits.push({ name, store });
      before += samples.length;
      left -= store.kept?.memory.byteLength ?? 0;
    }
    const unusable = [...dataset.skipped, ...splits.flatMap(({ store }) => store.bad)];
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

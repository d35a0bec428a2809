// Reads and decodes what is audited: all splits of a dataset, or the one there is. More lenient than training, which
// needs a validation split and every class in both.

import { resolve } from 'node:path';
import { readClassFolder, readEvaluationSplit } from '../data/evaluation-split.js';
import { readFerCsv } from '../data/fer-csv.js';
import { findLayout } from '../data/layout.js';
import { readDataset } from '../data/reader.js';
import { defaultMemoryBudget, openImages } from '../data/store.js';
import type { BadFile, Split } from '../data/types.js';
import { WorkerPool } from '../data/worker-pool.js';
import { FerlabError } from '../errors.js';
import { AuditImages, type AuditSplit } from './images.js';

/** Side in pixels at which pictures are compared, whatever their own size. */
export const auditSide = 48;

/** A dataset as it is audited: the training split first. */
export interface AuditDataset {
  /** Absolute. */
  path: string;
  classes: string[];
  splits: Split[];
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
    const { classes, splits, skipped } = await readFerCsv(layout.path);
    const found = (['train', 'validation', 'test'] as const)
      .map((name) => ({ name, samples: splits[name] }))
      .filter(({ samples }) => samples.length > 0);
    if (found.length > 0) return { path: absolute, classes, splits: found, skipped };
    throw new FerlabError(
      'data',
      `${layout.path}: expected rows of images; found none that can be used. Check that the file is whole.`,
    );
  }
  if (layout.kind === 'splits' && layout.names.length > 1) {
    const { classes, train, validation, others, skipped } = await readDataset(absolute);
    return { path: absolute, classes, splits: [train, validation, ...others], skipped };
  }
  const read =
    layout.kind === 'splits'
      ? await readEvaluationSplit(absolute, { split: 'train' })
      : await readClassFolder(absolute);
  return { path: absolute, classes: read.classes, splits: [read.split], skipped: read.skipped };
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

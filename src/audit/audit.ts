// `ferlab audit` as a function: reads a dataset, looks for what makes scores on it dishonest, and writes what it found.

import { join } from 'node:path';
import {
  type AuditDataset,
  type OpenAuditOptions,
  openAuditImages,
  readAuditDataset,
} from '../copies/open.js';
import { FerlabError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { prepareFolder } from '../files/prepare.js';
import { programVersion } from '../version.js';
import type { CrossValidationOptions } from './cross-validation/options.js';
import { type FindOptions, findAll } from './find.js';
import { toResult } from './result.js';
import { makeSheets, type Sheet } from './sheets.js';
import { classPlaces, type LabellingModel } from './suspects.js';
import { auditMarkdown, suspectsToCsv } from './text.js';
import type { AuditResult } from './types.js';

/** What to audit, and how. */
interface DatasetAuditOptions
  extends Pick<FindOptions, 'signal' | 'onProgress' | 'outOfSample'>,
    Pick<OpenAuditOptions, 'workers' | 'memoryBudget'> {
  /** Folder for audit.json, audit.md, contact sheets and suspect-labels.csv; made where it's missing, files of these names replaced. */
  out?: string | undefined;
  /** A model by which labels are doubted. */
  model?: LabellingModel | undefined;
  /** Its path, for the report. */
  modelFile?: string | undefined;
}

/**
 * Audits a dataset: exact and near duplicates within and across splits, conflicting labels, blank images, images unlike
 * the others, class balance, known layouts; with a model, suspect labels. Nothing of the dataset is changed.
 *
 * @param path a dataset as for training, or one folder of class folders, or a CSV file.
 * @throws FerlabError (data) where there is nothing to audit or the model has other classes, (io), (interrupted).
 *   Classes and folders are checked before any image is decoded.
 */
async function auditDataset(path: string, options: DatasetAuditOptions = {}): Promise<AuditResult> {
  const { out, model, outOfSample } = options;
  const started = performance.now();
  const dataset = await readAuditDataset(path);
  // Whatever would fail after the work, which may take hours, fails before it.
  if (model) classPlaces(dataset.classes, model);
  const undo: (() => Promise<void>)[] = [];
  try {
    if (outOfSample?.prepare) undo.push(await outOfSample.prepare());
    if (out !== undefined) undo.push(await prepareFolder(out));
    return await auditImages(dataset, options, started);
  } catch (error) {
    for (const takeBack of undo.reverse()) await takeBack();
    throw error;
  }
}

async function auditImages(
  dataset: AuditDataset,
  options: DatasetAuditOptions,
  started: number,
): Promise<AuditResult> {
  const { out, model, modelFile, outOfSample, workers, memoryBudget, signal, onProgress } = options;
  const { images, unusable, close } = await openAuditImages(dataset, {
    workers,
    memoryBudget,
    signal,
    onProgress: (done, total) => onProgress?.('decode', done, total),
  });
  try {
    await outOfSample?.check?.(images);
    const findings = await findAll(images, { model, outOfSample, signal, onProgress });
    const result = toResult(findings, {
      dataset,
      images,
      unusable,
      model: model ? (modelFile ?? 'a model') : null,
      version: programVersion,
      seconds: (performance.now() - started) / 1000,
    });
    if (out !== undefined) await writeAudit(out, result, await makeSheets(findings, images));
    return result;
  } finally {
    await close();
  }
}

async function writeAudit(out: string, result: AuditResult, sheets: readonly Sheet[]): Promise<void> {
  for (const { file, png } of sheets) await writeFileAtomically(join(out, file), png);
  await writeFileAtomically(join(out, 'audit.json'), `${JSON.stringify(result, null, 1)}\n`);
  if (result.suspectLabels) {
    await writeFileAtomically(join(out, 'suspect-labels.csv'), suspectsToCsv(result.suspectLabels));
  }
  await writeFileAtomically(join(out, 'audit.md'), auditMarkdown(result, sheets));
}

/** How to audit a dataset. */
export interface AuditOptions extends Omit<DatasetAuditOptions, 'outOfSample'> {
  /** Judges labels by models that are trained without the images that they judge; instead of `model`. Takes long. */
  crossValidation?: CrossValidationOptions | undefined;
}

/**
 * Audits a dataset: exact and near duplicates within and across splits, conflicting labels, blank images, images unlike
 * the others, class balance, known layouts; with a model or with cross-validation, suspect labels. Nothing of the
 * dataset is changed.
 *
 * `await audit('faces', { crossValidation: { folds: 5, work: 'folds' } })` ranks the labels of all splits by confident
 * learning (Northcutt, Jiang and Chuang 2021); an interrupted call with the same `work` goes on where it stopped.
 *
 * @param path a dataset as for training, or one folder of class folders, or a CSV file.
 * @throws FerlabError `data` where there is nothing to audit, the model has other classes, or a class has too few
 *   images for cross-validation; `usage` for options that are out of range or contradict each other; `io`,
 *   `interrupted`, `diverged`.
 */
export async function audit(path: string, options: AuditOptions = {}): Promise<AuditResult> {
  const { crossValidation, ...others } = options;
  if (crossValidation === undefined) return auditDataset(path, others);
  if (others.model !== undefined) {
    throw new FerlabError('usage', 'audit: expected a model or cross-validation, got both. Leave one out.');
  }
  // Loaded only here: an audit without it needs no training code.
  const { createFoldPredictor } = await import('./cross-validation/predictor.js');
  return auditDataset(path, {
    ...others,
    outOfSample: createFoldPredictor(path, crossValidation, others),
  });
}

/** Whether images outside the training split have exact copies in it. */
export function leaks(result: AuditResult): boolean {
  return result.leaks.some(({ exact }) => exact > 0);
}

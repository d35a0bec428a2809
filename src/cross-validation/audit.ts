// The audit with all that it can do: what src/audit finds, and labels judged by models that are trained for it.

import { auditDataset, type AuditOptions as DatasetAuditOptions } from '../audit/audit.js';
import type { AuditResult } from '../audit/types.js';
import { FerlabError } from '../errors.js';
import type { CrossValidationOptions } from './options.js';

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
  const { createFoldPredictor } = await import('./predictor.js');
  return auditDataset(path, {
    ...others,
    outOfSample: createFoldPredictor(path, crossValidation, others),
  });
}

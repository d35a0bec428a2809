// `ferlab audit` as a function: reads a dataset, looks for what makes scores on it dishonest, and writes what it found.

import { join } from 'node:path';
import { createFolder, writeFileAtomically } from '../files/atomic.js';
import { programVersion } from '../version.js';
import { type FindOptions, findAll } from './find.js';
import { type OpenAuditOptions, openAuditImages, readAuditDataset } from './open.js';
import { toResult } from './result.js';
import { makeSheets } from './sheets.js';
import type { LabellingModel } from './suspects.js';
import { auditMarkdown, suspectsToCsv } from './text.js';
import type { AuditResult } from './types.js';

/** What to audit, and how. */
export interface AuditOptions
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
 */
export async function auditDataset(path: string, options: AuditOptions = {}): Promise<AuditResult> {
  const { out, model, modelFile, outOfSample, workers, memoryBudget, signal, onProgress } = options;
  const started = performance.now();
  const dataset = await readAuditDataset(path);
  const { images, unusable, close } = await openAuditImages(dataset, {
    workers,
    memoryBudget,
    signal,
    onProgress: (done, total) => onProgress?.('decode', done, total),
  });
  try {
    const findings = await findAll(images, { model, outOfSample, signal, onProgress });
    const seconds = (performance.now() - started) / 1000;
    const named = model ? (modelFile ?? 'a model') : null;
    const result = toResult(findings, {
      dataset,
      images,
      unusable,
      model: named,
      version: programVersion,
      seconds,
    });
    if (out !== undefined) {
      await createFolder(out);
      const sheets = await makeSheets(findings, images);
      for (const { file, png } of sheets) await writeFileAtomically(join(out, file), png);
      await writeFileAtomically(join(out, 'audit.json'), `${JSON.stringify(result, null, 1)}\n`);
      if (result.suspect_labels) {
        await writeFileAtomically(join(out, 'suspect-labels.csv'), suspectsToCsv(result.suspect_labels));
      }
      await writeFileAtomically(join(out, 'audit.md'), auditMarkdown(result, sheets));
    }
    return result;
  } finally {
    await close();
  }
}

/** Whether images outside the training split have exact copies in it. */
export function leaks(result: AuditResult): boolean {
  return result.leaks.some(({ exact }) => exact > 0);
}

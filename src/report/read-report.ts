// Reads the report.json of a training run, those of earlier versions too: some names were written otherwise then.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FerlabError } from '../errors.js';
import { readHistory } from '../scores/history.js';
import type { ReportData } from './types.js';

/** A report without its pictures, which report.json doesn't hold. */
export type StoredReport = Omit<ReportData, 'augmentedSamples' | 'mistakes'>;

/** Names of version 0.1 before camelCase, by the object that they were in. */
const earlierNames = {
  evaluation: { accuracy_interval: 'accuracyInterval', per_class: 'perClass' },
  change: { cross_fitted: 'crossFitted' },
} as const;

/**
 * @throws FerlabError `data` where `runFolder` isn't that of a finished training run, `io` where its history is damaged.
 */
export async function readReport(runFolder: string): Promise<StoredReport> {
  const file = join(runFolder, 'report.json');
  let report: StoredReport;
  try {
    report = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new FerlabError(
      'data',
      `${file}: expected the report of a finished run, found ${(error as Error).message}. Finish the run first: ferlab train --resume ${runFolder}`,
      { cause: error },
    );
  }
  if (!Array.isArray(report?.history) || report.evaluation?.confusion === undefined) {
    throw new FerlabError('data', `${file}: expected the report of a training run, found another JSON file.`);
  }
  const { evaluation, calibration } = report;
  return {
    ...report,
    history: readHistory(JSON.stringify(report.history), file),
    evaluation: renamed(evaluation, earlierNames.evaluation),
    ...(calibration && {
      calibration: {
        ...calibration,
        ece: renamed(calibration.ece, earlierNames.change),
        loss: renamed(calibration.loss, earlierNames.change),
      },
    }),
  };
}

/** The same object with other names for some of its keys, which keep their order. */
function renamed<T extends object>(object: T, names: Readonly<Record<string, string>>): T {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value])) as T;
}

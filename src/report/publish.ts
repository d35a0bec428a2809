// Writes the report of a finished run again, without pictures of the dataset's images: for publishing results where
// the images themselves may not be passed on. Everything is drawn anew from the run's report.json.

import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FerlabError } from '../errors.js';
import { createFolder } from '../files/atomic.js';
import { writeReport } from './report.js';
import type { ReportData } from './types.js';

const copied = ['config.json', 'history.csv', 'history.json'];

/**
 * @param out created if need be; files of an earlier report in it are replaced.
 * @returns names of the files in `out`.
 * @throws FerlabError `data` where `runFolder` isn't that of a finished run, `io` where `out` can't be written.
 */
export async function publishReport(runFolder: string, out: string): Promise<string[]> {
  const file = join(runFolder, 'report.json');
  let report: Omit<ReportData, 'augmentedSamples' | 'mistakes'>;
  try {
    report = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new FerlabError(
      'data',
      `${file}: expected the report of a finished run, found ${(error as Error).message}. Finish the run first: ferlab train --resume ${runFolder}`,
      { cause: error },
    );
  }
  if (!Array.isArray(report.history) || report.evaluation?.confusion === undefined) {
    throw new FerlabError('data', `${file}: expected the report of a training run, found another JSON file.`);
  }
  await createFolder(out);
  const written = await writeReport(out, { ...report, augmentedSamples: [], mistakes: [] });
  const files = [report.final?.file ?? 'best.onnx', ...copied];
  for (const name of files) await copyFile(join(runFolder, name), join(out, name));
  return [...written, ...files];
}

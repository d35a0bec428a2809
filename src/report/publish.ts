// Writes the report of a finished run again, without pictures of the dataset's images: for publishing results where
// the images themselves may not be passed on. Everything is drawn anew from the run's report.json.

import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolder } from '../files/atomic.js';
import { readReport } from './read-report.js';
import { writeReport } from './report.js';

/** Files of the run that are published beside its report and its model. */
const copied = ['config.json', 'history.csv', 'history.json'];

/**
 * @param out created if need be; files of an earlier report in it are replaced.
 * @returns names of the files in `out`.
 * @throws FerlabError `data` where `runFolder` isn't that of a finished run, `io` where `out` can't be written.
 */
export async function publishReport(runFolder: string, out: string): Promise<string[]> {
  const report = await readReport(runFolder);
  await createFolder(out);
  // A run that was published before may have been stripped of some of them.
  const files = [report.final?.file ?? 'best.onnx', ...copied].filter((name) =>
    existsSync(join(runFolder, name)),
  );
  for (const name of files) await copyFile(join(runFolder, name), join(out, name));
  // Last, since report.md lists the files beside it.
  const written = await writeReport(out, { ...report, augmentedSamples: [], mistakes: [] });
  return [...written, ...files];
}

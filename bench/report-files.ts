// The report's files: benchmarks.json, and benchmarks.md and its figures made from it.

import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '../dist/files/atomic.js';
import { figureSvg } from './figure.js';
import { toMarkdown } from './markdown.js';
import { type BenchmarkReport, reportFormat } from './report.js';

const baseName = 'benchmarks';

/** The report that stands in a folder; an empty one where there is none of this format. */
export async function readReport(folder: string): Promise<BenchmarkReport> {
  const empty: BenchmarkReport = { format: reportFormat, sections: {} };
  try {
    const found: unknown = JSON.parse(await readFile(path.join(folder, `${baseName}.json`), 'utf8'));
    return (found as Partial<BenchmarkReport>).format === reportFormat ? (found as BenchmarkReport) : empty;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return empty;
    throw error;
  }
}

/** Writes them all. @returns the Markdown file's path. */
export async function writeReport(folder: string, report: BenchmarkReport): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFileAtomically(path.join(folder, `${baseName}.json`), `${JSON.stringify(report, null, 1)}\n`);
  for (const { figure } of Object.values(report.sections).flatMap(({ contests }) => contests))
    if (figure !== undefined)
      await writeFileAtomically(path.join(folder, `${figure.name}.svg`), figureSvg(figure));
  const file = path.join(folder, `${baseName}.md`);
  await writeFileAtomically(file, toMarkdown(report));
  return file;
}

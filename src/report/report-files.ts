// The files of a report, drawn first and written then, each atomically, report.md last.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolder, writeFileAtomically } from '../files/atomic.js';
import { svgToPng } from './svg-to-png.js';

/** Contents by name. */
export type Files = Map<string, string | Uint8Array>;

/** Adds a plot as SVG and as PNG. */
export async function addPlot(files: Files, name: string, svg: string): Promise<void> {
  files.set(`${name}.svg`, svg);
  files.set(`${name}.png`, await svgToPng(svg));
}

/**
 * Writes the files of a report, its data as report.json and its text.
 *
 * @param markdown the text, from the names of all files of the folder.
 * @returns names of the files written.
 * @throws FerlabError of kind `io`.
 */
export async function writeAll(
  folder: string,
  files: Files,
  json: object,
  markdown: (names: readonly string[]) => string,
): Promise<string[]> {
  await createFolder(folder);
  files.set('report.json', `${JSON.stringify(json, null, 2)}\n`);
  for (const [name, content] of files) await writeFileAtomically(join(folder, name), content);
  const there = (await readdir(folder)).filter((name) => !name.startsWith('.') && name !== 'report.md');
  await writeFileAtomically(join(folder, 'report.md'), markdown([...there, 'report.md']));
  return [...files.keys(), 'report.md'];
}

// Finds out what a path holds: split folders, one folder of class folders, or a CSV file like fer2013.csv; itself or
// one level down, as in Kaggle's archives. Nothing is read but names.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FerlabError } from '../errors.js';
import { listOrFail } from './class-folder.js';

/** Names of validation folders, the preferred first. */
const validationNames = ['validation', 'val', 'test'] as const;
const csvNames = ['fer2013.csv', 'icml_face_data.csv'];
/** The remedy that errors about layout name. */
export const howToLayOut =
  'Give a folder with train/ and validation/ (or val/, test/), each holding one folder of images per class; ' +
  'or one folder of class folders with --validation-split; or fer2013.csv.';

/** What a path holds. */
export type Layout =
  | { kind: 'splits'; root: string; names: string[] }
  | { kind: 'csv'; path: string }
  | { kind: 'classes'; root: string };

/** Whether there is a file (or folder) at `path`, links followed. */
export async function isKind(path: string, kind: 'file' | 'folder'): Promise<boolean> {
  try {
    const found = await stat(path);
    return kind === 'file' ? found.isFile() : found.isDirectory();
  } catch {
    return false;
  }
}

async function splitNames(root: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of ['train', ...validationNames]) {
    if (await isKind(join(root, name), 'folder')) names.push(name);
  }
  return names;
}

/** The layout of exactly this folder, not of folders in it; null where it has neither splits nor a CSV file. */
async function layoutOf(root: string): Promise<Layout | null> {
  const names = await splitNames(root);
  if (names.includes('train')) return { kind: 'splits', root, names };
  for (const name of csvNames) {
    if (await isKind(join(root, name), 'file')) return { kind: 'csv', path: join(root, name) };
  }
  return null;
}

/**
 * Finds out what `path` (absolute) holds: itself, or exactly one folder in it.
 *
 * @throws FerlabError (data) when there is nothing, no CSV file, or more than one dataset.
 */
export async function findLayout(path: string): Promise<Layout> {
  if (await isKind(path, 'file')) {
    if (/\.csv$/i.test(path)) return { kind: 'csv', path };
    const found = 'found a file that is not a .csv';
    throw new FerlabError(
      'data',
      `${path}: expected a folder of images or a CSV file; ${found}. ${howToLayOut}`,
    );
  }
  if (!(await isKind(path, 'folder'))) {
    const found = 'found nothing of that name';
    throw new FerlabError(
      'data',
      `${path}: expected a dataset (folder or CSV file); ${found}. Check the path.`,
    );
  }
  const here = await layoutOf(path);
  if (here) return here;
  const below: Layout[] = [];
  for (const entry of await listOrFail(path)) {
    const child = join(path, entry.name);
    const layout = (await isKind(child, 'folder')) ? await layoutOf(child) : null;
    if (layout) below.push(layout);
  }
  if (below.length > 1) {
    const places = below.map((layout) => (layout.kind === 'csv' ? layout.path : layout.root)).join(', ');
    throw new FerlabError(
      'data',
      `${path}: expected one dataset; found ${below.length} (${places}). Give the path of one of them.`,
    );
  }
  return below[0] ?? { kind: 'classes', root: path };
}

// Finds out what a path holds: split folders, one folder of class folders, or a CSV file like fer2013.csv; itself or
// one level down, as in Kaggle's archives. Nothing is read but names.

import type { Dirent } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FerlabError } from '../../errors.js';
import { isImageName, listFolder } from '../../files/walk-images.js';
import { listOrFail } from './class-folder.js';
import type { BadFile, SplitRole } from './types.js';

/** What split folders are called, in any case; the last word of two of them is FER2013's own. */
const splitWords = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'val', 'dev', 'publictest'],
  test: ['test', 'testing', 'privatetest'],
} as const satisfies Record<SplitRole, readonly string[]>;
const splitRoles = ['train', 'validation', 'test'] as const;
const csvNames = ['fer2013.csv', 'icml_face_data.csv'];

/** The remedy that errors about layout name. */
export const howToLayOut =
  'Give a folder with train/ and validation/ (or valid/, val/, dev/, test/), each holding one folder of images per ' +
  'class; or one folder of class folders with --validation-split; or fer2013.csv.';

/** What a path holds. */
export type Layout =
  | {
      kind: 'splits';
      root: string;
      /** Split folders as they are called on disk: the training split first, then validation before test. */
      names: string[];
      /** Folders of class folders beside them whose names are no split's: they are not read, and people are told. */
      unread: BadFile[];
    }
  | { kind: 'csv'; path: string }
  | { kind: 'classes'; root: string };

/** What a split called `name` is for; null where the name is no split's. */
export function splitRole(name: string): SplitRole | null {
  const word = name.toLowerCase();
  return splitRoles.find((role) => splitWords[role].some((other) => other === word)) ?? null;
}

/** Whether there is a file (or folder) at `path`, links followed. */
export async function isKind(path: string, kind: 'file' | 'folder'): Promise<boolean> {
  try {
    const found = await stat(path);
    return kind === 'file' ? found.isFile() : found.isDirectory();
  } catch {
    return false;
  }
}

/** Names of the split folders among the entries of a folder, in the order of Layout. */
async function splitNames(root: string, entries: readonly Dirent[]): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of entries) {
    if (splitRole(name) && (await isKind(join(root, name), 'folder'))) names.push(name);
  }
  return splitRoles.flatMap((role) => names.filter((name) => splitRole(name) === role).sort());
}

/** Two folders of one role leave open which is meant. */
function checkDistinct(root: string, names: readonly string[]): void {
  for (const role of splitRoles) {
    const same = names.filter((name) => splitRole(name) === role);
    if (same.length < 2) continue;
    throw new FerlabError(
      'data',
      `${root}: expected one folder for the ${role} split; found ${same.map((name) => `${name}/`).join(' and ')}. ` +
        'Merge them, or move all but one elsewhere.',
    );
  }
}

/** What is in a folder; nothing where it can't be listed, which is told by whoever reads it. */
async function listIfPossible(path: string): Promise<Dirent[]> {
  try {
    return await listFolder(path);
  } catch {
    return [];
  }
}

/** Whether images lie in a folder, or at most so many levels below it. */
async function holdsImages(path: string, levels: number): Promise<boolean> {
  const entries = await listIfPossible(path);
  if (entries.some((entry) => !entry.isDirectory() && isImageName(entry.name))) return true;
  if (levels === 0) return false;
  for (const entry of entries) {
    if (!entry.isFile() && (await holdsImages(join(path, entry.name), levels - 1))) return true;
  }
  return false;
}

/** Whether a folder holds folders of images, as a split does, and no images, as a class does. */
async function holdsClassFolders(path: string): Promise<boolean> {
  // Two levels: below a class folder there may be folders again, such as one for each person.
  return !(await holdsImages(path, 0)) && (await holdsImages(path, 2));
}

/** Folders beside split folders that look like one. A pool of images that links lead to does not. */
async function findUnread(
  root: string,
  entries: readonly Dirent[],
  names: readonly string[],
): Promise<BadFile[]> {
  const unread: BadFile[] = [];
  for (const { name } of entries.filter((entry) => !entry.isFile())) {
    if (names.includes(name) || !(await holdsClassFolders(join(root, name)))) continue;
    const words = splitRoles.flatMap((role) => splitWords[role]).join(', ');
    unread.push({
      file: name,
      reason: `expected a split's name (${words}); found class folders under another, which are not read`,
    });
  }
  return unread.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** The layout of exactly this folder, not of folders in it; null where it has neither splits nor a CSV file. */
async function layoutOf(root: string, entries: readonly Dirent[]): Promise<Layout | null> {
  const names = await splitNames(root, entries);
  if (names[0] !== undefined && splitRole(names[0]) === 'train') {
    checkDistinct(root, names);
    return { kind: 'splits', root, names, unread: await findUnread(root, entries, names) };
  }
  for (const name of csvNames) {
    if (await isKind(join(root, name), 'file')) return { kind: 'csv', path: join(root, name) };
  }
  return null;
}

/** Refuses split folders that would be taken for classes because none of them is for training. */
async function checkClassFolders(root: string, entries: readonly Dirent[]): Promise<void> {
  const splits: string[] = [];
  for (const name of await splitNames(root, entries)) {
    if (await holdsClassFolders(join(root, name))) splits.push(`${name}/`);
  }
  if (splits.length === 0) return;
  throw new FerlabError(
    'data',
    `${root}: expected a training split (${splitWords.train.join('/ or ')}/) beside ${splits.join(' and ')}, or class ` +
      `folders alone; found none for training. Add it, or give the path of one split: ${join(root, splits[0]!)}.`,
  );
}

/**
 * Finds out what `path` (absolute) holds: itself, or exactly one folder in it.
 *
 * @throws FerlabError (data) when there is nothing, no CSV file, or more than one dataset; when two folders are for the
 *   same split; when there are split folders but none for training.
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
  const entries = await listOrFail(path);
  const here = await layoutOf(path, entries);
  if (here) return here;
  const below: Layout[] = [];
  const folders: [path: string, entries: Dirent[]][] = [[path, entries]];
  for (const { name } of entries) {
    const child = join(path, name);
    if (!(await isKind(child, 'folder'))) continue;
    const inside = await listIfPossible(child);
    const layout = await layoutOf(child, inside);
    if (layout) below.push(layout);
    folders.push([child, inside]);
  }
  if (below.length > 1) {
    const places = below.map((layout) => (layout.kind === 'csv' ? layout.path : layout.root)).join(', ');
    throw new FerlabError(
      'data',
      `${path}: expected one dataset; found ${below.length} (${places}). Give the path of one of them.`,
    );
  }
  if (below[0]) return below[0];
  for (const [folder, inside] of folders) await checkClassFolders(folder, inside);
  return { kind: 'classes', root: path };
}

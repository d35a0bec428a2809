// Finds out what a path holds: split folders, one folder of class folders, or a CSV file like fer2013.csv; itself or
// further down, as in Kaggle's archives. Nothing is read but names.

import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FerlabError } from '../../errors.js';
import { isOwnPicture, ownOutputMark } from '../../files/own-output.js';
import { foundInstead } from '../../files/read-error.js';
import { isImageName, isLeftOut } from '../../files/walk-images.js';
import { listOrFail } from './class-folder.js';
import { describeFile } from './contents.js';
import { isExpressionName } from './emotion-names.js';
import { likelySplitRole, splitRole, splitRoles, splitWords } from './split-names.js';
import type { PassedOver } from './types.js';

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
      /** Folders of class folders beside them whose names are no split's, and images: they are not read, and listed. */
      unread: PassedOver[];
      /** Where there is a training split alone: paths of splits for validation or testing in other folders. */
      elsewhere: string[];
    }
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

/** What is in a folder; nothing where it can't be listed (whoever reads it reports that), or where ferlab wrote it. */
async function listIfPossible(path: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const names = entries.map(({ name }) => name);
    if ((await ownOutputMark(path, names)) !== null) return [];
    return entries.filter(({ name }) => !isLeftOut(name));
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

/** Folders beside split folders that look like one, and images. A folder of images that links lead to is none. */
async function findUnread(
  root: string,
  entries: readonly Dirent[],
  names: readonly string[],
): Promise<PassedOver[]> {
  const unread: PassedOver[] = [];
  const own = await ownOutputMark(
    root,
    entries.map(({ name }) => name),
  );
  for (const { name } of entries.filter((entry) => !entry.isDirectory() && isImageName(entry.name))) {
    if (own !== null && isOwnPicture(name)) continue;
    const reason = `expected images in class folders of ${names.join('/ or ')}/; found one beside ${names.length > 1 ? 'them' : 'it'}`;
    unread.push({ file: name, reason, kind: 'image' });
  }
  for (const { name } of entries.filter((entry) => !entry.isFile())) {
    if (names.includes(name) || !(await holdsClassFolders(join(root, name)))) continue;
    const words = splitRoles.flatMap((role) => splitWords[role]).join(', ');
    unread.push({
      file: name,
      reason: `expected a split's name (${words}); found class folders under another, which are not read`,
      kind: 'folder',
    });
  }
  return unread.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** The layout of exactly this folder, not of folders in it; null where it has neither splits nor a CSV file. */
async function layoutOf(root: string, entries: readonly Dirent[]): Promise<Layout | null> {
  const names = await splitNames(root, entries);
  if (names[0] !== undefined && splitRole(names[0]) === 'train') {
    checkDistinct(root, names);
    return { kind: 'splits', root, names, unread: await findUnread(root, entries, names), elsewhere: [] };
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

/** Whether a layout has images: an empty train/ beside the dataset is none. */
async function hasImages(layout: Layout): Promise<boolean> {
  if (layout.kind !== 'splits') return true;
  for (const name of layout.names) if (await holdsImages(join(layout.root, name), 8)) return true;
  return false;
}

/** Levels below the path in which a dataset is looked for, and the most folders that are listed for it. */
const deepest = 8;
const mostFolders = 5000;

interface ListedFolder {
  path: string;
  entries: Dirent[];
}

/** The folders in some others; links that lead back are left out. */
async function foldersIn(parents: readonly ListedFolder[], seen: Set<string>): Promise<ListedFolder[]> {
  const found: ListedFolder[] = [];
  for (const { path, entries } of parents) {
    for (const { name } of entries) {
      const child = join(path, name);
      if (seen.size >= mostFolders || !(await isKind(child, 'folder'))) continue;
      const real = await realpath(child);
      if (seen.has(real)) continue;
      seen.add(real);
      found.push({ path: child, entries: await listIfPossible(child) });
    }
  }
  return found;
}

const holdsOwnImages = ({ entries }: ListedFolder) =>
  entries.some((entry) => !entry.isDirectory() && isImageName(entry.name));

function severalDatasets(path: string, found: readonly Layout[]): FerlabError {
  const [first] = found;
  const inClasses = found.every(
    (layout) => layout.kind === 'splits' && isExpressionName(basename(layout.root)),
  );
  if (inClasses && first?.kind === 'splits') {
    const name = basename(first.root);
    const [split] = first.names;
    return new FerlabError(
      'data',
      `${path}: expected splits with a folder for each class in them; found ${found.length} classes with splits in ` +
        `them (${name}/${split}, ...). Put the splits outside: ${split}/${name}, ...`,
    );
  }
  const places = found.map((layout) => (layout.kind === 'csv' ? layout.path : layout.root)).join(', ');
  return new FerlabError(
    'data',
    `${path}: expected one dataset; found ${found.length} (${places}). Give the path of one of them.`,
  );
}

/** Adds splits in other folders to a training split that stands alone: `a/train` and `b/test`. */
async function withSplitsElsewhere(layout: Layout, visited: readonly ListedFolder[]): Promise<Layout> {
  if (layout.kind !== 'splits' || layout.names.length > 1) return layout;
  const elsewhere: string[] = [];
  for (const { path, entries } of visited) {
    if (path === layout.root) continue;
    for (const name of await splitNames(path, entries)) {
      if (splitRole(name) !== 'train' && (await holdsClassFolders(join(path, name))))
        elsewhere.push(join(path, name));
    }
  }
  return { ...layout, elsewhere };
}

/**
 * Looks for splits or a CSV file level by level, and ends at the first level that has some. Below folders of images
 * nothing is looked for: these are classes.
 */
async function searchLayout(top: ListedFolder): Promise<{ layout: Layout | null; visited: ListedFolder[] }> {
  const seen = new Set([await realpath(top.path)]);
  const visited: ListedFolder[] = [];
  let level = [top];
  let imageless: Layout | null = null;
  for (let depth = 0; depth <= deepest && level.length > 0; depth++) {
    const found: Layout[] = [];
    for (const folder of level) {
      const layout = await layoutOf(folder.path, folder.entries);
      if (layout === null) continue;
      if (await hasImages(layout)) found.push(layout);
      else imageless ??= layout;
    }
    visited.push(...level);
    if (found.length > 1) {
      throw severalDatasets(top.path, found);
    }
    if (found[0]) return { layout: await withSplitsElsewhere(found[0], visited), visited };
    if (depth > 0 && level.some(holdsOwnImages)) break;
    level = await foldersIn(level, seen);
  }
  return { layout: imageless, visited };
}

/**
 * Finds out what `path` (absolute) holds: itself, or exactly one folder below it.
 *
 * @throws FerlabError (data) when there is nothing, no CSV file, or more than one dataset; when two folders are for the
 *   same split; when there are split folders but none for training.
 */
export async function findLayout(path: string): Promise<Layout> {
  if (await isKind(path, 'file')) {
    if (/\.csv$/i.test(path)) return { kind: 'csv', path };
    throw new FerlabError(
      'data',
      `${path}: expected a folder of images or a CSV file; found ${await describeFile(path)}. ${howToLayOut}`,
    );
  }
  if (!(await isKind(path, 'folder'))) {
    const found = await stat(path).then(
      () => 'neither',
      (error: unknown) => foundInstead(error, { path, what: 'file or folder' }),
    );
    throw new FerlabError(
      'data',
      `${path}: expected a dataset (folder or CSV file); found ${found}. Check the path.`,
    );
  }
  const { layout, visited } = await searchLayout({ path, entries: await listOrFail(path) });
  if (layout) return layout;
  for (const folder of visited) await checkClassFolders(folder.path, folder.entries);
  return { kind: 'classes', root: path };
}

/** What to do about a split folder that stands alone: names a folder that is, or may be, the other split. */
export function describeMissingSplit({
  root,
  names,
  unread,
  elsewhere,
}: Extract<Layout, { kind: 'splits' }>): string {
  const train = names[0]!;
  if (elsewhere.length > 0)
    return `Give --train ${join(root, train)} --validation ${elsewhere[0]}, or move that folder beside ${train}/.`;
  const likely = unread.filter(
    ({ file, kind }) => kind === 'folder' && (likelySplitRole(file) ?? 'train') !== 'train',
  );
  if (likely.length === 0) return 'Add one of them, or give --validation-split 0.1.';
  return `Rename ${likely[0]!.file}/ to validation/, or give --train ${join(root, train)} --validation ${join(root, likely[0]!.file)}.`;
}

// Reads a folder of class folders as Keras's flow_from_directory does (keras.src.legacy.preprocessing.image,
// DirectoryIterator): sorted class names, files sorted, folders below a class folder read too. Beyond Keras: hidden
// files are left out, links to folders are followed (loops are not), and what is passed over is listed with a reason.

import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { FerlabError } from '../errors.js';
import type { BadFile, Sample } from './types.js';

/** Extensions that are read, lower case. */
export const imageExtensions = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff'] as const;

const readable: ReadonlySet<string> = new Set(imageExtensions);
/** Image formats that the decoder doesn't know; named so that the reason is plain. */
const otherFormats = new Set([
  'bmp',
  'ppm',
  'pgm',
  'heic',
  'heif',
  'avif',
  'jp2',
  'svg',
  'ico',
  'psd',
  'raw',
  'jxl',
]);

/** One class folder's files. */
export interface ClassFiles {
  name: string;
  /** Absolute path of the class folder. */
  path: string;
  /** Absolute paths of its images, in order. */
  files: string[];
}

/** What a folder of class folders holds. */
export interface ClassFolders {
  path: string;
  /** Sorted by name; a class folder without images is there with no files. */
  classes: ClassFiles[];
  skipped: BadFile[];
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  if (code === 'ENOENT') return 'it does not exist (a broken link?)';
  if (code === 'ELOOP') return 'symbolic links in a loop';
  return error instanceof Error ? error.message : String(error);
}

/** Entries of a folder without hidden ones. */
async function listFolder(path: string): Promise<Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => !entry.name.startsWith('.'));
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}

function reasonToSkip(name: string): string | null {
  const extension = extensionOf(name);
  if (readable.has(extension)) return null;
  const expected = `expected ${imageExtensions.join(', ')}`;
  if (otherFormats.has(extension))
    return `${expected}; found .${extension}, a format that is not read: convert it`;
  return `${expected}; found ${extension === '' ? 'no extension' : `.${extension}`}, not an image`;
}

/** The folders of one walk: real paths seen, so that links can't lead in circles. */
interface Walk {
  /** The dataset's folder; reported names are relative to it. */
  base: string;
  seen: Set<string>;
  skipped: BadFile[];
  /** Image names by the path of the folder that holds them. */
  found: Map<string, string[]>;
}

function skip(walk: Walk, path: string, reason: string): void {
  walk.skipped.push({ file: relativeName(walk.base, path), reason });
}

/** What an entry is, links followed; null (and listed as skipped) where that can't be found out. */
async function kindOf(entry: Dirent, path: string, walk: Walk): Promise<'file' | 'folder' | null> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (entry.isSymbolicLink()) {
    try {
      const target = await stat(path);
      if (target.isFile()) return 'file';
      if (target.isDirectory()) return 'folder';
    } catch (error) {
      skip(walk, path, reasonOf(error));
      return null;
    }
  }
  skip(walk, path, 'neither a file nor a folder');
  return null;
}

async function walkFolder(path: string, real: string, walk: Walk): Promise<void> {
  walk.seen.add(real);
  const names: string[] = [];
  for (const entry of await listFolder(path)) {
    const child = join(path, entry.name);
    const kind = await kindOf(entry, child, walk);
    if (kind === 'folder') {
      await walkSubfolder(child, real, walk);
    } else if (kind === 'file') {
      const reason = reasonToSkip(entry.name);
      if (reason) skip(walk, child, reason);
      else names.push(entry.name);
    }
  }
  walk.found.set(path, names.sort());
}

async function walkSubfolder(child: string, parentReal: string, walk: Walk): Promise<void> {
  try {
    const real = await realpath(child);
    const isAbove = parentReal === real || parentReal.startsWith(real.endsWith(sep) ? real : real + sep);
    if (isAbove) skip(walk, child, 'a symbolic link to a folder that holds it (a loop)');
    else if (walk.seen.has(real)) skip(walk, child, 'a symbolic link to a folder that was already read');
    else await walkFolder(child, real, walk);
  } catch (error) {
    skip(walk, child, reasonOf(error));
  }
}

/** `path` relative to `base` with forward slashes; for paths outside of it, the path itself. */
export function relativeName(base: string, path: string): string {
  const name = relative(base, path);
  return (name.startsWith('..') ? path : name).split(sep).join('/');
}

/**
 * Reads a folder of class folders.
 *
 * @param path the folder, absolute.
 * @param base the dataset's folder; names in `skipped` are relative to it.
 * @throws FerlabError (data) when the folder or one of its class folders can't be listed.
 */
export async function readClassFolders(path: string, base: string): Promise<ClassFolders> {
  const skipped: BadFile[] = [];
  const classes: ClassFiles[] = [];
  for (const entry of (await listOrFail(path)).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const child = join(path, entry.name);
    const walk: Walk = { base, seen: new Set(), skipped, found: new Map() };
    const isLoose = entry.isFile() && readable.has(extensionOf(entry.name));
    if (isLoose) skip(walk, child, 'expected images inside class folders; found one beside them');
    if (entry.isFile()) continue; // a README or a CSV beside the class folders is no image
    if ((await kindOf(entry, child, walk)) !== 'folder') continue;
    const real = await realpath(child);
    const parentReal = await realpath(path);
    if (parentReal === real || parentReal.startsWith(real + sep)) {
      skip(walk, child, 'a symbolic link to a folder that holds it (a loop)');
      continue;
    }
    await listOrFail(child);
    await walkFolder(child, real, walk);
    const files: string[] = [];
    for (const folder of [...walk.found.keys()].sort()) {
      for (const name of walk.found.get(folder)!) files.push(join(folder, name));
    }
    classes.push({ name: entry.name, path: child, files });
  }
  return { path, classes, skipped };
}

/** As listFolder, with an error for people. */
export async function listOrFail(path: string): Promise<Dirent[]> {
  try {
    return await listFolder(path);
  } catch (error) {
    throw new FerlabError(
      'data',
      `${path}: expected a readable folder of images; found: ${reasonOf(error)}. Check the path and its permissions.`,
      { cause: error },
    );
  }
}

/** The samples of class folders, labelled by position in `classes`; folders of other names are left out. */
export function toSamples(folders: ClassFolders, classes: readonly string[], base: string): Sample[] {
  const samples: Sample[] = [];
  for (const { name, files } of folders.classes) {
    const label = classes.indexOf(name);
    if (label < 0) continue;
    for (const path of files)
      samples.push({ file: relativeName(base, path), label, source: { kind: 'file', path } });
  }
  return samples;
}

/** Sorted names of the class folders of one or more splits. */
export function classNames(...folders: ClassFolders[]): string[] {
  return [...new Set(folders.flatMap((folder) => folder.classes.map(({ name }) => name)))].sort();
}

// Finds the image files below a folder, at any depth. Hidden files are left out, links to files and folders are followed
// (loops are not), and what is passed over is told with a reason. Nothing is read but names.

import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

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

/** Why an entry is passed over: it can't be read, or it is nothing that is looked for. */
export type PassedOverKind = 'unreadable' | 'unwanted';
/** Hears of every entry that a walk passes over. `path` begins with the walk's. */
export type OnPassedOver = (path: string, reason: string, kind: PassedOverKind) => void;

/** What kept a file or folder from being read, for people. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  if (code === 'ENOENT') return 'it does not exist (a broken link?)';
  if (code === 'ELOOP') return 'symbolic links in a loop';
  return error instanceof Error ? error.message : String(error);
}

/** Entries of a folder without hidden ones. */
export async function listFolder(path: string): Promise<Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => !entry.name.startsWith('.'));
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** Whether a file of this name is taken for an image. */
export function isImageName(name: string): boolean {
  return readable.has(extensionOf(name));
}

function reasonToSkip(name: string): string | null {
  if (isImageName(name)) return null;
  const extension = extensionOf(name);
  const expected = `expected ${imageExtensions.join(', ')}`;
  if (otherFormats.has(extension))
    return `${expected}; found .${extension}, a format that is not read: convert it`;
  return `${expected}; found ${extension === '' ? 'no extension' : `.${extension}`}, not an image`;
}

/** What an entry is, links followed; null (and told) where it's neither or that can't be found out. */
export async function kindOf(
  entry: Dirent,
  path: string,
  onPassedOver: OnPassedOver,
): Promise<'file' | 'folder' | null> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (entry.isSymbolicLink()) {
    try {
      const target = await stat(path);
      if (target.isFile()) return 'file';
      if (target.isDirectory()) return 'folder';
    } catch (error) {
      onPassedOver(path, reasonOf(error), 'unreadable');
      return null;
    }
  }
  onPassedOver(path, 'neither a file nor a folder', 'unwanted');
  return null;
}

/** Whether the folder `above` is `path` or holds it; both without links. */
export function isInside(path: string, above: string): boolean {
  return path === above || path.startsWith(above.endsWith(sep) ? above : above + sep);
}

/** One walk: real paths seen, so that links can't lead in circles. */
interface Walk {
  seen: Set<string>;
  /** Image names by the path of the folder that holds them. */
  found: Map<string, string[]>;
  onPassedOver: OnPassedOver;
}

async function walkFolder(path: string, real: string, walk: Walk): Promise<void> {
  walk.seen.add(real);
  const names: string[] = [];
  for (const entry of await listFolder(path)) {
    const child = join(path, entry.name);
    const kind = await kindOf(entry, child, walk.onPassedOver);
    if (kind === 'folder') {
      await walkSubfolder(child, real, walk);
    } else if (kind === 'file') {
      const reason = reasonToSkip(entry.name);
      if (reason) walk.onPassedOver(child, reason, 'unwanted');
      else names.push(entry.name);
    }
  }
  walk.found.set(path, names.sort());
}

async function walkSubfolder(child: string, parentReal: string, walk: Walk): Promise<void> {
  const { seen, onPassedOver } = walk;
  try {
    const real = await realpath(child);
    if (isInside(parentReal, real)) {
      onPassedOver(child, 'a symbolic link to a folder that holds it (a loop)', 'unwanted');
    } else if (seen.has(real)) {
      onPassedOver(child, 'a symbolic link to a folder that was already read', 'unwanted');
    } else await walkFolder(child, real, walk);
  } catch (error) {
    onPassedOver(child, reasonOf(error), 'unreadable');
  }
}

/**
 * The paths of the images below a folder, by folder and then by name, in code units: the order of Python's
 * `sorted(os.walk(path))`.
 *
 * @throws the file system's error where `path` itself can't be listed; folders below it are told to `onPassedOver`.
 */
export async function walkImages(path: string, onPassedOver: OnPassedOver): Promise<string[]> {
  const walk: Walk = { seen: new Set(), found: new Map(), onPassedOver };
  await walkFolder(path, await realpath(path), walk);
  return [...walk.found.keys()]
    .sort()
    .flatMap((folder) => walk.found.get(folder)!.map((name) => join(folder, name)));
}

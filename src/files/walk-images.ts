// Finds the image files below a folder, at any depth. Left out are hidden files, what operating systems and archivers
// leave behind, and what ferlab itself wrote; links to files and folders are followed (loops are not); everything else
// that is passed over is reported with a reason. Nothing is read but names.

import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isOwnPicture, ownOutputMark } from './own-output.js';
import { foundInstead } from './read-error.js';

/** Extensions that are read, lower case. */
export const imageExtensions = [
  'jpg',
  'jpeg',
  'jpe',
  'jfif',
  'png',
  'webp',
  'gif',
  'tif',
  'tiff',
  'bmp',
] as const;

const readable: ReadonlySet<string> = new Set(imageExtensions);
/** Image formats that the decoder doesn't know; named so that the reason is plain. */
const otherFormats: ReadonlySet<string> = new Set([
  ...['ppm', 'pgm', 'pbm', 'pnm', 'heic', 'heif', 'hif', 'avif', 'jp2', 'j2k', 'jpx', 'jxl', 'svg', 'svgz'],
  ...['ico', 'psd', 'dib', 'tga', 'exr', 'hdr', 'dds', 'xcf', 'eps', 'pdf', 'apng', 'jxr', 'pcx', 'ras'],
  ...['raw', 'dng', 'nef', 'cr2', 'cr3', 'arw', 'orf', 'raf', 'rw2'],
]);

/** What operating systems, storage devices and archivers leave in folders. Lower case. */
const leftBehind: ReadonlySet<string> = new Set([
  ...[
    '__macosx',
    '@eadir',
    '#recycle',
    '@recycle',
    '$recycle.bin',
    'system volume information',
    'lost+found',
  ],
  ...['thumbs.db', 'ehthumbs.db', 'desktop.ini', 'icon\r', '__pycache__'],
]);

/**
 * Why an entry is passed over: it is an image that isn't read (its format, its name, a broken link); it is a folder, or
 * may be one, that can't be looked into; or it is no image.
 */
type PassedOverKind = 'image' | 'unreadable' | 'other';
/** Hears of every entry that a walk passes over. `path` begins with the walk's. */
export type OnPassedOver = (path: string, reason: string, kind: PassedOverKind) => void;

/** Whether an entry is left out without a word: hidden, or left behind by other programs. */
export function isLeftOut(name: string): boolean {
  return name.startsWith('.') || leftBehind.has(name.toLowerCase());
}

/** Entries of a folder without those that are left out. */
export async function listFolder(path: string): Promise<Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => !isLeftOut(entry.name));
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** Whether a file of this name is taken for an image. */
export function isImageName(name: string): boolean {
  return readable.has(extensionOf(name));
}

/** Whether a file of this name is an image, read or not. */
export function looksLikeImage(name: string): boolean {
  return isImageName(name) || otherFormats.has(extensionOf(name));
}

/** Why a file of this name isn't read; null where it is. */
function reasonToSkip(name: string): string | null {
  if (isImageName(name)) return null;
  const extension = extensionOf(name);
  const expected = `expected ${imageExtensions.join(', ')}`;
  if (extension === 'heic' || extension === 'heif' || extension === 'hif')
    return `${expected}; found .${extension} (HEIC, as iPhones take it), which is not read: export it as JPEG`;
  if (otherFormats.has(extension))
    return `${expected}; found .${extension}, a format that is not read: convert it to JPEG or PNG`;
  return `${expected}; found ${extension === '' ? 'no extension' : `.${extension}`}, not an image`;
}

/** Node gives U+FFFD for the bytes of a name that aren't UTF-8; the file can't be opened by such a name. */
async function hasBrokenName(name: string, path: string): Promise<boolean> {
  if (!name.includes('\ufffd')) return false;
  return lstat(path).then(
    () => false,
    () => true,
  );
}

/** What an entry is, links followed; null (and reported) where it's neither or that can't be found out. */
export async function kindOf(
  entry: Dirent,
  path: string,
  onPassedOver: OnPassedOver,
): Promise<'file' | 'folder' | null> {
  const asFile = looksLikeImage(entry.name) ? 'image' : 'other';
  if (await hasBrokenName(entry.name, path)) {
    const kind = entry.isDirectory() ? 'unreadable' : asFile;
    onPassedOver(path, 'its name is not UTF-8: rename it', kind);
    return null;
  }
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (entry.isSymbolicLink()) {
    try {
      const target = await stat(path);
      if (target.isFile()) return 'file';
      if (target.isDirectory()) return 'folder';
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // What a broken link stood for isn't known: an image at least. Links that turn in a circle stand for nothing.
      const kind = code === 'EACCES' || code === 'EPERM' ? 'unreadable' : code === 'ELOOP' ? asFile : 'image';
      onPassedOver(path, code === 'ENOENT' ? 'a link to nothing' : foundInstead(error), kind);
      return null;
    }
  }
  onPassedOver(path, 'neither a file nor a folder', asFile);
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
  ownOutput: number;
  onPassedOver: OnPassedOver;
}

/** What a walk found. */
export interface WalkedImages {
  /** By folder and then by name, in code units: the order of Python's `sorted(os.walk(path))`. */
  files: string[];
  /** Folders below that ferlab wrote, which were left out. */
  ownOutput: number;
}

async function walkFolder(path: string, real: string, isTop: boolean, walk: Walk): Promise<void> {
  walk.seen.add(real);
  const entries = await readdir(path, { withFileTypes: true });
  const own = await ownOutputMark(
    path,
    entries.map(({ name }) => name),
  );
  if (own !== null && !isTop) {
    walk.ownOutput++;
    return;
  }
  const names: string[] = [];
  for (const entry of entries) {
    if (isLeftOut(entry.name) || (own !== null && isOwnPicture(entry.name))) continue;
    const child = join(path, entry.name);
    const kind = await kindOf(entry, child, walk.onPassedOver);
    if (kind === 'folder') {
      await walkSubfolder(child, real, walk);
    } else if (kind === 'file') {
      const reason = reasonToSkip(entry.name);
      if (reason) walk.onPassedOver(child, reason, looksLikeImage(entry.name) ? 'image' : 'other');
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
      onPassedOver(child, 'a symbolic link to a folder that holds it (a loop)', 'other');
    } else if (seen.has(real)) {
      onPassedOver(child, 'a symbolic link to a folder that was already read', 'other');
    } else await walkFolder(child, real, false, walk);
  } catch (error) {
    onPassedOver(child, foundInstead(error, { what: 'folder' }), 'unreadable');
  }
}

/**
 * Finds the images below a folder. `path` itself is looked into even where ferlab wrote into it; its own pictures there
 * are left out.
 *
 * @throws the file system's error where `path` itself can't be listed; folders below it are reported to `onPassedOver`.
 */
export async function walkImages(path: string, onPassedOver: OnPassedOver): Promise<WalkedImages> {
  const walk: Walk = { seen: new Set(), found: new Map(), ownOutput: 0, onPassedOver };
  await walkFolder(path, await realpath(path), true, walk);
  const folders = [...walk.found.keys()].sort();
  const files = folders.flatMap((folder) => walk.found.get(folder)!.map((name) => join(folder, name)));
  return { files, ownOutput: walk.ownOutput };
}

// Reads a folder of class folders as Keras's flow_from_directory does (keras.src.legacy.preprocessing.image,
// DirectoryIterator): sorted class names, files sorted, folders below a class folder read too. Beyond Keras: hidden
// files are left out, links are followed (loops are not), and what is passed over is listed with a reason.

import type { Dirent } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { FerlabError } from '../../errors.js';
import {
  isImageName,
  isInside,
  kindOf,
  listFolder,
  type OnPassedOver,
  reasonOf,
  walkImages,
} from '../../files/walk-images.js';
import type { BadFile, Sample } from './types.js';

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
  const skip: OnPassedOver = (child, reason) => skipped.push({ file: relativeName(base, child), reason });
  const classes: ClassFiles[] = [];
  for (const entry of (await listOrFail(path)).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const child = join(path, entry.name);
    if (entry.isFile() && isImageName(entry.name))
      skip(child, 'expected images inside class folders; found one beside them', 'unwanted');
    if (entry.isFile()) continue; // a README or a CSV beside the class folders is no image
    if ((await kindOf(entry, child, skip)) !== 'folder') continue;
    if (isInside(await realpath(path), await realpath(child))) {
      skip(child, 'a symbolic link to a folder that holds it (a loop)', 'unwanted');
      continue;
    }
    await listOrFail(child);
    classes.push({ name: entry.name, path: child, files: await walkImages(child, skip) });
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

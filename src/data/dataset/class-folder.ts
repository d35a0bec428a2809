// Reads a folder of class folders as Keras's flow_from_directory does (keras.src.legacy.preprocessing.image,
// DirectoryIterator): sorted class names, files sorted, folders below a class folder read too. Beyond Keras: hidden
// files and what ferlab wrote are left out, links are followed (loops are not), and what is passed over is listed with a
// reason.

import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { imageInFile } from '../../decode/sniff-file.js';
import { FerlabError } from '../../errors.js';
import { isOwnPicture, ownOutputMark } from '../../files/own-output.js';
import { foundInstead } from '../../files/read-error.js';
import { isInside, kindOf, listFolder, looksLikeImage, walkImages } from '../../files/walk-images.js';
import { canonical, placeOf, shownName } from './names.js';
import type { PassedOver, Sample } from './types.js';

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
  skipped: PassedOver[];
}

/** `path` relative to `base` with forward slashes; for paths outside of it, the path itself. */
export function relativeName(base: string, path: string): string {
  const name = relative(base, path);
  return (name.startsWith('..') ? path : name).split(sep).join('/');
}

/** Collects what is passed over; how many images a folder holds that can't be read isn't known, so it stops there. */
class PassedOverList {
  readonly entries: PassedOver[] = [];
  private unknown: { path: string; entry: PassedOver }[] = [];

  constructor(private readonly base: string) {}

  readonly add = (path: string, reason: string, kind: 'image' | 'unreadable' | 'other'): void => {
    if (kind === 'unreadable') throw new UnreadableFolder(path, reason);
    const entry: PassedOver = { file: relativeName(this.base, path), reason, kind };
    this.entries.push(entry);
    if (kind === 'other') this.unknown.push({ path, entry });
  };

  /** Looks into files whose names are no image's: an image among them is one that is lost. */
  async lookInto(): Promise<void> {
    for (const { path, entry } of this.unknown) {
      const format = entry.reason.includes('not an image') ? await imageInFile(path) : null;
      if (format === null) continue;
      entry.kind = 'image';
      entry.reason = `expected an image's extension; found a file without one that holds ${format}: rename it`;
    }
    this.unknown = [];
  }
}

/** Thrown through a walk, which would go on. */
class UnreadableFolder extends FerlabError {
  constructor(path: string, reason: string) {
    super(
      'data',
      `${path}: expected a folder that can be read, found: ${reason}. Change that, or move it out of the dataset.`,
    );
  }
}

/**
 * Reads a folder of class folders.
 *
 * @param path the folder, absolute.
 * @param base the dataset's folder; names in `skipped` are relative to it.
 * @throws FerlabError (data) when the folder or a folder in it can't be listed, or two class folders have names that look
 *   the same.
 */
export async function readClassFolders(path: string, base: string): Promise<ClassFolders> {
  const skipped = new PassedOverList(base);
  const classes: ClassFiles[] = [];
  const own = await ownOutputMark(path, await allNames(path));
  for (const entry of (await listOrFail(path)).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const child = join(path, entry.name);
    if (own !== null && isOwnPicture(entry.name)) continue;
    const kind = await kindOf(entry, child, skipped.add);
    if (kind === 'file' && looksLikeImage(entry.name))
      skipped.add(child, 'expected images inside class folders; found one beside them', 'image');
    // A README or a CSV beside the class folders is no image.
    if (kind !== 'folder') continue;
    if (isInside(await realpath(path), await realpath(child))) {
      skipped.add(child, 'a symbolic link to a folder that holds it (a loop)', 'other');
      continue;
    }
    const names = await allNames(child);
    if ((await ownOutputMark(child, names)) !== null) continue;
    const before = skipped.entries.length;
    const { files, ownOutput } = await walkOrFail(child, skipped);
    await skipped.lookInto();
    // A folder of notes, or runs/, which holds nothing but ferlab's own folders, is no class. An empty folder is one
    // whose images are missing.
    const passedOver = skipped.entries.slice(before);
    const holdsOthers = ownOutput > 0 || passedOver.length > 0;
    if (files.length === 0 && holdsOthers && passedOver.every(({ kind }) => kind === 'other')) continue;
    classes.push({ name: entry.name, path: child, files });
  }
  checkDistinctNames(path, classes);
  return { path, classes, skipped: skipped.entries };
}

async function walkOrFail(path: string, skipped: PassedOverList): ReturnType<typeof walkImages> {
  // The walk itself catches errors of folders below, so that others can go on; here the first of them is the end.
  let unreadable: FerlabError | null = null;
  const walked = await walkImages(path, (child, reason, kind) => {
    try {
      skipped.add(child, reason, kind);
    } catch (error) {
      if (!(error instanceof UnreadableFolder)) throw error;
      unreadable ??= error;
    }
  });
  if (unreadable) throw unreadable;
  return walked;
}

/** Every name in a folder, hidden ones too. */
async function allNames(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    throw unreadableFolder(path, error);
  }
}

function unreadableFolder(path: string, error: unknown): FerlabError {
  return new FerlabError(
    'data',
    `${path}: expected a readable folder of images; found ${foundInstead(error, { what: 'folder' })}. Check the path and its permissions.`,
    { cause: error },
  );
}

/** As listFolder, with an error for people. */
export async function listOrFail(path: string): Promise<Dirent[]> {
  try {
    return await listFolder(path);
  } catch (error) {
    throw unreadableFolder(path, error);
  }
}

function checkDistinctNames(path: string, classes: readonly ClassFiles[]): void {
  const seen = new Map<string, string>();
  for (const { name } of classes) {
    const other = seen.get(canonical(name));
    if (other !== undefined) {
      throw new FerlabError(
        'data',
        `${path}: expected one folder for each class; found two whose names look the same, ${shownName(name)} ` +
          `(${[...name].length} characters and ${[...other].length}: composed letters and decomposed ones). Merge them.`,
      );
    }
    seen.set(canonical(name), name);
  }
}

/** The samples of class folders, labelled by position in `classes`; folders of other names are left out. */
export function toSamples(folders: ClassFolders, classes: readonly string[], base: string): Sample[] {
  const samples: Sample[] = [];
  for (const { name, files } of folders.classes) {
    const label = placeOf(classes, name);
    if (label < 0) continue;
    for (const path of files)
      samples.push({ file: relativeName(base, path), label, source: { kind: 'file', path } });
  }
  return samples;
}

/** Sorted names of the class folders of one or more splits; of names that look the same, the first split's. */
export function classNames(...folders: ClassFolders[]): string[] {
  const names = new Map<string, string>();
  for (const { name } of folders.flatMap((folder) => folder.classes)) {
    if (!names.has(canonical(name))) names.set(canonical(name), name);
  }
  return [...names.values()].sort();
}

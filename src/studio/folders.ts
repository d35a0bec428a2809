// The folders that the studio was given, and the files below them. Links are resolved: what leads out isn't there.

import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { FerlabError } from '../errors.js';
import { foundInstead } from '../files/read-error.js';
import { isInside, listFolder } from '../files/walk-images.js';

/** Deeper folders, and more of them, aren't looked at: a whole disk may have been given. */
const mostDepth = 6;
const mostFolders = 5_000;

/** For people: the path of a file from the folder that was given on. */
export const nameBelow = (file: string, folder: string): string =>
  path.join(path.basename(folder), path.relative(folder, file)).replaceAll(path.sep, '/');

/**
 * Real paths of files below a folder, in order.
 *
 * @param folder without links, as openFolders gives it.
 * @param accept by the file's name.
 * @param most no more are looked for.
 */
export async function filesBelow(
  folder: string,
  accept: (name: string) => boolean,
  most: number,
): Promise<string[]> {
  const files = new Set<string>();
  const seen = new Set<string>();
  const visit = async (place: string, depth: number): Promise<void> => {
    if (depth > mostDepth || seen.size >= mostFolders || seen.has(place)) return;
    seen.add(place);
    const entries = await listFolder(place).catch(() => []);
    for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (files.size >= most || name === 'node_modules') continue;
      try {
        const real = await realpath(path.join(place, name));
        if (!isInside(real, folder)) continue;
        const found = await stat(real);
        if (found.isDirectory()) await visit(real, depth + 1);
        else if (found.isFile() && accept(name)) files.add(real);
      } catch {
        // Gone, a broken link, or no permission: not on the list.
      }
    }
  };
  await visit(folder, 0);
  return [...files];
}

/**
 * Folders that were given, without links.
 *
 * @throws FerlabError `io` for what isn't a folder.
 */
export async function openFolders(folders: readonly string[]): Promise<string[]> {
  const open: string[] = [];
  for (const folder of folders) {
    try {
      const real = await realpath(folder);
      if (!(await stat(real)).isDirectory()) throw Object.assign(new Error('a file'), { code: '' });
      if (!open.includes(real)) open.push(real);
    } catch (error) {
      throw new FerlabError(
        'io',
        `${folder}: expected a folder with runs, models or pictures, found ${foundInstead(error, { path: folder, what: 'folder' })}. ` +
          'Give another, or none for ./runs.',
        { cause: error },
      );
    }
  }
  return open;
}

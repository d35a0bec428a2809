// Folders that will be written into after long work: made before it, so that one that can't be used is known at once.

import { existsSync } from 'node:fs';
import { access, constants, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FerlabError } from '../errors.js';
import { createFolder } from './atomic.js';

/**
 * Makes a folder with its parents, or checks that the one there can be written to.
 *
 * @returns what takes back whatever was made and is still empty, for work that comes to nothing.
 * @throws FerlabError of kind `io`.
 */
export async function prepareFolder(path: string): Promise<() => Promise<void>> {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.push(folder);
  await createFolder(path);
  try {
    await access(path, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new FerlabError(
      'io',
      `${path}: expected a folder that can be written to, found one that can't be (${code}). Change its permissions, or ` +
        'choose another folder.',
      { cause: error },
    );
  }
  return async () => {
    // One that isn't empty, or is gone, stays as it is, and so do its parents.
    for (const folder of missing) {
      const removed = await rmdir(folder).then(
        () => true,
        () => false,
      );
      if (!removed) return;
    }
  };
}

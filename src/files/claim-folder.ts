// Folders for the results of long work, made and locked before it: one that can't be used is known at once, and two
// processes never write into the same.

import { mkdir, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { FerlabError } from '../errors.js';
import { createFolder, ioError, isTemporary, removeTemporaries } from './atomic.js';
import { busyFolder, isAbandoned, type LockHolder, lockFolder, lockHolder, lockName } from './lock.js';

export interface ClaimedFolder {
  readonly path: string;
  /** Lets other processes write into the folder. */
  release(): Promise<void>;
  /** For work that comes to nothing: as `release`, and removes whatever folder was made and is still empty. */
  undo(): Promise<void>;
}

/** Files of a folder that aren't what it holds: its lock, and what a killed process left half written. */
const isNoContent = (name: string): boolean => name === lockName || isTemporary(name);

/** Names in a folder, or null where there is none. Throws FerlabError `io` where it is a file or can't be read. */
export async function contentOf(path: string): Promise<string[] | null> {
  try {
    return (await readdir(path)).filter((name) => !isNoContent(name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code === 'ENOTDIR')
      throw new FerlabError(
        'io',
        `${path}: expected a new or empty folder, found a file. Choose another path.`,
      );
    throw ioError(`Could not read the folder ${path}`, 'listing it', error, '');
  }
}

/** Throws FerlabError `io` where a folder holds something; `remedy` says what to do then. */
async function requireEmptyFolder(path: string, remedy: string): Promise<void> {
  const names = (await contentOf(path)) ?? [];
  if (names.length === 0) return;
  const shown = names.slice(0, 3).join(', ') + (names.length > 3 ? ', ...' : '');
  throw new FerlabError(
    'io',
    `${path}: expected a new or empty folder, found ${names.length} files or folders in it (${shown}). ${remedy}`,
  );
}

/** Makes a folder with its parents; gives those that were missing, the innermost first. */
async function makeFolder(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if ((await readdir(folder).catch(() => null)) !== null || dirname(folder) === folder) break;
    missing.push(folder);
  }
  await createFolder(path);
  return missing;
}

async function locked(
  path: string,
  made: readonly string[],
  refuse: (holder: LockHolder) => FerlabError,
): Promise<ClaimedFolder> {
  const removeMade = async (): Promise<void> => {
    // One that isn't empty, or is gone, stays as it is, and so do its parents.
    for (const folder of made) {
      const removed = await rmdir(folder).then(
        () => true,
        () => false,
      );
      if (!removed) return;
    }
  };
  try {
    const lock = await lockFolder(path, refuse);
    await removeTemporaries(path);
    return {
      path,
      release: () => lock.release(),
      async undo() {
        await lock.release();
        await removeMade();
      },
    };
  } catch (error) {
    await removeMade();
    throw error;
  }
}

/**
 * Makes a folder with its parents, or takes the one there, whatever it holds; locks it and removes what killed processes
 * left half written.
 *
 * @param refuse makes the error for a folder that another process holds.
 * @throws FerlabError `io` where it can't be made or written to, or is a file.
 */
export async function claimFolder(
  path: string,
  refuse: (holder: LockHolder) => FerlabError,
): Promise<ClaimedFolder> {
  return locked(path, await makeFolder(path), refuse);
}

/**
 * As claimFolder, for a folder that doesn't exist or holds nothing.
 *
 * @param remedy what to do about one that holds something, for the message.
 * @throws FerlabError `io` for one that does.
 */
export async function claimEmptyFolder(
  path: string,
  refuse: (holder: LockHolder) => FerlabError,
  remedy = 'Choose another folder.',
): Promise<ClaimedFolder> {
  const holder = await lockHolder(path);
  if (holder !== null) throw refuse(holder);
  await requireEmptyFolder(path, remedy);
  const claimed = await claimFolder(path, refuse);
  try {
    await requireEmptyFolder(path, remedy); // another process may have been here in between
  } catch (error) {
    await claimed.undo();
    throw error;
  }
  return claimed;
}

/**
 * Makes and locks a folder among the system's temporary ones, for work whose files nobody keeps. Those of the same prefix
 * that processes left which have ended are removed.
 *
 * @param prefix of its name, of this program alone.
 */
export async function temporaryFolder(prefix: string): Promise<{ path: string; remove(): Promise<void> }> {
  const parent = tmpdir();
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (name.startsWith(prefix) && (await isAbandoned(path)))
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
  const path = await mkdtemp(join(parent, prefix));
  await lockFolder(path, busyFolder(path, 'working'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Makes and locks the first folder of `names` that nothing has that name yet. Of several processes that do so at once each
 * gets its own.
 *
 * @param names endless.
 */
export async function claimFreeFolder(
  names: Iterable<string>,
  refuse: (holder: LockHolder) => FerlabError,
): Promise<ClaimedFolder> {
  for (const path of names) {
    const parents = await makeFolder(dirname(path));
    try {
      await mkdir(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw ioError(`Could not create the folder ${path}`, 'making it', error, '');
    }
    return locked(path, [resolve(path), ...parents], refuse);
  }
  throw new RangeError('names: expected an endless list, found its end.');
}

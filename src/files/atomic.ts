// Writing a file so that, whatever happens, its path holds either the old content or the new, never a part.
// Temporary file in the same folder, fsync, rename, fsync of the folder (POSIX rename(2), fsync(2)).

import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FerlabError } from '../errors.js';

/** What to do about each cause, by the system's error code. */
const remedies: Record<string, string> = {
  ENOSPC: 'The disk is full: free some space, or write to another disk.',
  EDQUOT: 'The disk quota is used up: free some of it, or write elsewhere.',
  EFBIG: 'The file is larger than the file system or a limit allows: write to another disk.',
  EACCES: "No permission: change the folder's permissions, or write elsewhere.",
  EPERM: "No permission: change the folder's permissions, or write elsewhere.",
  EROFS: 'The disk is read-only: write elsewhere.',
  ENOENT: 'The folder does not exist: create it first.',
  ENOTDIR: 'A part of the path is a file, not a folder: choose another path.',
  EEXIST: 'A part of the path is a file, not a folder: choose another path.',
  EISDIR: 'A folder has that name: remove it, or choose another name.',
  EMFILE: 'Too many files are open: raise the limit (ulimit -n), or close other programs.',
  ENAMETOOLONG: 'The name is too long: choose a shorter one.',
  EIO: 'The disk reports an error: check it, or write to another disk.',
};

const temporaryName = /^\..+\.(\d+)\.[0-9a-f]{8}\.tmp$/;

/** Whether a file of this name is one that was being written when its process ended. */
export const isTemporary = (name: string): boolean => temporaryName.test(name);

/**
 * Removes what processes that have ended left half written in a folder; nothing where there is no such folder.
 *
 * @param target only temporaries of this file's name; by default those of all files.
 */
export async function removeTemporaries(folder: string, target?: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = Number(temporaryName.exec(name)?.[1]);
    if (Number.isNaN(pid) || (target !== undefined && !name.startsWith(`.${target}.${pid}.`))) continue;
    if (!processRuns(pid)) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

/** Whether a process of this number runs on this machine. */
export function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // there, and another user's
  }
}

/**
 * Replaces `path` by `data` in one step; the folder must exist. After an error the old file is as it was and no
 * temporary file is left; after a crash a `.name.*.tmp` may be, which the next writing of the file removes.
 *
 * @throws FerlabError of kind `io` that says which file, what failed and what to do.
 */
export async function writeFileAtomically(path: string, data: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  await removeTemporaries(folder, basename(path));
  let step = 'creating a file beside it';
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, 'wx', 0o666); // less the umask
    step = 'writing';
    await file.writeFile(data);
    step = 'flushing to disk';
    await file.sync();
    await file.close();
    file = undefined;
    step = 'renaming';
    await rename(temporary, path);
  } catch (error) {
    await file?.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw ioError(`Could not write ${path}`, step, error, 'The file is as it was before.');
  }
  await syncFolder(folder);
}

/**
 * Creates a folder with its parents; none of it is an error where it exists already.
 *
 * @throws FerlabError of kind `io`.
 */
export async function createFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw ioError(`Could not create the folder ${path}`, 'making it', error, '');
  }
}

/** Makes the rename last through a power loss. Windows and some network file systems can't; the data is safe there all the same. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch {
    // No failure: the new file stands under its name already.
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

/** An error of the file system: which file, what failed, what state things are in, and what to do. */
export function ioError(what: string, step: string, cause: unknown, state: string): FerlabError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const detail = cause instanceof Error ? cause.message : String(cause);
  const remedy = remedies[code] ?? 'Check the path and the disk, then try again.';
  const parts = [`${what}: ${step} failed (${detail}).`, state, remedy];
  return new FerlabError('io', parts.filter((part) => part !== '').join(' '), { cause });
}

// A lock on a folder, so that two processes don't write into it at once. It is a file that names the process which holds
// it; the lock of a process that has ended holds nobody up. Reading the folder needs no lock.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FerlabError } from '../errors.js';
import { ioError, processRuns } from './atomic.js';

/** The file's name; the lock is no content of its folder. */
export const lockName = '.ferlab-lock';

export interface FolderLock {
  /** Removes the lock; a second call does nothing. */
  release(): Promise<void>;
}

/** A process that holds a lock. */
export interface LockHolder {
  pid: number;
  host: string;
  /** Distinguishes the process from a later one of the same number; null where the system doesn't say. */
  born: string | null;
  /** When it took the lock, ISO 8601. */
  since: string;
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, born, since } = value as Record<keyof LockHolder, unknown>;
  return (
    Number.isSafeInteger(pid) &&
    Number(pid) > 0 &&
    typeof host === 'string' &&
    (born === null || typeof born === 'string') &&
    typeof since === 'string'
  );
}

/** When a process began, in ticks of this start of the system; null where that can't be known. */
function birthOf(pid: number): string | null {
  try {
    // Linux: the 22nd field of stat(5), counted after the name, which may hold blanks.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return null;
  }
}

/** Of another machine nothing can be known but that its lock is there. */
function isHeld({ pid, host, born }: LockHolder): boolean {
  if (host !== hostname()) return true;
  if (!processRuns(pid)) return false;
  const now = birthOf(pid);
  return born === null || now === null || born === now;
}

/** How long a lock file may be without content: another process is about to write it. */
const emptyMilliseconds = 2000;

async function readHolder(file: string): Promise<LockHolder | 'none' | 'unreadable'> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    throw error;
  }
  try {
    const holder: unknown = JSON.parse(text);
    return isHolder(holder) ? holder : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

/** The process that writes into a folder now; null where none does. */
export async function lockHolder(folder: string): Promise<LockHolder | null> {
  const holder = await readHolder(join(folder, lockName)).catch(() => 'none' as const);
  return typeof holder === 'object' && isHeld(holder) ? holder : null;
}

/** Whether a process locked the folder and ended without releasing it. */
export async function isAbandoned(folder: string): Promise<boolean> {
  const holder = await readHolder(join(folder, lockName)).catch(() => 'none' as const);
  return typeof holder === 'object' && !isHeld(holder);
}

/** For messages: "process 12 on this machine". */
export function describeHolder({ pid, host, since }: LockHolder): string {
  return `process ${pid} on ${host === hostname() ? 'this machine' : host} (since ${since})`;
}

/**
 * Takes the lock of an existing folder.
 *
 * @param refuse makes the error for a folder that another process holds.
 * @throws FerlabError `io` where the folder can't be written to.
 */
export async function lockFolder(
  folder: string,
  refuse: (holder: LockHolder) => FerlabError,
): Promise<FolderLock> {
  const file = join(folder, lockName);
  const mine: LockHolder = {
    pid: process.pid,
    host: hostname(),
    born: birthOf(process.pid),
    since: new Date().toISOString(),
  };
  const content = `${JSON.stringify(mine)}\n`;
  for (const deadline = Date.now() + emptyMilliseconds; ; ) {
    if (await createExclusively(file, content)) break;
    const holder = await readHolder(file);
    if (holder === 'none') continue;
    if (holder === 'unreadable' && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    if (holder !== 'unreadable' && isHeld(holder)) throw refuse(holder);
    await removeStale(file, holder);
  }
  let released = false;
  return {
    async release() {
      if (released) return;
      released = true;
      await rm(file, { force: true });
    },
  };
}

/** False where the file exists. */
async function createExclusively(file: string, content: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    await rm(file, { force: true }).catch(() => undefined);
    throw ioError(`Could not write ${file}`, 'creating it', error, '');
  }
}

/**
 * Removes the lock of a process that has ended. Of several processes that do so at once one alone may remove it, and none
 * the lock that another has just taken: it is moved away first, and put back where it is another.
 */
async function removeStale(file: string, stale: LockHolder | 'unreadable'): Promise<void> {
  const aside = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await rename(file, aside);
  } catch {
    return; // another was first
  }
  const moved = await readHolder(aside);
  if (typeof moved === 'object' && JSON.stringify(moved) !== JSON.stringify(stale)) await rename(aside, file);
  else await rm(aside, { force: true });
}

/** For folders that several commands write results into: refuses while another process does. */
export function busyFolder(folder: string, doing: string): (holder: LockHolder) => FerlabError {
  return (holder) =>
    new FerlabError(
      'io',
      `${folder}: expected a folder that no other process writes into, found that ${describeHolder(holder)} is ${doing} ` +
        `there. Wait for its end, or choose another folder.${elsewhere(folder, holder)}`,
    );
}

/** What to do about a process of another machine, of which this one can't know whether it still runs. */
export const elsewhere = (folder: string, { host }: LockHolder): string =>
  host === hostname() ? '' : ` If that process has ended, remove ${join(folder, lockName)}.`;

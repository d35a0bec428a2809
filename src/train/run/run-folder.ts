// The folder of a run: its files, and their order of writing. After every epoch the best model comes first, then the
// history, then the checkpoint, each atomically; whatever the moment of a crash, the checkpoint's epoch is complete
// and repeating what came after it writes the same files again.

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FerlabError } from '../../errors.js';
import { writeFileAtomically } from '../../files/atomic.js';
import {
  type ClaimedFolder,
  claimEmptyFolder,
  claimFolder,
  claimFreeFolder,
} from '../../files/claim-folder.js';
import { describeHolder, elsewhere, type LockHolder } from '../../files/lock.js';
import { type HistoryRow, historyToCsv, historyToJson } from '../../scores/history.js';
import { type Checkpoint, writeCheckpoint } from './checkpoint.js';

/** Names of a run's files. */
export const runFiles = {
  config: 'config.json',
  history: 'history.json',
  historyCsv: 'history.csv',
  checkpoint: 'last.safetensors',
  bestModel: 'best.onnx',
  lastModel: 'last.onnx',
} as const;

/** A run's folder while it is trained: no other process trains in it. */
export interface RunFolder {
  readonly path: string;
  readonly bestModel: string;
  readonly lastModel: string;
  writeHistory(rows: readonly HistoryRow[]): Promise<void>;
  writeCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /** Lets other processes train in it. */
  release(): Promise<void>;
  /** For a run that comes to nothing before its first step: as `release`, and leaves nothing of it behind. */
  undo(): Promise<void>;
}

function runFolder({ path, release, undo }: ClaimedFolder): RunFolder {
  return {
    path,
    bestModel: join(path, runFiles.bestModel),
    lastModel: join(path, runFiles.lastModel),
    async writeHistory(rows) {
      await writeFileAtomically(join(path, runFiles.history), historyToJson(rows));
      await writeFileAtomically(join(path, runFiles.historyCsv), historyToCsv(rows));
    },
    writeCheckpoint: (checkpoint) => writeCheckpoint(join(path, runFiles.checkpoint), checkpoint),
    release,
    async undo() {
      await rm(join(path, runFiles.config), { force: true });
      await undo();
    },
  };
}

/** Whether a run was begun in this folder. */
export function holdsRun(path: string): boolean {
  return existsSync(join(path, runFiles.config));
}

const isTrained = (holder: LockHolder): string => `found that ${describeHolder(holder)} is training in it`;

const refuseNew =
  (path: string) =>
  (holder: LockHolder): FerlabError =>
    new FerlabError(
      'io',
      `${path}: expected a new or empty folder for the run, ${isTrained(holder)}. Choose another folder with ` +
        `--out.${elsewhere(path, holder)}`,
    );

/**
 * Takes a folder for a new run. It may exist, if nothing is in it.
 *
 * @throws FerlabError `io` where it holds something, is a file, can't be written to, or where a run is trained in it.
 */
export async function takeRunFolder(path: string): Promise<RunFolder> {
  const remedy = holdsRun(path)
    ? `Continue that run with "ferlab train --resume ${path}", or choose another folder with --out.`
    : 'Choose another folder with --out.';
  return runFolder(await claimEmptyFolder(path, refuseNew(path), remedy));
}

/** Takes the first folder `base`, `base-2`, `base-3`, ... that doesn't exist, for a new run; each process gets its own. */
export async function takeFreeRunFolder(base: string): Promise<RunFolder> {
  function* names(): Generator<string> {
    yield base;
    for (let n = 2; ; n++) yield `${base}-${n}`;
  }
  return runFolder(await claimFreeFolder(names(), refuseNew(base)));
}

/**
 * Takes the folder of a run that was begun, to continue it.
 *
 * @throws FerlabError `model` where it isn't one, `io` where the run is being trained or the folder can't be written to.
 */
export async function retakeRunFolder(path: string): Promise<RunFolder> {
  if (!holdsRun(path)) {
    throw new FerlabError(
      'model',
      `${path}: expected the folder of a run (with ${runFiles.config}), found none. Give the folder that training printed.`,
    );
  }
  const claimed = await claimFolder(
    path,
    (holder) =>
      new FerlabError(
        'io',
        `${path}: expected a run that isn't being trained, ${isTrained(holder)}. Wait for its end, or stop it ` +
          `first.${elsewhere(path, holder)}`,
      ),
  );
  return runFolder(claimed);
}

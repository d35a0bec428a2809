// A worker process as the dispatcher sees it.

import { fork } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import { packageFile } from '../package-files.js';
import type { FromWorker, ToWorker } from './protocol.js';

export interface WorkerEvents {
  message(message: FromWorker): void;
  /** Once, however the process ended. */
  exit(how: string): void;
}

export interface WorkerHandle {
  send(message: ToWorker): void;
  /** Asks the process to end when it has nothing left to do; `exit` follows. */
  close(): void;
  /** Ends it at once, whatever it does. */
  kill(): void;
}

export type StartWorker = (events: WorkerEvents) => WorkerHandle;

/**
 * How much less of a core workers get than the thread that answers HTTP, where both want it: as many steps of Unix's nice values.
 * That thread needs little, and has to answer at once while workers take all cores.
 */
const stepsDown = 5;

/** Lets a process wait for this one. */
function yieldTo(pid: number): void {
  try {
    setPriority(pid, Math.min(constants.priority.PRIORITY_LOW, getPriority() + stepsDown));
  } catch {
    // It has ended, or the system doesn't allow it: it works all the same.
  }
}

/** Starts a process of `worker.ts`. */
export const startWorkerProcess: StartWorker = (events) => {
  // What decodes pictures of strangers doesn't need the token.
  const { FERLAB_SERVE_TOKEN: _, ...env } = process.env;
  const child = fork(packageFile('dist/serve/worker.js'), [], {
    serialization: 'advanced',
    // Flags of the main script, such as --input-type, would stop a worker from starting.
    execArgv: [],
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  if (child.pid !== undefined) yieldTo(child.pid);
  let hasEnded = false;
  const end = (how: string) => {
    if (hasEnded) return;
    hasEnded = true;
    events.exit(how);
  };
  child.on('message', (message) => events.message(message as FromWorker));
  child.on('exit', (code, signal) =>
    end(signal === null ? `it ended with code ${code}` : `it got ${signal}`),
  );
  // A process that can't be started has no exit; one whose channel breaks ends, or is ended.
  child.on('error', (error) => {
    if (child.pid === undefined) end(error.message);
    else child.kill('SIGKILL');
  });
  return {
    send: (message) => {
      if (child.connected) child.send(message);
    },
    close: () => {
      if (child.connected) child.disconnect();
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
};

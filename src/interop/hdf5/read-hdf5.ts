// Reads a file of HDF5 in a thread of its own, with limits of time and memory.

import { Worker } from 'node:worker_threads';
import { packageFile } from '../../package-files.js';
import type { Hdf5Content } from './content.js';

/** What the thread is given. */
export interface Hdf5Task {
  bytes: Uint8Array;
  /** Of all that is read. */
  mostBytes: number;
  /** Paths that aren't read. */
  skip: readonly string[];
}

export type Hdf5Answer = { content: Hdf5Content } | { problem: string };

/** Milliseconds: files of hundreds of megabytes take some seconds. */
const longest = 60_000;
/**
 * How much more a file may hold than its own size: weights hardly shrink. Keras refuses more than a thousandfold beyond
 * 4 GiB (`saving/saving_lib.py`, `H5IOStore`).
 */
const mostExpansion = 50;
const always = 16 * 2 ** 20;
const largest = 2 * 2 ** 30;

/**
 * The groups' attributes and the tensors of a file. Integers and other floats become float32.
 *
 * @param skip paths of groups that aren't wanted, as an optimizer's.
 * @returns in words what is wrong, where it can't be read whole or would take more than a file of its size should.
 */
export async function readHdf5(
  bytes: Uint8Array,
  skip: readonly string[] = [],
  { timeout = longest }: { timeout?: number } = {},
): Promise<Hdf5Answer> {
  const mostBytes = Math.min(largest, always + bytes.length * mostExpansion);
  const worker = idle ?? start();
  idle = null;
  const answer = await ask(worker, { bytes, mostBytes, skip }, timeout);
  // What a damaged file left behind in the library is unknown.
  if ('problem' in answer || idle !== null) await worker.terminate();
  else keep(worker);
  return answer;
}

/** A thread that has read a file well, for the next one: starting it takes longer than most files. */
let idle: Worker | null = null;

function start(): Worker {
  const worker = new Worker(packageFile('dist/interop/hdf5/hdf5-worker.js'), {
    // What HDF5 writes about damaged files; the answer says it in words.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  worker.once('exit', () => {
    if (idle === worker) idle = null;
  });
  return worker;
}

function keep(worker: Worker): void {
  idle = worker;
  worker.unref();
}

function ask(worker: Worker, task: Hdf5Task, timeout: number): Promise<Hdf5Answer> {
  return new Promise((resolve) => {
    const finish = (answer: Hdf5Answer): void => {
      clearTimeout(timer);
      worker.off('message', finish).off('error', onError).off('exit', onExit);
      resolve(answer);
    };
    const onError = (error: Error): void =>
      finish({ problem: `HDF5 can't read it (${error.message.split('\n')[0]})` });
    const onExit = (): void => finish({ problem: "HDF5 can't read it (it gave up)" });
    const timer = setTimeout(
      () => finish({ problem: `reading it took longer than ${timeout / 1000} seconds` }),
      timeout,
    );
    worker.on('message', finish).on('error', onError).on('exit', onExit);
    worker.ref();
    worker.postMessage(task);
  });
}

// A fixed set of worker threads that outlives epochs: starting a thread takes some 50 ms, so it's done once. Tasks go to
// the worker that has the fewest. The threads don't keep the process alive, except while someone holds the pool.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { currentSharpSettings } from '../../decode/load-sharp.js';
import { FerlabError } from '../../errors.js';
import { packageFile } from '../../package-files.js';

interface Pending {
  resolve: (result: never) => void;
  reject: (error: Error) => void;
}

/** What a worker sends back: a result or an error's words, and whether an image is to blame; or the task itself. */
interface Answer {
  id: number;
  result?: never;
  /** The task, where it is one for the first of the threads. */
  forFirst?: object;
  error?: string;
  isData?: boolean;
}

interface Thread {
  worker: Worker;
  pending: Map<number, Pending>;
}

/** One worker per core, at most 8: decoding waits for the disk before it needs more. */
function defaultWorkers(): number {
  return Math.max(1, Math.min(8, availableParallelism()));
}

/** Worker threads that run one entry file, which answers every message with a result or an error. */
export class ThreadPool {
  private readonly threads: Thread[] = [];
  private failure: Error | null = null;
  private nextId = 0;
  private holders = 0;

  /**
   * @param entry of the threads, in the package: `dist/...`.
   * @param size number of threads, a positive integer.
   */
  constructor(
    private readonly entry: string,
    readonly size: number = defaultWorkers(),
  ) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`workers: expected a positive integer, found ${size}`);
    }
  }

  /**
   * Hands a task to a worker. Threads are started when first needed.
   *
   * @param transfer buffers of the task that move to the worker instead of being copied.
   */
  protected post<Result>(task: object, transfer: ArrayBuffer[] = []): Promise<Result> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.postTo(this.idlest(), this.nextId++, task, { resolve, reject }, transfer);
    });
  }

  private postTo(
    { worker, pending }: Thread,
    id: number,
    task: object,
    waiting: Pending,
    transfer = Object.values(task).filter((value) => value instanceof ArrayBuffer),
  ): void {
    pending.set(id, waiting);
    worker.postMessage({ id, task }, transfer);
  }

  /** Keeps the process alive while the promise is open: for those who wait for a result. */
  async holdFor<T>(promise: Promise<T>): Promise<T> {
    if (this.holders++ === 0) for (const { worker } of this.threads) worker.ref();
    try {
      return await promise;
    } finally {
      if (--this.holders === 0) for (const { worker } of this.threads) worker.unref();
    }
  }

  /** Ends the threads; tasks under way are rejected. May be called twice. */
  async close(): Promise<void> {
    this.fail(new Error('the image workers were closed'));
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }

  private idlest(): Thread {
    let best: Thread | undefined;
    for (const thread of this.threads) {
      if (!best || thread.pending.size < best.pending.size) best = thread;
    }
    if (!best || (best.pending.size > 0 && this.threads.length < this.size)) best = this.start();
    return best;
  }

  private start(): Thread {
    // execArgv: flags such as --input-type concern the main script, and stop a worker from starting.
    const worker = new Worker(packageFile(this.entry), {
      execArgv: [],
      workerData: { sharp: currentSharpSettings(), first: this.threads.length === 0 },
    });
    const thread: Thread = { worker, pending: new Map() };
    worker.on('message', (answer: Answer) => {
      const pending = thread.pending.get(answer.id);
      thread.pending.delete(answer.id);
      if (answer.forFirst && pending) this.postTo(this.threads[0]!, answer.id, answer.forFirst, pending);
      else if (answer.error === undefined) pending?.resolve(answer.result as never);
      else pending?.reject(answer.isData ? new FerlabError('data', answer.error) : new Error(answer.error));
    });
    worker.on('error', (error) =>
      this.fail(new Error(`an image worker failed: ${(error as Error).message}`)),
    );
    worker.on('exit', (code) =>
      this.fail(new Error(`an image worker ended (code ${code}); is memory short?`)),
    );
    if (this.holders === 0) worker.unref();
    this.threads.push(thread);
    return thread;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { pending } of this.threads) {
      for (const { reject } of pending.values()) reject(this.failure);
      pending.clear();
    }
  }
}

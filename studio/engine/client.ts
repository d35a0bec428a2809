// Calls the worker's tasks from the page, as functions that return promises.

import { Failure } from '../words/failures.js';
import type { Reply, Request } from './protocol.js';
import type { TaskName, Tasks } from './tasks.js';

type Input<Name extends TaskName> = Parameters<Tasks[Name]>[0];
type Output<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** What the task reports on the way. */
  onProgress?: ((progress: unknown) => void) | undefined;
  /** Given over to the worker, not copied. */
  transfer?: Transferable[] | undefined;
}

interface Call {
  resolve(output: unknown): void;
  reject(error: Error): void;
  onProgress: CallOptions['onProgress'];
}

const calls = new Map<number, Call>();
let worker: Worker | null = null;
let next = 1;

function startWorker(): Worker {
  const started = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'engine' });
  started.onmessage = ({ data }: MessageEvent<Reply>) => {
    const call = calls.get(data.id);
    if (call === undefined) return;
    if ('progress' in data) {
      call.onProgress?.(data.progress);
      return;
    }
    calls.delete(data.id);
    if ('output' in data) call.resolve(data.output);
    else call.reject(new Failure(data.error.kind, data.error.message));
  };
  started.onerror = (event) => {
    event.preventDefault();
    failAll(event.message || 'the worker could not be loaded');
  };
  return started;
}

/** A worker that has failed is replaced at the next call. */
function failAll(reason: string): void {
  worker?.terminate();
  worker = null;
  const failed = new Failure(
    'internal',
    `engine: expected it to run, found that ${reason}. Reload the page.`,
  );
  for (const call of calls.values()) call.reject(failed);
  calls.clear();
}

/**
 * Runs a task of tasks.ts in the worker, after those that were asked for before.
 *
 * @throws Failure as the task does; `interrupted` where the signal was aborted.
 */
export function call<Name extends TaskName>(
  task: Name,
  input: Input<Name>,
  { signal, onProgress, transfer = [] }: CallOptions = {},
): Promise<Output<Name>> {
  worker ??= startWorker();
  const target = worker;
  const id = next++;
  return new Promise<Output<Name>>((resolve, reject) => {
    calls.set(id, { resolve: resolve as Call['resolve'], reject, onProgress });
    const request: Request = { id, task, input };
    target.postMessage(request, transfer);
    const cancel = () => target.postMessage({ cancel: id } satisfies Request);
    if (signal?.aborted) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
  });
}

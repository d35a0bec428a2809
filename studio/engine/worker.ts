// The worker that owns the engine: ONNX Runtime as WebAssembly, every session, and whatever takes time. The page only shows.

import glue from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import binary from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { env } from 'onnxruntime-web/wasm';
import { FerlabError } from '../../src/errors.js';
// Imported only when the first picture is decoded, otherwise: later than a person waits, or when the server has gone.
import '../../src/predict/page-decoder.js';
import { asFailure } from '../words/failures.js';
import { Chain } from './chain.js';
import type { Reply, Request } from './protocol.js';
import { type TaskContext, type TaskName, tasks } from './tasks.js';

/** What the page's types call it: a worker's own aren't known beside those of pages. */
interface Scope {
  readonly crossOriginIsolated: boolean;
  readonly navigator: { readonly hardwareConcurrency: number };
  readonly location: { readonly href: string };
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Reply, transfer?: Transferable[]): void;
}
const scope = self as unknown as Scope;

/** More threads bring networks this small nothing. */
const mostThreads = 4;

const whole = (url: string) => new URL(url, scope.location.href).href;
env.wasm.wasmPaths = { mjs: whole(glue), wasm: whole(binary) };
const threads = scope.crossOriginIsolated ? Math.min(mostThreads, scope.navigator.hardwareConcurrency) : 1;
env.wasm.numThreads = threads;

const chain = new Chain();
const calls = new Map<number, AbortController>();

async function answer(id: number, name: TaskName, input: unknown, context: TaskContext): Promise<void> {
  try {
    const task = tasks[name] as (input: unknown, context: TaskContext) => Promise<unknown>;
    const output = await chain.add(async () => {
      if (context.signal.aborted) throw new FerlabError('interrupted', 'Stopped.');
      return task(input, context);
    });
    scope.postMessage({ id, output }, context.transfer);
  } catch (error) {
    const { kind, message } = asFailure(error);
    scope.postMessage({ id, error: { kind, message } });
  } finally {
    calls.delete(id);
  }
}

scope.onmessage = ({ data }) => {
  if ('cancel' in data) {
    calls.get(data.cancel)?.abort();
    return;
  }
  const { id, task, input } = data;
  const controller = new AbortController();
  calls.set(id, controller);
  void answer(id, task as TaskName, input, {
    signal: controller.signal,
    threads,
    transfer: [],
    report: (progress) => scope.postMessage({ id, progress }),
    letOthers: () => chain.letOthers(),
  });
};

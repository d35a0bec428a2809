// sharp, loaded when first needed: 50 ms and 20 MB that batches from memory do without. In a file of its own, so that
// the library's declarations don't name sharp's types, which need those of Node.
//
// sharp's settings (cache, concurrency, simd, block) are libvips's, one set for the whole process, whichever thread sets
// them. The program around may have chosen them, so none is set here. Loading sharp in one more thread sets two of them
// to sharp's defaults, though (dist/utility.mjs: cache(true), concurrency(1)); the main thread hands workers what they
// were, and they are set to that again.

import { createRequire } from 'node:module';
import { isMainThread, workerData } from 'node:worker_threads';
import type Sharp from 'sharp';

/** The process-wide settings that loading sharp in a thread would change. */
export interface SharpSettings {
  /** In MB, files and operations. */
  cache: { memory: number; files: number; items: number };
  concurrency: number;
}

/** What sharp's native part answers; there is no way to it but by where Node keeps what was required. */
interface NativeSharp {
  cache(): { memory: { max: number }; files: { max: number }; items: { max: number } };
  concurrency(value: null): number;
}

/** The settings of a sharp that this thread has loaded, for workers' `workerData.sharp`; null where it has none. */
export function currentSharpSettings(): SharpSettings | null {
  const { cache: modules } = createRequire(import.meta.url);
  const file = Object.keys(modules).find((name) =>
    /[\\/]sharp[^\\/]*[\\/].*\.node$|sharp-[^\\/]*\.node$/.test(name),
  );
  const native = file === undefined ? undefined : (modules[file]?.exports as NativeSharp | undefined);
  if (typeof native?.cache !== 'function' || typeof native.concurrency !== 'function') return null;
  const { memory, files, items } = native.cache();
  return {
    cache: { memory: memory.max, files: files.max, items: items.max },
    concurrency: native.concurrency(null),
  };
}

let loading: Promise<typeof Sharp> | null = null;

export function loadSharp(): Promise<typeof Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    const before = isMainThread ? null : (workerData as { sharp?: SharpSettings | null } | null)?.sharp;
    if (before) {
      sharp.cache(before.cache);
      sharp.concurrency(before.concurrency);
    }
    return sharp;
  });
  return loading;
}

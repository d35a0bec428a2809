// The images of one split, decoded once, ahead of training. As bytes at the network's size they stay in memory that all
// workers share, within a stated budget; a larger set is checked and hashed in the same pass, and decoded again batch
// by batch. Bad files are found here, before the first step, and left out.

import { createHash } from 'node:crypto';
import { defaultMaxPixels } from '../../decode/decode.js';
import { FerlabError } from '../../errors.js';
import type { ImageSize } from '../../image/size.js';
import type { BadFile, Sample } from '../dataset/types.js';
import { decodeResized, digestBytes } from './image-tasks.js';
import { WorkerPool } from './worker-pool.js';

/** Bytes that decoded images may take before they are streamed instead: 1 GiB (466,000 images of 48x48). */
export const defaultMemoryBudget = 1024 ** 3;

export interface OpenOptions extends ImageSize {
  /** Bytes; see defaultMemoryBudget. */
  memoryBudget?: number;
  /** Images of more pixels count as bad; see defaultMaxPixels. */
  maxPixels?: number;
  /** Number of worker threads of the store's own pool; by default one per core, at most 8. */
  workers?: number;
  /** A pool to share with other stores; it isn't closed with the store. */
  pool?: WorkerPool;
  onProgress?: (done: number, total: number) => void;
  /** Stops decoding; openImages then rejects with a FerlabError (interrupted). */
  signal?: AbortSignal;
}

/** Decoded images. Index i runs over the good ones. */
export interface ImageStore extends ImageSize {
  readonly count: number;
  readonly samples: readonly Sample[];
  /** Label of every image. */
  readonly labels: Int32Array;
  readonly bad: readonly BadFile[];
  /**
   * SHA-256 (hex) over every good image's file name, label and decoded pixels, in order. It depends on neither the
   * image size nor the number of workers.
   */
  readonly fingerprint: string;
  /** SHA-256 of image i's own size and pixels, 32 bytes: equal for exact duplicates. */
  digest(i: number): Uint8Array;
  /** Whether the pixels are in memory. */
  readonly resident: boolean;
  /** The memory of a resident store: image i is `width * height` bytes from `slots[i] * width * height`. */
  readonly kept: { memory: SharedArrayBuffer; slots: Int32Array } | null;
  readonly maxPixels: number;
  readonly pool: WorkerPool;
  /** Grey values of image i, `height * width`, row by row; not to be changed. A store that streams decodes it. */
  bytes(i: number): Promise<Uint8Array>;
  /** Ends the store's own workers. */
  close(): Promise<void>;
}

/** Samples per task: small enough to share the work evenly, large enough that messages cost nothing. */
const samplesPerTask = 32;

function interrupted(): FerlabError {
  return new FerlabError('interrupted', 'Stopped while images were being decoded.');
}

/** The promise, unless the signal fires first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(interrupted());
    signal.addEventListener('abort', onAbort);
  });
  promise.catch(() => {}); // what is under way when the signal fires fails unseen
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

interface Decoded {
  digests: Uint8Array;
  reasons: Map<number, string>;
}

async function decodeAll(
  samples: readonly Sample[],
  options: OpenOptions,
  pool: WorkerPool,
  memory: SharedArrayBuffer | null,
): Promise<Decoded> {
  const { width, height, signal, onProgress, maxPixels = defaultMaxPixels } = options;
  const digests = new Uint8Array(samples.length * digestBytes);
  const reasons = new Map<number, string>();
  let next = 0;
  let done = 0;
  const run = async () => {
    while (next < samples.length) {
      if (signal?.aborted) throw interrupted();
      const first = next;
      next = Math.min(samples.length, first + samplesPerTask);
      const sources = samples.slice(first, next).map(({ source }) => source);
      const task = {
        kind: 'decode',
        sources,
        width,
        height,
        maxPixels,
        kept: memory,
        firstSlot: first,
      } as const;
      const result = await pool.run(task);
      digests.set(result.digests, first * digestBytes);
      for (const { index, reason } of result.bad) reasons.set(first + index, reason);
      done += sources.length;
      onProgress?.(done, samples.length);
    }
  };
  // Two tasks per worker, so that none waits for its next message.
  await Promise.all(Array.from({ length: pool.size * 2 }, run));
  return { digests, reasons };
}

/** SHA-256 (hex) over every image's file name, label and digest, in order. */
export function fingerprintOf({ samples, digest }: Pick<ImageStore, 'samples' | 'digest'>): string {
  const hash = createHash('sha256');
  samples.forEach(({ file, label }, i) => {
    hash.update(`${file}\0${label}\0`).update(digest(i));
  });
  return hash.digest('hex');
}

/**
 * Decodes samples once, in worker threads.
 *
 * @throws FerlabError (interrupted) when `signal` fires. Bad images are no error here: see `bad` and checkBadShare.
 */
export async function openImages(samples: readonly Sample[], options: OpenOptions): Promise<ImageStore> {
  const { width, height, memoryBudget = defaultMemoryBudget, maxPixels = defaultMaxPixels } = options;
  for (const [name, value] of Object.entries({ width, height })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`openImages: expected ${name} to be a positive integer, found ${value}`);
    }
  }
  const size = width * height;
  const resident = samples.length * size <= memoryBudget;
  const memory = resident ? new SharedArrayBuffer(samples.length * size) : null;
  const pool = options.pool ?? new WorkerPool(options.workers);
  const close = async () => {
    if (!options.pool) await pool.close();
  };
  let decoded: Decoded;
  try {
    decoded = await pool.holdFor(unlessAborted(decodeAll(samples, options, pool, memory), options.signal));
  } catch (error) {
    await close();
    throw error;
  }
  const { digests, reasons } = decoded;
  const slots = Int32Array.from(samples.keys()).filter((slot) => !reasons.has(slot));
  const good = Array.from(slots, (slot) => samples[slot]!);
  const digest = (i: number) => digests.subarray(slots[i]! * digestBytes, (slots[i]! + 1) * digestBytes);
  const fingerprint = fingerprintOf({ samples: good, digest });
  return {
    width,
    height,
    count: good.length,
    samples: good,
    labels: Int32Array.from(good, ({ label }) => label),
    bad: [...reasons].sort((a, b) => a[0] - b[0]).map(([i, reason]) => ({ file: samples[i]!.file, reason })),
    fingerprint,
    digest,
    resident,
    kept: memory && { memory, slots },
    maxPixels,
    pool,
    bytes: (i) => {
      const sample = good[i];
      if (!sample)
        return Promise.reject(new RangeError(`bytes: expected 0 to ${good.length - 1}, found ${i}`));
      if (memory) return Promise.resolve(new Uint8Array(memory, slots[i]! * size, size));
      return decodeResized(sample.source, width, height, maxPixels);
    },
    close,
  };
}

// Batches of float pixels for training and evaluation, made by worker threads ahead of the step that uses them. What
// a batch holds depends only on the seed, the epoch and its number, not on the workers: any epoch can be started
// directly, and from the middle, and gives the same batches.

import { type AugmentOptions, augmentedSize } from '../../image/augment.js';
import type { ImageSize } from '../../image/size.js';
import { Random } from '../../random/random.js';
import type { BatchTask } from './image-tasks.js';
import type { ImageStore } from './store.js';

/** Some images as the network takes them. */
export interface Batch {
  /** `[size, 1, height, width]`, grey from 0 to 255. Its memory is reused after `release()`. */
  pixels: Float32Array;
  /** Of the images as they are here: the crop's where they are cropped, or what they were resized to. */
  width: number;
  height: number;
  labels: Int32Array;
  /** The images' places in the store. */
  indices: Int32Array;
  /** Number of images: the batch size, or less in the last batch. */
  size: number;
  /** How long the consumer waited for this batch, in seconds. */
  waitSeconds: number;
  /** Gives the memory back for another batch; `pixels` must not be used afterwards. Optional. */
  release(): void;
}

export interface BatchOptions {
  /** Images per batch, a positive integer. */
  batchSize: number;
  /** The run's seed, from which shuffling and augmentation derive. */
  seed: number;
  /** Null leaves images as they are. */
  augment: AugmentOptions | null;
  /** Side of the squares that an epoch's (from 0) augmented images are resized to; their own size unless given. */
  sideAt?: (epoch: number) => number;
  /** Whether every epoch has its own order; default true. */
  shuffle?: boolean;
  /** Batches kept ready ahead of the consumer; default 4. */
  ahead?: number;
}

/** Makes the batches of any epoch. */
export interface BatchLoader {
  readonly batchesPerEpoch: number;
  /**
   * The batches of one epoch in order.
   *
   * @param epoch from 0; shuffling and augmentation derive from it.
   */
  epoch(epoch: number): AsyncGenerator<Batch, void, undefined>;
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new RangeError(`${name}: expected an integer from ${least}, found ${value}`);
}

/** The order in which an epoch takes the images of a store. */
function epochOrder(count: number, seed: number, epoch: number, shuffle: boolean): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  return shuffle ? new Random(seed, 'shuffle', epoch).shuffle(order) : order;
}

function imagesOf(store: ImageStore, indices: Int32Array): BatchTask['images'] {
  if (store.kept) {
    const { memory, slots } = store.kept;
    return { kind: 'kept', kept: memory, slots: indices.map((i) => slots[i]!) };
  }
  const sources = Array.from(indices, (i) => store.samples[i]!.source);
  return { kind: 'sources', sources, maxPixels: store.maxPixels };
}

/**
 * Makes batches with the store's workers.
 *
 * Errors of a worker (a file that changed since it was checked) reject the consumer's `next()`. Leaving the loop early
 * is safe: batches under way are dropped when they arrive.
 */
export function createBatchLoader(store: ImageStore, options: BatchOptions): BatchLoader {
  const { batchSize, seed, augment, sideAt, shuffle = true, ahead = 4 } = options;
  checkCount('batchSize', batchSize, 1);
  checkCount('ahead', ahead, 1);
  const { width, height, pool } = store;
  if (sideAt !== undefined && augment === null)
    throw new RangeError('sideAt: expected augmented images, which alone are resized; found none');
  const own = augmentedSize(augment, store);
  const batchesPerEpoch = Math.ceil(store.count / batchSize);
  const sizeAt = (epoch: number): ImageSize => {
    if (sideAt === undefined) return own;
    const side = sideAt(epoch);
    checkCount('sideAt(epoch)', side, 1);
    return { width: side, height: side };
  };
  /** Memory for batches of `batchBytes`. */
  let batchBytes = 0;
  let free: ArrayBuffer[] = [];

  const recycle = (buffer: ArrayBuffer) => {
    if (buffer.byteLength === batchBytes && free.length <= ahead) free.push(buffer);
  };

  const request = (indices: Int32Array, epoch: number, size: ImageSize): Promise<ArrayBuffer> => {
    const bytes = batchSize * size.width * size.height * Float32Array.BYTES_PER_ELEMENT;
    if (bytes !== batchBytes) [batchBytes, free] = [bytes, []];
    const pixels = free.pop() ?? new ArrayBuffer(batchBytes);
    const images = imagesOf(store, indices);
    const side = sideAt === undefined ? null : size.width;
    const task: BatchTask = {
      kind: 'batch',
      width,
      height,
      images,
      augment,
      side,
      seed,
      epoch,
      indices,
      pixels,
    };
    const result = pool.run(task, [pixels]).then((answer) => answer.pixels);
    result.catch(() => {}); // seen by the consumer, if it comes that far
    return result;
  };

  async function* epoch(number: number): AsyncGenerator<Batch, void, undefined> {
    checkCount('epoch', number, 0);
    const order = epochOrder(store.count, seed, number, shuffle);
    const size = sizeAt(number);
    const queue: { indices: Int32Array; pixels: Promise<ArrayBuffer> }[] = [];
    let next = 0;
    const fill = () => {
      for (; queue.length < ahead && next < batchesPerEpoch; next++) {
        const indices = order.slice(next * batchSize, (next + 1) * batchSize);
        queue.push({ indices, pixels: request(indices, number, size) });
      }
    };
    try {
      for (fill(); queue.length > 0; fill()) {
        const { indices, pixels } = queue.shift()!;
        const start = performance.now();
        const buffer = await pool.holdFor(pixels);
        const waitSeconds = (performance.now() - start) / 1000;
        yield toBatch(store, size, indices, buffer, waitSeconds, recycle);
      }
    } finally {
      for (const { pixels } of queue) pixels.then(recycle, () => {});
    }
  }

  return { batchesPerEpoch, epoch };
}

function toBatch(
  store: ImageStore,
  { width, height }: ImageSize,
  indices: Int32Array,
  buffer: ArrayBuffer,
  waitSeconds: number,
  recycle: (buffer: ArrayBuffer) => void,
): Batch {
  let released = false;
  return {
    pixels: new Float32Array(buffer, 0, indices.length * width * height),
    width,
    height,
    labels: indices.map((i) => store.labels[i]!),
    indices,
    size: indices.length,
    waitSeconds,
    release: () => {
      if (!released) recycle(buffer);
      released = true;
    },
  };
}

/**
 * Every image of a store in order, without augmentation, for evaluation; the last batch may be smaller.
 * Images in memory are converted here and now, which costs less than a message to a worker.
 */
export async function* sequentialBatches(
  store: ImageStore,
  batchSize: number,
): AsyncGenerator<Batch, void, undefined> {
  checkCount('batchSize', batchSize, 1);
  if (!store.kept) {
    yield* createBatchLoader(store, { batchSize, seed: 0, augment: null, shuffle: false }).epoch(0);
    return;
  }
  const size = store.width * store.height;
  const kept = new Uint8Array(store.kept.memory);
  let spare: ArrayBuffer | null = null;
  for (let first = 0; first < store.count; first += batchSize) {
    const indices = Int32Array.from(
      { length: Math.min(batchSize, store.count - first) },
      (_, i) => first + i,
    );
    const buffer: ArrayBuffer = spare ?? new ArrayBuffer(batchSize * size * Float32Array.BYTES_PER_ELEMENT);
    spare = null;
    const pixels = new Float32Array(buffer);
    indices.forEach((index, i) => {
      const from = store.kept!.slots[index]! * size;
      pixels.set(kept.subarray(from, from + size), i * size);
    });
    yield toBatch(store, store, indices, buffer, 0, (released) => {
      spare = released;
    });
  }
}

// Batches whose pixels threads make ahead of the step that uses them.

import type { ThreadPool } from '../../data/store/thread-pool.js';

/** A batch as it is drawn: its targets are there, its pixels are on their way. */
export interface DrawnBatch {
  size: number;
  targets: Float32Array;
  pixels: Promise<ArrayBuffer>;
}

export interface MadeBatch {
  readonly size: number;
  /** `[size, 3, side, side]`, 0 to 255. */
  readonly pixels: Float32Array;
  /** `[size, ...]`, as they were drawn. */
  readonly targets: Float32Array;
  /** How long was waited for the pixels. */
  readonly waitSeconds: number;
}

/** Batches of epochs. */
export interface AheadLoader {
  readonly batchesPerEpoch: number;
  /** The batches of an epoch (from 0) in order. */
  epoch(epoch: number): AsyncGenerator<MadeBatch, void, undefined>;
  close(): Promise<void>;
}

/**
 * Makes the batches of epochs, some of them ahead.
 *
 * @param pool is closed with what is returned.
 * @param total images of an epoch; the last batch may be smaller.
 * @param draw begins a batch of `size` images from number `first` of an epoch.
 */
export function batchesAhead(
  pool: ThreadPool,
  { total, batchSize, ahead }: { total: number; batchSize: number; ahead: number },
  draw: (epoch: number, first: number, size: number) => DrawnBatch,
): AheadLoader {
  const batchesPerEpoch = Math.ceil(total / batchSize);
  const begin = (epoch: number, batch: number): DrawnBatch => {
    const first = batch * batchSize;
    const drawn = draw(epoch, first, Math.min(batchSize, total - first));
    drawn.pixels.catch(() => {}); // seen by the consumer, if it comes that far
    return drawn;
  };
  return {
    batchesPerEpoch,
    async *epoch(epoch) {
      const queue: DrawnBatch[] = [];
      let next = 0;
      const fill = (): void => {
        while (queue.length < ahead && next < batchesPerEpoch) queue.push(begin(epoch, next++));
      };
      for (fill(); queue.length > 0; fill()) {
        const { size, targets, pixels } = queue.shift()!;
        const start = performance.now();
        const made = await pool.holdFor(pixels);
        const waitSeconds = (performance.now() - start) / 1000;
        yield { size, targets, pixels: new Float32Array(made), waitSeconds };
      }
    },
    close: () => pool.close(),
  };
}

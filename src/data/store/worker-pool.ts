// The threads that decode grey images and make batches of them.

import type { BatchResult, BatchTask, DecodeResult, DecodeTask, ImageTask } from './image-tasks.js';
import { ThreadPool } from './thread-pool.js';

/** Worker threads that decode images and make batches. */
export class WorkerPool extends ThreadPool {
  /** @param size number of threads, a positive integer; by default one per core, at most 8. */
  constructor(size?: number) {
    super('dist/data/store/image-worker.js', size);
  }

  /** @param transfer buffers of the task that move to the worker instead of being copied. */
  run(task: DecodeTask): Promise<DecodeResult>;
  run(task: BatchTask, transfer: ArrayBuffer[]): Promise<BatchResult>;
  run(task: ImageTask, transfer: ArrayBuffer[] = []): Promise<DecodeResult | BatchResult> {
    return this.post(task, transfer);
  }
}

// Entry of the image workers' threads: takes tasks from the pool, one message each, and answers with the result or the
// error's words. Tasks with large images go back, for the first thread. The work itself is in image-tasks.ts.

import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { DecodeError } from '../../decode/decode-error.js';
import { LargeImageLeft, leaveLargeImages } from '../../decode/large-images.js';
import { type ImageTask, runBatchTask, runDecodeTask } from './image-tasks.js';

const port = parentPort;
if (!port) throw new Error('image-worker: expected to run as a worker thread');

if (!(workerData as { first: boolean }).first) leaveLargeImages();

async function answer(id: number, task: ImageTask): Promise<void> {
  try {
    if (task.kind === 'decode') {
      const result = await runDecodeTask(task);
      port!.postMessage({ id, result }, [result.digests.buffer as ArrayBuffer]);
    } else {
      const result = await runBatchTask(task);
      const transfer: Transferable[] = [result.pixels];
      port!.postMessage({ id, result }, transfer);
    }
  } catch (error) {
    if (error instanceof LargeImageLeft) {
      port!.postMessage({ id, forFirst: task }, task.kind === 'batch' ? [task.pixels] : []);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    port!.postMessage({ id, error: message, isData: error instanceof DecodeError });
  }
}

port.on('message', ({ id, task }: { id: number; task: ImageTask }) => {
  void answer(id, task);
});

// Entry of the threads that make training crops: one message for each batch, answered with its pixels or the error's words.

import { parentPort } from 'node:worker_threads';
import { type CropTask, runCropTask } from './crop-tasks.js';

const port = parentPort;
if (!port) throw new Error('crop-worker: expected to run as a worker thread');

port.on('message', ({ id, task }: { id: number; task: CropTask }) => {
  try {
    const result = runCropTask(task);
    port.postMessage({ id, result }, [result]);
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});

// Entry of the threads that decode photographs: one message for each task, answered with the result or the error's words.

import { parentPort } from 'node:worker_threads';
import { type PictureTask, runPictureTask } from './picture-tasks.js';

const port = parentPort;
if (!port) throw new Error('picture-worker: expected to run as a worker thread');

port.on('message', async ({ id, task }: { id: number; task: PictureTask }) => {
  try {
    port.postMessage({ id, result: await runPictureTask(task) });
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});

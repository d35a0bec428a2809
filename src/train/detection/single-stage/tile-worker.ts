// Entry of the threads that make training tiles: one message for each batch, answered with its pixels or the error's words.

import { parentPort } from 'node:worker_threads';
import { runTileTask, type TileTask } from './tile-tasks.js';

const port = parentPort;
if (!port) throw new Error('tile-worker: expected to run as a worker thread');

port.on('message', ({ id, task }: { id: number; task: TileTask }) => {
  try {
    const result = runTileTask(task);
    port.postMessage({ id, result }, [result]);
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});

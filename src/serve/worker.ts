// Entry of the service's worker processes: opens the models, then takes batches, one at a time. A process rather than a
// thread: a picture that brings a decoder down, or a system that is short of memory, ends this process and no other.

import { FerlabError } from '../errors.js';
import { BatchRunner } from './batch-runner.js';
import type { FromWorker, ToWorker } from './protocol.js';

let runner: BatchRunner | null = null;

/** A service that is gone hears nothing any more: no fault of this process, which ends by itself then. */
const send = (message: FromWorker): void => {
  if (process.connected) process.send!(message, () => {});
};

async function take(message: ToWorker): Promise<void> {
  if (message.type === 'open') {
    try {
      runner = await BatchRunner.open(message);
      send({ type: 'ready', models: runner.served });
    } catch (error) {
      if (!(error instanceof FerlabError)) throw error;
      send({ type: 'failed', kind: error.kind, message: error.message });
    }
    return;
  }
  const times = await runner!.run(message, (answers) => send({ type: 'answers', answers }));
  send({ type: 'idle', ...times });
}

// Ctrl-C and a service manager's SIGTERM reach every process of the group; the service answers what it accepted first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));
// What fails here is a fault of the program, or of its memory: the process ends, and the service starts another.
process.on('message', (message: ToWorker) => {
  take(message).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
});

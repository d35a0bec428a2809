// Ctrl-C: the first asks the work to stop cleanly, the second ends the program at once.

import { exitCodes } from '../errors.js';

/**
 * Runs `work` with a signal that Ctrl-C (or SIGTERM) aborts.
 * @param onFirst says what will happen; called once, before the abort.
 */
export async function withInterrupt<T>(
  onFirst: () => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    onFirst();
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

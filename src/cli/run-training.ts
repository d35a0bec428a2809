// What the commands that train have in common: progress, Ctrl-C, which says how to go on, and the summary at the end.

import { exitCodes } from '../errors.js';
import type { EndStatus } from '../track/follow.js';
import type { TrainEvent, TrainHooks } from '../train/loop/events.js';
import { flagOption, type Invocation, quietOption, shellLine } from './command.js';
import { followChoice } from './follow-options.js';
import { withInterrupt } from './interrupt.js';

/**
 * Runs a training.
 *
 * @param words of the command line that go on with a run, before `--resume`: `train`, or `faces train`.
 * @param start begins it.
 * @param summary what is printed of one that came to its end.
 * @returns the exit code.
 */
export async function runTraining<Result extends { stopped: string }>(
  invocation: Invocation,
  words: readonly string[],
  start: (call: TrainHooks & { command: string }) => Promise<Result>,
  summary: (result: Result) => string,
): Promise<number> {
  const { terminal, commandLine } = invocation;
  const quiet = flagOption(invocation, quietOption.flags);
  const { createTrainProgress } = await import('./progress.js');
  const { followTraining } = await import('../track/follow.js');
  const progress = createTrainProgress(terminal, quiet);
  const follower = followTraining(followChoice(invocation), (message) =>
    progress.show({ type: 'warning', message }),
  );
  let status: EndStatus = 'FAILED';
  let runFolder: string | null = null;
  const onProgress = (event: TrainEvent): void => {
    if (event.type === 'start') runFolder = event.runFolder;
    progress.show(event);
    follower.onProgress(event);
  };
  const onInterrupt = (): void => {
    const how =
      runFolder === null
        ? 'Training has not begun.'
        : `Continue with: ${shellLine(['ferlab', ...words, '--resume', runFolder])}`;
    progress.say(`Stopping, with what is done kept; Ctrl-C again stops at once. ${how}`);
  };
  try {
    const result = await withInterrupt(onInterrupt, (signal) =>
      start({ onProgress, signal, command: commandLine }),
    );
    status = result.stopped === 'interrupted' ? 'KILLED' : 'FINISHED';
    progress.end();
    if (result.stopped === 'interrupted') return exitCodes.interrupted;
    if (!quiet) terminal.out.write(`${summary(result)}\n`);
    return 0;
  } finally {
    await follower.close(status);
    progress.end();
  }
}

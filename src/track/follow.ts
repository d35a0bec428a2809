// Follows a training for other programs: TensorBoard's event files, MLflow's tracking server. Neither ever ends a training.

import type { TrainEvent } from '../train/loop/events.js';
import { followForMlflow } from './mlflow.js';
import { followForTensorBoard } from './tensorboard.js';

export interface FollowOptions {
  /** Writes an event file into the run folder. */
  tensorboard?: boolean | undefined;
  /** Address of an MLflow tracking server, as `http://localhost:5000`. */
  mlflow?: string | undefined;
}

/** How a training ended, in MLflow's words. */
export type EndStatus = 'FINISHED' | 'KILLED' | 'FAILED';

export interface Follower {
  onProgress(event: TrainEvent): void;
  close(status: EndStatus): Promise<void>;
}

/**
 * Listens to a training: give its events to `onProgress`, and call `close` at the end.
 *
 * @param warn is told, once each, where something can't be written or sent.
 * @throws FerlabError `usage` for an address that is none.
 */
export function followTraining(
  { tensorboard = false, mlflow }: FollowOptions,
  warn: (message: string) => void,
): Follower {
  const server = mlflow === undefined ? null : followForMlflow(mlflow, warn);
  let write = tensorboard ? followForTensorBoard() : null;
  return {
    onProgress(event) {
      try {
        write?.(event);
      } catch (error) {
        write = null;
        warn(
          `The event file for TensorBoard can't be written (${(error as Error).message}); the training goes on without.`,
        );
      }
      server?.onProgress(event);
    },
    async close(status) {
      await server?.close(status);
    },
  };
}

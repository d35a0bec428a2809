// What happens during training, as a stream of plain values. The command line draws them; nothing here prints.

import type { Hooks } from '../../progress.js';
import type { HistoryRow } from '../../scores/history.js';

/** Something that happens during training. */
export type TrainEvent =
  /** A line for people: what was found, what is about to happen. */
  | { type: 'log'; message: string }
  /** Something went wrong that training goes on without; for people. */
  | { type: 'warning'; message: string }
  /** Images read from their files so far. */
  | { type: 'decode'; done: number; total: number }
  /** Training images that teachers have looked at so far, where they do so once. */
  | { type: 'teach'; done: number; total: number }
  /** Photographs that the stages of a cascade so far have looked at, for crops of the next stage, which is named. */
  | { type: 'mine'; stage: string; done: number; total: number }
  /** The first step is next. */
  | {
      type: 'start';
      /** As it was given, for the hint how to resume. */
      runFolder: string;
      /** The epoch that comes first: above 1 when resuming. */
      epoch: number;
      epochs: number;
      /** Training steps of one epoch. */
      steps: number;
    }
  /** A training step is done. */
  | {
      type: 'step';
      epoch: number;
      epochs: number;
      /** From 1. */
      step: number;
      steps: number;
      /** `loss` and the task's measures of training, each a mean over the images of the epoch so far. */
      measures: Readonly<Record<string, number>>;
      imagesPerSecond: number;
      /** Until the last epoch ends, if training doesn't stop early. */
      secondsLeft: number;
    }
  /** Validation images scored so far, after an epoch or at the end. */
  | { type: 'validate'; done: number; total: number }
  /** An epoch is done and its checkpoint is on disk. `best` where it is the best so far. */
  | { type: 'epoch'; row: HistoryRow; epochs: number; best: boolean }
  /** Training is over and everything is written. */
  | { type: 'done'; runFolder: string };

export type TrainHooks = Hooks<TrainEvent>;

/** The result of a training. */
export interface TrainResult {
  runFolder: string;
  /**
   * The run's model, a file of the run folder: the best epoch's, or the last one's where the configuration says so and the
   * run has ended.
   */
  modelFile: string;
  /** The epoch of that model. */
  final: HistoryRow;
  /** The best epoch so far. */
  best: HistoryRow;
  /** Every epoch so far, those before a resume included. */
  history: HistoryRow[];
  /** Why it ended: all epochs done, no more improvement, or asked to stop (then it can be resumed). */
  stopped: 'finished' | 'patience' | 'interrupted';
}

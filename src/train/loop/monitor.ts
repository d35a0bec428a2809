// Decides which epoch is the best, and when waiting for a better one is over (Keras's ModelCheckpoint and
// EarlyStopping on one monitored value).

import { FerlabError } from '../../errors.js';
import { type HistoryRow, kerasName, measureName } from '../../scores/history.js';
import type { TrainConfig } from '../config/config.js';
import type { Task } from './task.js';

export interface MonitorSettings extends Pick<TrainConfig['train'], 'minDelta' | 'patience'> {
  /** A measure of the task, by its name in history files. */
  monitor: string;
}

export type Best = { epoch: number; value: number } | null;

export interface Monitor {
  /** The best after this epoch; the same object as `best` where this one isn't better. */
  update(best: Best, row: HistoryRow): Best;
  /** Whether training stops after `epoch`. */
  isOver(best: Best, epoch: number): boolean;
}

/**
 * A value is better when it beats the best by more than minDelta; one that isn't a number never is.
 *
 * @param measures the task's.
 * @param patientSince epoch at which waiting begins anew, where the run was given more epochs after it had ended (as
 *   Keras's EarlyStopping, which starts with every call of fit).
 * @throws FerlabError `usage` where the task has no such measure.
 */
export function createMonitor(
  { monitor, minDelta, patience }: MonitorSettings,
  measures: Task['measures'],
  patientSince = 0,
): Monitor {
  const name = measureName(monitor);
  if (measures[name] === undefined) {
    const names = Object.keys(measures).map(kerasName);
    throw new FerlabError(
      'usage',
      `train.monitor: expected a measure of the task, ${names.join(', ')}; got ${monitor}`,
    );
  }
  const larger = measures[name] === 'larger';
  return {
    update(best, row) {
      const value = row.measures[name] ?? Number.NaN;
      if (!Number.isFinite(value)) return best;
      if (best === null) return { epoch: row.epoch, value };
      const gain = larger ? value - best.value : best.value - value;
      return gain > minDelta ? { epoch: row.epoch, value } : best;
    },
    isOver: (best, epoch) =>
      patience !== null && epoch - Math.max(best?.epoch ?? 0, patientSince) >= patience,
  };
}

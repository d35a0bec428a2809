// Run folders for programs: what a run was trained with, how it went, its model, and how to go on.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkArgument, path } from '../check-options.js';
import { lockHolder } from '../files/lock.js';
import type { HistoryRow } from '../scores/history.js';
import { trainConfigFormat } from './classification/stored-config.js';
import type { TrainConfig } from './config/config.js';
import type { TrainResult } from './loop/events.js';
import { runFiles } from './run/run-folder.js';
import { readRun } from './run/stored-run.js';
import type { ResumeChanges, TrainCall } from './train.js';

/** A run as its folder holds it when it is opened. */
export interface TrainingRun {
  readonly folder: string;
  /** Its paths are relative to the working folder. */
  readonly config: TrainConfig;
  /** The command line that began the run. */
  readonly command: string;
  /** Every finished epoch. */
  readonly history: readonly HistoryRow[];
  /** The best epoch's model, or the last one's where the configuration says so and the run is finished; null before. */
  readonly modelFile: string | null;
  /** Whether the run came to its end, with its model and its report written. */
  readonly finished: boolean;
  /** Whether a process trains in the folder. Such a run can't be resumed. */
  readonly training: boolean;
  /** Continues the run after its last finished epoch; see resumeTraining. */
  resume(changes?: ResumeChanges, call?: TrainCall): Promise<TrainResult>;
}

/**
 * Opens the folder of a run, finished or not; nothing in it is changed.
 *
 * @throws FerlabError `model` where it isn't one, or where its files don't belong together.
 */
export async function openRun(folder: string): Promise<TrainingRun> {
  checkArgument('openRun: folder', folder, path);
  const { config, command, history, finished = false } = await readRun(folder, trainConfigFormat);
  const final = finished && !config.train.restoreBest ? runFiles.lastModel : runFiles.bestModel;
  const modelFile = join(folder, final);
  return {
    folder,
    config,
    command,
    history,
    modelFile: existsSync(modelFile) ? modelFile : null,
    finished,
    training: (await lockHolder(folder)) !== null,
    async resume(changes, call) {
      const { resumeTraining } = await import('./train.js');
      return resumeTraining(folder, changes, call);
    },
  };
}

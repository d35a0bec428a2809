// Training a classifier from a configuration, and continuing a run.

import { join } from 'node:path';
import {
  anyNumber,
  checkArgument,
  checkHooks,
  checkOptions,
  flag,
  listOf,
  type OptionRules,
  path,
  section,
  text,
} from '../check-options.js';
import { classificationRuns } from './classification/kind.js';
import { datasetName } from './classification/model-file.js';
import { type MovedFiles, withMovedFiles } from './classification/stored-config.js';
import type { TrainingData } from './classification/training-data.js';
import { requireTrainConfig, type TrainConfig } from './config/config.js';
import type { TrainResult } from './loop/events.js';
import { forThisMachine, type RunConfig } from './loop/run-config.js';
import { takeFreeRunFolder, takeRunFolder } from './run/run-folder.js';
import { beginRun, resumeRun, type TrainCall, trainOnData } from './run/train-run.js';

export { withNetworkOfStart } from './classification/start-network.js';
export type { MovedFiles, TrainCall };

const callRules = { command: text, report: flag };

/**
 * Trains a model.
 *
 * The run folder holds config.json, history.csv and history.json, best.onnx, last.safetensors (the checkpoint), plots,
 * report.md and report.json.
 *
 * @throws FerlabError `data` for datasets that can't be used, `io` where the run folder exists or can't be written,
 *   `diverged` where the loss is no longer a number, `device` where the device can't be used.
 */
export async function trainFromConfig(config: TrainConfig, call: TrainCall = {}): Promise<TrainResult> {
  checkArgument('train', config, { ...section, expected: 'a configuration (of resolveTrainConfig)' });
  requireTrainConfig(config, 'train');
  checkHooks('train', call, callRules);
  const { out } = config;
  const folder =
    out === null ? await takeFreeRunFolder(join('runs', runName(config))) : await takeRunFolder(out);
  const named = { ...forThisMachine(config), out: folder.path };
  return beginRun(classificationRuns, named, folder, {
    ...call,
    command: call.command ?? defaultCommand(config),
  });
}

/** `faces-tiny`, for a folder `faces` or a file `faces.csv`. */
function runName(config: TrainConfig): string {
  const name = datasetName(config).replace(/\.csv$/i, '');
  return `${name || 'dataset'}-${config.preset}`;
}

function defaultCommand({ data: { path, train: training, validation }, preset }: TrainConfig): string {
  const options = [
    ...(path === null ? [] : [path]),
    ...(training === null ? [] : [`--train ${training}`]),
    ...(validation === null ? [] : [`--validation ${validation}`]),
  ];
  return `ferlab train ${options.join(' ')} --preset ${preset}`;
}

/** What may be changed about a run that is continued. */
export interface ResumeChanges extends MovedFiles {
  /** Another number of epochs than the run began with: the schedule is stretched or shortened from here on. */
  epochs?: number | undefined;
}

const resumeRules: OptionRules<ResumeChanges> = {
  epochs: anyNumber,
  dataset: path,
  train: path,
  validation: path,
  overlay: path,
  softLabels: path,
  teachers: listOf(path),
  startFrom: path,
};

/**
 * Continues a run after its last finished epoch; the weights come out as if it had never stopped.
 *
 * @throws FerlabError as train, and `model` where the folder isn't a run's, or where the dataset, the soft labels, a
 *   teacher or the weights that it started from have changed; `usage` for changes that it can't have; `io` where the run
 *   is being trained.
 */
export async function resumeTraining(
  runFolder: string,
  changes: ResumeChanges = {},
  call: TrainCall = {},
): Promise<TrainResult> {
  checkArgument('resumeTraining: runFolder', runFolder, path);
  checkOptions('resumeTraining', changes, resumeRules);
  checkHooks('resumeTraining', call, callRules);
  const { epochs, ...moved } = changes;
  const adapt = (config: RunConfig): RunConfig => withMovedFiles(config, moved, runFolder);
  return resumeRun(classificationRuns, runFolder, adapt, epochs, call);
}

/**
 * Trains on images that are open already, whatever they were chosen from: in the run folder that `config` names, from
 * its last finished epoch where it holds a run. Closing `data` is left to the caller.
 *
 * @param config names its run folder, `out`. Of a run that was begun earlier the stored configuration counts.
 * @throws FerlabError as train and resumeTraining.
 */
export function trainOn(
  data: TrainingData,
  config: RunConfig & { out: string },
  call: TrainCall & { command: string },
): Promise<TrainResult> {
  return trainOnData(classificationRuns, data, config, config.out, call);
}

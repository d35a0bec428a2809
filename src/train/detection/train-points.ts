// Training the network that refines points of faces, and continuing a run.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { anyNumber, checkHooks, checkOptions, type OptionRules } from '../../check-options.js';
import type { TrainResult } from '../loop/events.js';
import { takeFreeRunFolder, takeRunFolder } from '../run/run-folder.js';
import { beginRun, resumeRun, type TrainCall } from '../run/train-run.js';
import { pointConfig } from './points/config.js';
import { pointRuns } from './points/kind.js';
import { callRules, networkRules, perEpoch } from './rules.js';
import type { DetectorResume, DetectorTraining } from './train-detector.js';

export interface PointTraining extends Omit<DetectorTraining, 'tiles' | 'backgrounds'> {
  /**
   * Label files of the photographs to train on; docs/command-line.md describes their columns. Most of the crops are of the
   * first one's faces: it is to be what the network is for.
   */
  labels: readonly string[];
  /** Default: 40. */
  epochs?: number | undefined;
  /** Crops of an epoch, which are drawn from all faces with labelled points. Default: 16000. */
  crops?: number | undefined;
  /** Crops of a step. Default: 32. */
  batchSize?: number | undefined;
}

const rules: OptionRules<PointTraining> = {
  ...networkRules,
  crops: perEpoch,
};

/**
 * Trains the network that refines the points of faces. The run folder holds config.json, history.csv and history.json,
 * best.onnx (the model file) and last.safetensors (the checkpoint).
 *
 * @throws FerlabError `data` for labels and pictures that can't be used, `io` where the run folder exists or can't be
 *   written, `diverged` where the loss is no longer a number, `device` where the device can't be used.
 */
export async function trainPoints(options: PointTraining, call: TrainCall = {}): Promise<TrainResult> {
  checkOptions('trainPoints', options, rules);
  checkHooks('trainPoints', call, callRules);
  const cores = availableParallelism();
  const config = pointConfig({
    labels: options.labels,
    validation: options.validation ?? [],
    maxBadShare: options.maxBadShare ?? 0.05,
    epochs: options.epochs ?? 40,
    crops: options.crops ?? 16_000,
    batchSize: options.batchSize ?? 32,
    learningRate: options.learningRate ?? 2e-3,
    seed: options.seed ?? 0,
    threads: options.threads ?? cores,
    workers: options.workers ?? Math.max(1, Math.min(8, cores - 1)),
    device: options.device ?? 'cpu',
  });
  const { out } = options;
  const folder =
    out === undefined ? await takeFreeRunFolder(join('runs', 'face-points')) : await takeRunFolder(out);
  const command = call.command ?? `ferlab faces points ${options.labels.join(' ')}`;
  return beginRun(pointRuns, config, folder, { ...call, command });
}

/**
 * Continues a run after its last finished epoch; the weights come out as if it had never stopped.
 *
 * @throws FerlabError as trainPoints, and `model` where the folder isn't such a run, or where its pictures or labels have
 *   changed.
 */
export async function resumePoints(
  runFolder: string,
  changes: DetectorResume = {},
  call: TrainCall = {},
): Promise<TrainResult> {
  checkOptions('resumePoints', changes, { epochs: anyNumber });
  checkHooks('resumePoints', call, callRules);
  return resumeRun(pointRuns, runFolder, (config) => config, changes.epochs, call);
}

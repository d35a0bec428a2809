// Training a detector of faces on labelled photographs, and continuing a run.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { anyNumber, checkHooks, checkOptions, type OptionRules, path } from '../../check-options.js';
import type { TrainResult } from '../loop/events.js';
import { takeFreeRunFolder, takeRunFolder } from '../run/run-folder.js';
import { beginRun, resumeRun, type TrainCall } from '../run/train-run.js';
import { callRules, networkRules, perEpoch } from './rules.js';
import { detectionConfig } from './single-stage/config.js';
import { detectionRuns } from './single-stage/kind.js';

export interface DetectorTraining {
  /** Label files of the photographs to train on; docs/command-line.md describes their columns. */
  labels: readonly string[];
  /** Label files of the photographs to validate on. Default: every twentieth picture of `labels`. */
  validation?: readonly string[] | undefined;
  /** Folder of pictures without faces, to train on. */
  backgrounds?: string | undefined;
  /** The run folder, which must not exist. Default: a new one in `runs`. */
  out?: string | undefined;
  /** Default: 40. */
  epochs?: number | undefined;
  /** Tiles of an epoch, which are drawn from all photographs. Default: 6400. */
  tiles?: number | undefined;
  /** Tiles of a step. Default: 16. */
  batchSize?: number | undefined;
  /** The highest one. Default: 0.002. */
  learningRate?: number | undefined;
  /** Default: 0. */
  seed?: number | undefined;
  /** Of the engine. Default: one per core. The same number gives the same weights. */
  threads?: number | undefined;
  /** Threads that decode photographs and make tiles. Default: one less than the cores, at most 8. */
  workers?: number | undefined;
  /** Default: cpu. */
  device?: 'cpu' | 'cuda' | undefined;
  /** Share of the pictures that may be unreadable. Default: 0.05. */
  maxBadShare?: number | undefined;
}

const rules: OptionRules<DetectorTraining> = {
  ...networkRules,
  backgrounds: path,
  tiles: perEpoch,
};

/**
 * Trains the single-stage detector. The run folder holds config.json, history.csv and history.json, best.onnx (a model file
 * in YuNet's format), last.safetensors (the checkpoint) and report.md with its plots.
 *
 * @throws FerlabError `data` for labels and pictures that can't be used, `io` where the run folder exists or can't be
 *   written, `diverged` where the loss is no longer a number, `device` where the device can't be used.
 */
export async function trainDetector(options: DetectorTraining, call: TrainCall = {}): Promise<TrainResult> {
  checkOptions('trainDetector', options, rules);
  checkHooks('trainDetector', call, callRules);
  const cores = availableParallelism();
  const config = detectionConfig({
    labels: options.labels,
    validation: options.validation ?? [],
    backgrounds: options.backgrounds ?? null,
    maxBadShare: options.maxBadShare ?? 0.05,
    epochs: options.epochs ?? 40,
    tiles: options.tiles ?? 6400,
    batchSize: options.batchSize ?? 16,
    learningRate: options.learningRate ?? 2e-3,
    seed: options.seed ?? 0,
    threads: options.threads ?? cores,
    workers: options.workers ?? Math.max(1, Math.min(8, cores - 1)),
    device: options.device ?? 'cpu',
  });
  const { out } = options;
  const folder =
    out === undefined ? await takeFreeRunFolder(join('runs', 'faces')) : await takeRunFolder(out);
  const command = call.command ?? `ferlab faces train ${options.labels.join(' ')}`;
  return beginRun(detectionRuns, config, folder, { ...call, command });
}

/** What may be changed about a run that is continued. */
export interface DetectorResume {
  /** Another number of epochs than the run began with: the schedule is stretched or shortened from here on. */
  epochs?: number | undefined;
}

/**
 * Continues a run after its last finished epoch; the weights come out as if it had never stopped.
 *
 * @throws FerlabError as trainDetector, and `model` where the folder isn't a detector's run, or where its pictures or labels
 *   have changed.
 */
export async function resumeDetector(
  runFolder: string,
  changes: DetectorResume = {},
  call: TrainCall = {},
): Promise<TrainResult> {
  checkOptions('resumeDetector', changes, { epochs: anyNumber });
  checkHooks('resumeDetector', call, callRules);
  return resumeRun(detectionRuns, runFolder, (config) => config, changes.epochs, call);
}

// Training a cascade of three networks (MTCNN) on labelled photographs, and continuing a run.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkHooks, checkOptions, type OptionRules, path, wholeNumber } from '../../check-options.js';
import { checkFingerprints } from '../run/fingerprints.js';
import { retakeRunFolder, takeFreeRunFolder, takeRunFolder } from '../run/run-folder.js';
import { readRun, storeConfig, storedTask } from '../run/stored-run.js';
import type { TrainCall } from '../run/train-run.js';
import { type CascadeConfig, cascadeFormat } from './cascade/config.js';
import { type CascadeResult, finishCascade } from './cascade/finish.js';
import { trainStages } from './cascade/train-stages.js';
import { callRules, trainingRules } from './rules.js';
import { type DetectionData, openDetectionData } from './single-stage/data.js';

export type { CascadeResult };

export interface CascadeTraining {
  /** Label files of the photographs to train on; docs/command-line.md describes their columns. */
  labels: readonly string[];
  /** Label files of the photographs to validate on. Default: every twentieth picture of `labels`. */
  validation?: readonly string[] | undefined;
  /** Folder of pictures without faces, to train on. */
  backgrounds?: string | undefined;
  /** The run folder, which must not exist. Default: a new one in `runs`. */
  out?: string | undefined;
  /** Of each stage. Default: 6. */
  epochs?: number | undefined;
  /** How much is learnt in an epoch: 1 stands for 384,000, 57,600 and 24,000 crops of the three stages. Default: 1. */
  effort?: number | undefined;
  /** Longer side of the smallest face that is learnt, in pixels. Default: 20. */
  minFace?: number | undefined;
  /** Default: 0. */
  seed?: number | undefined;
  /** Of the engine. Default: one per core. The same number gives the same weights. */
  threads?: number | undefined;
  /** Threads that decode photographs. Default: one less than the cores, at most 8. */
  workers?: number | undefined;
  /** Default: cpu. */
  device?: 'cpu' | 'cuda' | undefined;
  /** Share of the pictures that may be unreadable. Default: 0.05. */
  maxBadShare?: number | undefined;
}

const rules: OptionRules<CascadeTraining> = {
  ...trainingRules,
  backgrounds: path,
  effort: {
    expected: 'a number above 0, at most 1000',
    accepts: (effort) => Number(effort) > 0 && Number(effort) <= 1000,
  },
  minFace: wholeNumber(12, 1000),
};

/**
 * Trains the three stages of MTCNN (Zhang, Zhang, Li and Qiao 2016): each learns from what the ones before take for faces, and
 * its threshold is chosen by how many labelled faces it keeps. The run folder holds config.json, a run folder of each stage
 * (pnet, rnet, onet), the detector and report.md.
 *
 * @throws FerlabError `data` for labels and pictures that can't be used, `io` where the run folder exists or can't be
 *   written, `diverged` where the loss is no longer a number, `device` where the device can't be used.
 */
export async function trainCascade(options: CascadeTraining, call: TrainCall = {}): Promise<CascadeResult> {
  checkOptions('trainCascade', options, rules);
  checkHooks('trainCascade', call, callRules);
  const cores = availableParallelism();
  const { out } = options;
  const config: CascadeConfig = {
    data: {
      labels: [...options.labels],
      validation: [...(options.validation ?? [])],
      maxBadShare: options.maxBadShare ?? 0.05,
      workers: options.workers ?? Math.max(1, Math.min(8, cores - 1)),
      backgrounds: options.backgrounds ?? null,
    },
    settings: {
      seed: options.seed ?? 0,
      epochs: options.epochs ?? 6,
      effort: options.effort ?? 1,
      minFace: options.minFace ?? 20,
      threads: options.threads ?? cores,
      device: options.device ?? 'cpu',
    },
  };
  const folder =
    out === undefined ? await takeFreeRunFolder(join('runs', 'faces')) : await takeRunFolder(out);
  const command = call.command ?? `ferlab faces train ${options.labels.join(' ')} --detector mtcnn`;
  let begun = false;
  try {
    await storeConfig(folder.path, cascadeFormat, { config, command });
    const data = await openDetectionData(config, call);
    begun = true;
    return await run(folder.path, config, command, data, call);
  } finally {
    await (begun ? folder.release() : folder.undo());
  }
}

/**
 * Continues a run after the last finished epoch of the stage that it was in; the weights come out as if it had never stopped.
 *
 * @throws FerlabError as trainCascade, and `model` where the folder isn't a cascade's run, or where its pictures or labels
 *   have changed.
 */
export async function resumeCascade(runFolder: string, call: TrainCall = {}): Promise<CascadeResult> {
  checkHooks('resumeCascade', call, callRules);
  const folder = await retakeRunFolder(runFolder);
  try {
    const { config, command, fingerprints } = await readRun(folder.path, cascadeFormat);
    const data = await openDetectionData(config, call);
    checkFingerprints({ path: runFolder, checkpoint: null, fingerprints }, fingerprintsOf(data), (name) => ({
      what: `${name} pictures and labels`,
      found: 'others',
      remedy: 'the pictures and their labels',
    }));
    return await run(folder.path, config, command, data, call);
  } finally {
    await folder.release();
  }
}

/** Whether a cascade is trained in the folder of a run. Throws FerlabError `model` where it is none. */
export const isCascadeRun = async (runFolder: string): Promise<boolean> =>
  (await storedTask(runFolder)) === cascadeFormat.task;

const fingerprintsOf = ({ training, validation }: DetectionData): Record<string, string> => ({
  train: training.fingerprint,
  validation: validation.fingerprint,
});

async function run(
  folder: string,
  config: CascadeConfig,
  command: string,
  data: DetectionData,
  { report = true, ...hooks }: TrainCall,
): Promise<CascadeResult> {
  const stored = { config, command, fingerprints: fingerprintsOf(data) };
  await storeConfig(folder, cascadeFormat, stored);
  const training = { settings: config.settings, photographs: data, folder, command, hooks };
  const stages = await trainStages(training);
  if (stages === null) return { runFolder: folder, stopped: 'interrupted', final: null };
  const result = await finishCascade(training, stages, report);
  if (result.stopped === 'finished') await storeConfig(folder, cascadeFormat, { ...stored, finished: true });
  return result;
}

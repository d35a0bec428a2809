// Training from a configuration, and continuing a run: takes the run folder, chooses the device, reads the data, and hands
// over to the run.

import { join } from 'node:path';
import type { Device, DeviceChoice } from '../engine/runtime/device.js';
import { FerlabError } from '../errors.js';
import { chooseDevice } from '../machine/choose-device.js';
import { datasetName } from './classification/model-file.js';
import {
  describeFingerprint,
  type MovedFiles,
  trainConfigFormat,
  withMovedFiles,
} from './classification/stored-config.js';
import { classificationMeasures, classificationTask } from './classification/task.js';
import { openTrainingData, type TrainingData } from './classification/training-data.js';
import { checkTrainConfig, type TrainConfig } from './config/config.js';
import type { TrainHooks, TrainResult } from './loop/events.js';
import { createMonitor } from './loop/monitor.js';
import { checkFingerprints } from './run/fingerprints.js';
import { runTask } from './run/run.js';
import {
  holdsRun,
  type RunFolder,
  retakeRunFolder,
  takeFreeRunFolder,
  takeRunFolder,
} from './run/run-folder.js';
import { readRun, type StoredConfig, type StoredRun, storeConfig } from './run/stored-run.js';

/** Options of a run that belong to the call, not to the configuration. */
export interface TrainCall extends TrainHooks {
  /** How the run was started, for its report; a default names the preset. */
  command?: string | undefined;
  /** Whether the report is written at the end, with its plots; true by default. */
  report?: boolean | undefined;
}

/** A run with its configuration, in a folder that no other process trains in. */
interface OpenedRun extends Omit<StoredRun<TrainConfig>, 'path'> {
  folder: RunFolder;
}

/**
 * Trains a model.
 *
 * The run folder holds config.json, history.csv and history.json, best.onnx, last.safetensors (the checkpoint), plots,
 * report.md and report.json.
 *
 * @throws FerlabError `data` for datasets that can't be used, `io` where the run folder exists or can't be written,
 *   `diverged` where the loss is no longer a number, `device` where the device can't be used.
 */
export async function train(config: TrainConfig, call: TrainCall = {}): Promise<TrainResult> {
  const command = call.command ?? defaultCommand(config);
  const folder =
    config.run.out === null
      ? await takeFreeRunFolder(join('runs', `${datasetName(config)}-${config.preset}`))
      : await takeRunFolder(config.run.out);
  const named = { ...config, run: { ...config.run, out: folder.path } };
  let begun = false;
  try {
    // Readers of datasets know a run folder by its configuration, also where it lies among the images.
    await storeConfig(folder.path, trainConfigFormat, { config: named, command });
    const device = await deviceFor(config.train.device, call);
    const stored = { ...named, train: { ...named.train, device } };
    const data = await openTrainingData(stored, call);
    try {
      begun = true;
      return await begin({ folder, config: stored, command }, data, device, call);
    } finally {
      await data.close();
    }
  } finally {
    // A wrong path leaves nothing behind.
    await (begun ? folder.release() : folder.undo());
  }
}

export type { MovedFiles };

/** What may be changed about a run that is continued. */
export interface ResumeChanges extends MovedFiles {
  /** Another number of epochs than the run began with: the schedule is stretched or shortened from here on. */
  epochs?: number | undefined;
}

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
  const folder = await retakeRunFolder(runFolder);
  try {
    const { epochs, ...moved } = changes;
    const stored = await openStored(folder);
    const found = { ...stored, config: withMovedFiles(stored.config, moved, runFolder) };
    const opened =
      epochs === undefined
        ? found
        : withEpochs(found, epochs, call.command ?? `ferlab train --resume ${runFolder} --epochs ${epochs}`);
    const device = await deviceFor(opened.config.train.device, call);
    const data = await openTrainingData(opened.config, call);
    try {
      return await goOn(opened, data, device, call);
    } finally {
      await data.close();
    }
  } finally {
    await folder.release();
  }
}

/**
 * Trains on images that are open already, whatever they were chosen from: in the run folder that `config` names, from
 * its last finished epoch where it holds a run. Closing `data` is left to the caller.
 *
 * @param config names its run folder, `run.out`. Of a run that was begun earlier the stored configuration counts.
 * @throws FerlabError as train and resumeTraining.
 */
export async function trainOn(
  data: TrainingData,
  config: TrainConfig & { run: { out: string } },
  call: TrainCall & { command: string },
): Promise<TrainResult> {
  const path = config.run.out;
  const continued = holdsRun(path);
  const folder = continued ? await retakeRunFolder(path) : await takeRunFolder(path);
  try {
    const device = await deviceFor(config.train.device, call);
    if (continued) return await goOn(await openStored(folder), data, device, call);
    return await begin({ folder, config, command: call.command }, data, device, call);
  } finally {
    await folder.release();
  }
}

async function openStored(folder: RunFolder): Promise<OpenedRun> {
  const { config, ...stored } = await readRun(folder.path, trainConfigFormat);
  return { ...stored, config: { ...config, run: { ...config.run, out: folder.path } }, folder };
}

/** The device to train on; logs why where the choice was this program's. Chosen once in a run. */
async function deviceFor(choice: DeviceChoice, { onProgress }: TrainHooks): Promise<Device> {
  const { device, reason } = await chooseDevice(choice);
  if (reason !== null) onProgress?.({ type: 'log', message: `Device: ${device} (${reason})` });
  return device;
}

function defaultCommand({ data: { path, train, validation }, preset }: TrainConfig): string {
  const options = [
    ...(path === null ? [] : [path]),
    ...(train === null ? [] : [`--train ${train}`]),
    ...(validation === null ? [] : [`--validation ${validation}`]),
  ];
  return `ferlab train ${options.join(' ')} --preset ${preset}`;
}

/** SHA-256 of all that decides the weights beside the configuration, by name. */
const fingerprintsOf = ({ fingerprints, extra }: TrainingData): Record<string, string> => ({
  ...fingerprints,
  ...extra.fingerprints,
});

function begin(
  opened: Pick<OpenedRun, 'folder' | 'config' | 'command'>,
  data: TrainingData,
  device: Device,
  call: TrainCall,
): Promise<TrainResult> {
  return run({ ...opened, checkpoint: null, history: [] }, data, device, call);
}

function goOn(opened: OpenedRun, data: TrainingData, device: Device, call: TrainCall): Promise<TrainResult> {
  checkFingerprints({ ...opened, path: opened.folder.path }, fingerprintsOf(data), (name) =>
    describeFingerprint(name, opened.config),
  );
  return run(opened, data, device, call);
}

async function run(
  opened: OpenedRun,
  data: TrainingData,
  device: Device,
  { report = true, ...hooks }: TrainCall,
): Promise<TrainResult> {
  const { folder, config, command, patientSince } = opened;
  const fingerprints = fingerprintsOf(data);
  const store = (finished: boolean): Promise<void> => {
    const stored: StoredConfig<TrainConfig> = { config, command, fingerprints, patientSince };
    return storeConfig(folder.path, trainConfigFormat, { ...stored, ...(finished ? { finished } : {}) });
  };
  await store(false);
  const task = classificationTask(config, data, device);
  const result = await runTask({ task, folder, stored: opened, fingerprints, device, report, hooks });
  if (result.stopped !== 'interrupted') await store(true);
  return result;
}

/**
 * A run with another number of epochs, from its last finished one on. The schedule of the learning rate is that of the
 * new number, as if it had always been; what is done is not done again. Where the run had ended for want of improvement,
 * waiting for it begins anew.
 *
 * @param command the command line that asks for it; it stands beside the one that began the run.
 * @throws FerlabError `usage` where more epochs are done already, or the configuration doesn't allow that number.
 */
function withEpochs(opened: OpenedRun, epochs: number, command: string): OpenedRun {
  const { folder, config, checkpoint } = opened;
  if (epochs === config.train.epochs) return opened;
  const wanted = { ...config, train: { ...config.train, epochs } };
  const { issues } = checkTrainConfig(wanted);
  if (issues.length > 0) {
    const found = issues.map(({ path, message }) => `${path}: ${message}`).join('\n');
    throw new FerlabError('usage', `--epochs: ${found}`);
  }
  const done = checkpoint?.progress.epoch ?? 0;
  if (epochs < done) {
    throw new FerlabError(
      'usage',
      `--epochs: expected at least the ${done} epochs that ${folder.path} has done, got ${epochs}.`,
    );
  }
  const { patientSince } = opened;
  const monitor = createMonitor(config.train, classificationMeasures, patientSince);
  const wasOver = monitor.isOver(checkpoint?.progress.best ?? null, done);
  return {
    ...opened,
    config: wanted,
    command: `${opened.command}\n${command} # after epoch ${done}`,
    patientSince: wasOver ? done : patientSince,
  };
}

// Beginning and continuing runs of any kind of task: takes the run folder, chooses the device, opens the data, and hands
// over to the run.

import type { Device, DeviceChoice } from '../../engine/runtime/device.js';
import { FerlabError } from '../../errors.js';
import { chooseDevice } from '../../machine/choose-device.js';
import type { TrainHooks, TrainResult } from '../loop/events.js';
import { createMonitor } from '../loop/monitor.js';
import type { RunSettings } from '../loop/prepare.js';
import type { RunTask, Task } from '../loop/task.js';
import { checkFingerprints, type Fingerprinted } from './fingerprints.js';
import { runTask } from './run.js';
import { holdsRun, type RunFolder, retakeRunFolder, takeRunFolder } from './run-folder.js';
import { type ConfigFormat, readRun, type StoredRun, storeConfig } from './stored-run.js';

/** Options of a run that belong to the call, not to the configuration. */
export interface TrainCall extends TrainHooks {
  /** How the run was started, for its report; a default names the preset. */
  command?: string | undefined;
  /** Whether the report is written at the end, with its plots; true by default. */
  report?: boolean | undefined;
}

/** A kind of task with its configuration and its data. */
export interface RunKind<Config extends RunSettings, Data extends { close(): Promise<void> }> {
  readonly format: ConfigFormat<Config>;
  /** The measures of its tasks. */
  readonly measures: Task['measures'];
  /** What is wrong with a configuration, for people; null for nothing. */
  problem(config: Config): string | null;
  /** Throws FerlabError where the data can't be used. */
  openData(config: Config, hooks: TrainHooks): Promise<Data>;
  /** SHA-256 of all that decides the weights beside the configuration, by name. */
  fingerprints(data: Data): Record<string, string>;
  describeFingerprint(name: string, config: Config): Fingerprinted;
  createTask(config: Config, data: Data, device: Device): RunTask;
}

/** A run with its configuration, in a folder that no other process trains in. */
interface OpenedRun<Config> extends Omit<StoredRun<Config>, 'path'> {
  folder: RunFolder;
}

/**
 * Begins a run in a folder that was taken for it, and gives the folder back. Where the run comes to nothing before its data
 * is open, nothing of it is left.
 *
 * @throws FerlabError as the kind's `openData`; `io`, `device`, `diverged`.
 */
export async function beginRun<Config extends RunSettings, Data extends { close(): Promise<void> }>(
  kind: RunKind<Config, Data>,
  config: Config,
  folder: RunFolder,
  call: TrainCall & { command: string },
): Promise<TrainResult> {
  const { command } = call;
  let begun = false;
  try {
    // Readers of datasets know a run folder by its configuration, also where it lies among the images.
    await storeConfig(folder.path, kind.format, { config, command });
    const device = await deviceFor(config.train.device, call);
    const stored = { ...config, train: { ...config.train, device } };
    const data = await kind.openData(stored, call);
    try {
      begun = true;
      return await run(kind, newRun(folder, stored, command), data, device, call);
    } finally {
      await data.close();
    }
  } finally {
    await (begun ? folder.release() : folder.undo());
  }
}

/**
 * Continues a run after its last finished epoch.
 *
 * @param adapt changes the stored configuration before anything is opened, as for files that have been moved.
 * @param epochs another number of them than the run began with.
 * @throws FerlabError as beginRun; `model` where the folder isn't a run's or something has changed, `usage` for a number
 *   of epochs that it can't have, `io` where the run is being trained.
 */
export async function resumeRun<Config extends RunSettings, Data extends { close(): Promise<void> }>(
  kind: RunKind<Config, Data>,
  path: string,
  adapt: (config: Config) => Config,
  epochs: number | undefined,
  call: TrainCall,
): Promise<TrainResult> {
  const folder = await retakeRunFolder(path);
  try {
    const stored = await openStored(kind, folder);
    const adapted = { ...stored, config: adapt(stored.config) };
    const opened =
      epochs === undefined
        ? adapted
        : withEpochs(
            kind,
            adapted,
            epochs,
            call.command ?? `ferlab train --resume ${path} --epochs ${epochs}`,
          );
    const device = await deviceFor(opened.config.train.device, call);
    const data = await kind.openData(opened.config, call);
    try {
      return await goOn(kind, opened, data, device, call);
    } finally {
      await data.close();
    }
  } finally {
    await folder.release();
  }
}

/** Begins or continues a run with data that is open already, and stays open. Of a run that was begun the stored configuration counts. */
export async function trainOnData<Config extends RunSettings, Data extends { close(): Promise<void> }>(
  kind: RunKind<Config, Data>,
  data: Data,
  config: Config,
  path: string,
  call: TrainCall & { command: string },
): Promise<TrainResult> {
  const continued = holdsRun(path);
  const folder = continued ? await retakeRunFolder(path) : await takeRunFolder(path);
  try {
    const device = await deviceFor(config.train.device, call);
    if (continued) return await goOn(kind, await openStored(kind, folder), data, device, call);
    return await run(kind, newRun(folder, config, call.command), data, device, call);
  } finally {
    await folder.release();
  }
}

function newRun<Config>(folder: RunFolder, config: Config, command: string): OpenedRun<Config> {
  return { folder, config, command, checkpoint: null, history: [] };
}

async function openStored<Config extends RunSettings, Data extends { close(): Promise<void> }>(
  { format }: RunKind<Config, Data>,
  folder: RunFolder,
): Promise<OpenedRun<Config>> {
  const { path, ...stored } = await readRun(folder.path, format);
  return { ...stored, folder };
}

/** The device to train on; logs why where the choice was this program's. Chosen once in a run. */
async function deviceFor(choice: DeviceChoice, { onProgress }: TrainHooks): Promise<Device> {
  const { device, reason } = await chooseDevice(choice);
  if (reason !== null) onProgress?.({ type: 'log', message: `Device: ${device} (${reason})` });
  return device;
}

function goOn<Config extends RunSettings, Data extends { close(): Promise<void> }>(
  kind: RunKind<Config, Data>,
  opened: OpenedRun<Config>,
  data: Data,
  device: Device,
  call: TrainCall,
): Promise<TrainResult> {
  checkFingerprints({ ...opened, path: opened.folder.path }, kind.fingerprints(data), (name) =>
    kind.describeFingerprint(name, opened.config),
  );
  return run(kind, opened, data, device, call);
}

async function run<Config extends RunSettings, Data extends { close(): Promise<void> }>(
  kind: RunKind<Config, Data>,
  opened: OpenedRun<Config>,
  data: Data,
  device: Device,
  { report = true, ...hooks }: TrainCall,
): Promise<TrainResult> {
  const { folder, config, command, patientSince } = opened;
  const fingerprints = kind.fingerprints(data);
  const stored = { config, command, fingerprints, patientSince };
  await storeConfig(folder.path, kind.format, stored);
  const task = kind.createTask(config, data, device);
  const result = await runTask({ task, folder, stored: opened, fingerprints, device, report, hooks });
  if (result.stopped !== 'interrupted')
    await storeConfig(folder.path, kind.format, { ...stored, finished: true });
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
function withEpochs<Config extends RunSettings, Data extends { close(): Promise<void> }>(
  kind: RunKind<Config, Data>,
  opened: OpenedRun<Config>,
  epochs: number,
  command: string,
): OpenedRun<Config> {
  const { folder, config, checkpoint, patientSince } = opened;
  if (epochs === config.train.epochs) return opened;
  const wanted = { ...config, train: { ...config.train, epochs } };
  const problem = kind.problem(wanted);
  if (problem !== null) throw new FerlabError('usage', `--epochs: ${problem}`);
  const done = checkpoint?.progress.epoch ?? 0;
  if (epochs < done) {
    throw new FerlabError(
      'usage',
      `--epochs: expected at least the ${done} epochs that ${folder.path} has done, got ${epochs}.`,
    );
  }
  const monitor = createMonitor(config.train, kind.measures, patientSince);
  const wasOver = monitor.isOver(checkpoint?.progress.best ?? null, done);
  return {
    ...opened,
    config: wanted,
    command: `${opened.command}\n${command} # after epoch ${done}`,
    patientSince: wasOver ? done : patientSince,
  };
}

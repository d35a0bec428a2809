// A run of a task in its folder: prepare, fit, finish.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { weightsOf } from '../../engine/compile/training-step.js';
import type { Device } from '../../engine/runtime/device.js';
import { FerlabError } from '../../errors.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { type HistoryRow, kerasMeasures } from '../../scores/history.js';
import type { TrainHooks, TrainResult } from '../loop/events.js';
import { fit, type Progress } from '../loop/fit.js';
import { createLearningRate, plateauStart } from '../loop/learning-rate.js';
import { createMonitor, type Monitor } from '../loop/monitor.js';
import { type PreparedSession, prepareSession, type RunSettings } from '../loop/prepare.js';
import type { RunTask } from '../loop/task.js';
import type { RunFolder } from './run-folder.js';
import type { StoredRun } from './stored-run.js';

export interface Run {
  task: RunTask;
  folder: RunFolder;
  /** New, or begun earlier. */
  stored: Omit<StoredRun<RunSettings>, 'path' | 'fingerprints' | 'finished'>;
  /** SHA-256 of all that decides the weights beside the configuration, by name. */
  fingerprints: Readonly<Record<string, string>>;
  device: Device;
  /** Whether a report is written at the end. */
  report: boolean;
  hooks: TrainHooks;
}

/** Trains until the run is over, or interrupted. Its folder stays taken. */
export async function runTask(run: Run): Promise<TrainResult> {
  const prepared = await prepare(run);
  try {
    const stopped = await train(run, prepared);
    const best = bestRow(run, prepared, stopped);
    const { path, bestModel } = run.folder;
    const { history } = prepared;
    if (stopped === 'interrupted')
      return { runFolder: path, modelFile: bestModel, final: best, best, history, stopped };
    const { final, modelFile } = await finish(run, prepared, best);
    run.hooks.onProgress?.({ type: 'done', runFolder: path });
    return { runFolder: path, modelFile, final, best, history, stopped };
  } finally {
    await prepared.session.close();
  }
}

interface PreparedRun extends PreparedSession {
  monitor: Monitor;
  /** Where the run stands; changes with every epoch, as `history` and `best` do. */
  progress: Progress;
  history: HistoryRow[];
  /** Bytes of best.onnx, where this call has written it. */
  best: Uint8Array | null;
}

const start: Progress = { epoch: 0, step: 0, best: null, plateau: plateauStart };

async function prepare({ task, stored, device, hooks }: Run): Promise<PreparedRun> {
  const { config, checkpoint, history, patientSince } = stored;
  return {
    ...(await prepareSession(task, config, device, hooks, checkpoint?.tensors)),
    monitor: createMonitor(config.train, task.measures, patientSince),
    progress: checkpoint?.progress ?? start,
    history: [...history],
    best: null,
  };
}

async function train(run: Run, prepared: PreparedRun): Promise<TrainResult['stopped']> {
  const { task, folder, stored, fingerprints, hooks } = run;
  const { session, place, monitor, averaged, progress } = prepared;
  const { epochs } = stored.config.train;
  if (progress.epoch < epochs && !monitor.isOver(progress.best, progress.epoch)) await task.prepare?.(hooks);
  hooks.onProgress?.({
    type: 'start',
    runFolder: folder.path,
    epoch: progress.epoch + 1,
    epochs,
    steps: task.batchesPerEpoch,
  });
  return fit({
    task,
    epochs,
    session,
    place,
    averaged,
    learningRate: createLearningRate(stored.config, task.batchesPerEpoch),
    monitor,
    progress,
    hooks,
    async onEpoch(row, now, isBest) {
      prepared.progress = now;
      prepared.history.push(row);
      const carried = await session.readCarried();
      if (isBest) {
        prepared.best = task.encodeModel(weightsOf(carried, averaged), metricsOf(row));
        await writeFileAtomically(folder.bestModel, prepared.best);
      }
      await folder.writeHistory(prepared.history);
      await folder.writeCheckpoint({
        progress: { format: 1, ...now, fingerprints: { ...fingerprints } },
        tensors: { ...carried },
      });
    },
  });
}

/** Writes the run's model, calibrated and the like, once, and then its report. */
async function finish(
  { task, folder, stored, report, hooks }: Run,
  { session, place, averaged, history, best: bestBytes }: PreparedRun,
  best: HistoryRow,
): Promise<{ final: HistoryRow; modelFile: string }> {
  const { restoreBest } = stored.config.train;
  const final = restoreBest ? best : history.at(-1)!;
  const modelFile = restoreBest ? folder.bestModel : folder.lastModel;
  const trained = restoreBest
    ? (bestBytes ?? (await readFile(modelFile)))
    : task.encodeModel(weightsOf(await session.readCarried(), averaged), metricsOf(final));
  const finished = await task.finishModel(trained, modelFile, place, { report }, hooks);
  await writeFileAtomically(modelFile, finished.bytes);
  await finished.writeReport?.({
    folder: folder.path,
    command: stored.command,
    model: { file: basename(modelFile), epoch: final.epoch },
    history,
    best,
  });
  return { final, modelFile };
}

/** What a model file records of its scores. */
const metricsOf = ({ epoch, measures }: HistoryRow): Record<string, number> => ({
  epoch,
  ...kerasMeasures(measures),
});

function bestRow(
  { folder: { path } }: Run,
  { history, progress }: PreparedRun,
  stopped: TrainResult['stopped'],
): HistoryRow {
  const row = history.find(({ epoch }) => epoch === progress.best?.epoch);
  if (row !== undefined) return row;
  if (stopped === 'interrupted') {
    throw new FerlabError(
      'interrupted',
      `Stopped before an epoch was done whose monitored value is a number; "ferlab train --resume ${path}" begins it again.`,
    );
  }
  throw new FerlabError(
    'diverged',
    `${path}: expected an epoch whose monitored value is a number, found none.`,
  );
}

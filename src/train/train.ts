// Training from a configuration, and continuing a run: reads the data, prepares the engine, trains, evaluates the
// best model and reports.

import { createBatchLoader } from '../data/store/batches.js';
import type { Network, Weights } from '../engine/compile/network.js';
import { compileTrainingStep, initialState, weightsOf } from '../engine/compile/training-step.js';
import { channelBlock } from '../engine/runtime/channel-block.js';
import { stepsPerRun, TrainingSession } from '../engine/training/training-session.js';
import { FerlabError } from '../errors.js';
import { chooseDevice } from '../machine/choose-device.js';
import { createNetwork } from '../models/create.js';
import type { HistoryRow } from '../scores/history.js';
import type { TrainConfig } from './config/config.js';
import type { TrainHooks, TrainResult } from './loop/events.js';
import { fit } from './loop/fit.js';
import { describeGrowth, sideAt } from './loop/growth.js';
import { createLearningRate, plateauStart } from './loop/learning-rate.js';
import { mixupNote } from './loop/mixup.js';
import { createMonitor } from './loop/monitor.js';
import { createOptimizer } from './loop/optimizer.js';
import { balancedWeights } from './loop/targets.js';
import { calibrateRun } from './run/calibrate-run.js';
import type { Progress } from './run/checkpoint.js';
import { type ExportContext, exportModel } from './run/export.js';
import { allFingerprints, checkFingerprints } from './run/fingerprints.js';
import { reportRun } from './run/report-run.js';
import {
  checkRunFolder,
  createRunFolder,
  holdsRun,
  type OpenedRun,
  openRunFolder,
  type RunFolder,
  storeConfig,
  withEpochs,
} from './run/run-folder.js';
import { chooseRunFolder } from './run/run-name.js';
import { countClasses, openTrainingData, type TrainingData } from './run/training-data.js';
import { describeFresh, startingWeights } from './supervision/start.js';
import { askTeachers } from './supervision/teacher-answers.js';

/** Options of a run that belong to the call, not to the configuration. */
export interface TrainCall extends TrainHooks {
  /** How the run was started, for its report; a default names the preset. */
  command?: string | undefined;
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
  const path = config.run.out ?? chooseRunFolder(config);
  const command = call.command ?? defaultCommand(config);
  const started = performance.now();
  // The folder is made only once the dataset is read, so that a wrong path leaves nothing behind.
  await checkRunFolder(path);
  const { device, reason } = await chooseDevice(config.train.device);
  if (reason !== null) call.onProgress?.({ type: 'log', message: `Device: ${device} (${reason})` });
  const stored: TrainConfig = {
    ...config,
    train: { ...config.train, device },
    run: { ...config.run, out: path },
  };
  const data = await openTrainingData(stored, call);
  try {
    const folder = await createRunFolder(path, { config: stored, command });
    const opened: OpenedRun = { folder, config: stored, command, checkpoint: null, history: [] };
    return await run(opened, data, call, started);
  } finally {
    await data.close();
  }
}

/**
 * Continues a run after its last finished epoch; the weights come out as if it had never stopped.
 *
 * @param epochs another number of them than the run began with: the schedule is stretched or shortened from here on.
 * @throws FerlabError as train, and `model` where the folder isn't a run's, or where the dataset, the soft labels, a
 *   teacher or the weights that it started from have changed; `usage` for epochs that it can't have.
 */
export async function resumeTraining(
  runFolder: string,
  call: TrainCall = {},
  epochs?: number,
): Promise<TrainResult> {
  const started = performance.now();
  const stored = await openRunFolder(runFolder);
  const opened =
    epochs === undefined
      ? stored
      : withEpochs(stored, epochs, call.command ?? `ferlab train --resume ${runFolder} --epochs ${epochs}`);
  const data = await openTrainingData(opened.config, call);
  try {
    checkFingerprints(runFolder, opened, data);
    if (opened !== stored) await storeConfig(runFolder, opened);
    return await run(opened, data, call, started);
  } finally {
    await data.close();
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
  const started = performance.now();
  const path = config.run.out;
  const { command } = call;
  if (!holdsRun(path)) {
    const folder = await createRunFolder(path, { config, command });
    return run({ folder, config, command, checkpoint: null, history: [] }, data, call, started);
  }
  const opened = await openRunFolder(path);
  checkFingerprints(path, opened, data);
  return run(opened, data, call, started);
}

function defaultCommand({ data: { path, train, validation }, preset }: TrainConfig): string {
  const options = [
    ...(path === null ? [] : [path]),
    ...(train === null ? [] : [`--train ${train}`]),
    ...(validation === null ? [] : [`--validation ${validation}`]),
  ];
  return `ferlab train ${options.join(' ')} --preset ${preset}`;
}

async function run(
  opened: OpenedRun,
  data: TrainingData,
  call: TrainCall,
  started: number,
): Promise<TrainResult> {
  const { config, checkpoint, folder } = opened;
  const { device } = await chooseDevice(config.train.device);
  const block = await channelBlock(device);
  const { dataset, training, validation, supervision } = data;
  const fingerprints = allFingerprints(data);
  const distillation = supervision.teachers === null ? undefined : config.distillation;
  const classes = dataset.classes.length;
  const network = createNetwork(config.model, config.data.imageSize, classes, config.augment.crop);
  const optimizer = createOptimizer(config.optimizer);
  const averaged = config.optimizer.ema !== null;
  const session = new TrainingSession(
    (batchSize, imageShape) =>
      compileTrainingStep({
        network: imageShape === undefined ? network : { ...network, inputShape: imageShape },
        batchSize,
        classes,
        optimizer,
        provider: device,
        channelBlock: block,
        ema: averaged,
        distillation,
      }),
    checkpoint?.tensors ?? initialState(firstWeights(network, opened, data, call), optimizer, averaged),
    {
      optimizer,
      seed: config.train.seed,
      emaDecay: config.optimizer.ema,
      threads: config.train.threads,
      device,
    },
  );
  const context: ExportContext = {
    config,
    classes: dataset.classes,
    counts: countClasses(data),
    fingerprints: data.fingerprints,
    supervision,
  };
  const history: HistoryRow[] = [...opened.history];
  let progress: Omit<Progress, 'fingerprints'> = checkpoint?.progress ?? {
    format: 1,
    epoch: 0,
    step: 0,
    best: null,
    plateau: plateauStart,
  };
  const loader = createBatchLoader(training, {
    batchSize: config.train.batchSize,
    seed: config.train.seed,
    augment: config.augment,
    ahead: 4 * stepsPerRun(device), // while the engine makes them, the next are augmented
    ...(config.train.startSide === null ? {} : { sideAt: (epoch) => sideAt(config, epoch)! }),
  });
  try {
    const growth = describeGrowth(config);
    if (growth !== null) call.onProgress?.({ type: 'log', message: growth });
    const monitor = createMonitor(config.train, opened.patientSince);
    const isOver = progress.epoch >= config.train.epochs || monitor.isOver(progress.best, progress.epoch);
    // Teachers may take minutes to look at all images.
    const teachers = isOver ? null : await askTeachers(supervision.teachers, config, training, classes, call);
    if (config.train.mixup !== null)
      call.onProgress?.({ type: 'log', message: mixupNote(config.train.mixupOffEpochs) });
    call.onProgress?.({
      type: 'start',
      runFolder: folder.path,
      epoch: progress.epoch + 1,
      epochs: config.train.epochs,
      steps: loader.batchesPerEpoch,
    });
    const stopped = await fit({
      config,
      network,
      classes,
      classWeights:
        config.train.classWeights === 'balanced' ? balancedWeights(training.labels, classes) : null,
      labelShares: supervision.labelShares,
      teachers,
      session,
      device,
      channelBlock: block,
      loader,
      trainingImages: training.count,
      validation,
      learningRate: createLearningRate(config, loader.batchesPerEpoch),
      monitor,
      progress,
      hooks: call,
      async onEpoch(row, now, isBest) {
        progress = now;
        history.push(row);
        const carried = await session.readCarried();
        if (isBest) {
          const weights = weightsOf(carried, averaged);
          await exportModel(folder.bestModel, network, weights, metricsOf(row), context);
        }
        await folder.writeHistory(history);
        await folder.writeCheckpoint({ progress: { ...now, fingerprints }, tensors: { ...carried } });
      },
    });
    const best = bestRow(history, progress.best, folder, stopped);
    if (stopped === 'interrupted') {
      return { runFolder: folder.path, modelFile: folder.bestModel, final: best, best, history, stopped };
    }
    const { restoreBest } = config.train;
    const final = restoreBest ? best : history.at(-1)!;
    const modelFile = restoreBest ? folder.bestModel : folder.lastModel;
    if (!restoreBest) {
      const weights = weightsOf(await session.readCarried(), averaged);
      await exportModel(modelFile, network, weights, metricsOf(final), context);
    }
    const calibration = await calibrateRun(modelFile, config, data, call);
    await reportRun({
      opened,
      device,
      data,
      network,
      modelFile,
      finalEpoch: final.epoch,
      calibration,
      history,
      best,
      seconds: (performance.now() - started) / 1000,
      call,
    });
    call.onProgress?.({ type: 'done', runFolder: folder.path });
    return { runFolder: folder.path, modelFile, final, best, history, stopped };
  } finally {
    await session.close();
  }
}

/** Weights of the first step; says which of a model file's didn't fit. */
function firstWeights(
  network: Network,
  { config }: OpenedRun,
  { dataset, supervision }: TrainingData,
  call: TrainCall,
): Weights {
  const { start } = supervision;
  const { weights, ...fresh } = startingWeights(network, config.train.seed, start, dataset.classes);
  for (const message of describeFresh(start?.file ?? '', fresh)) call.onProgress?.({ type: 'log', message });
  return weights;
}

function metricsOf({ epoch, loss, accuracy, val_loss, val_accuracy }: HistoryRow): Record<string, number> {
  return { epoch, loss, accuracy, val_loss, val_accuracy };
}

function bestRow(
  history: readonly HistoryRow[],
  best: Progress['best'],
  folder: RunFolder,
  stopped: TrainResult['stopped'],
): HistoryRow {
  const row = history.find(({ epoch }) => epoch === best?.epoch);
  if (row !== undefined) return row;
  if (stopped === 'interrupted') {
    throw new FerlabError(
      'interrupted',
      `Stopped before an epoch was done whose monitored value is a number; "ferlab train --resume ${folder.path}" begins it again.`,
    );
  }
  throw new FerlabError(
    'diverged',
    `${folder.path}: expected an epoch whose monitored value is a number, found none.`,
  );
}

// The report at the end of a run: scores the final model file on the validation split, through the same code that
// everybody else uses, and writes plots, sheets and tables.

import { basename } from 'node:path';
import type { Network } from '../../engine/compile/network.js';
import type { Device } from '../../engine/runtime/device.js';
import { pictureMistakes } from '../../evaluate/mistakes.js';
import { scoreStore } from '../../evaluate/score.js';
import { applyAugmentation, augmentedSize, drawAugmentation } from '../../image/augment.js';
import { describeMachine } from '../../machine/describe-machine.js';
import { summarizeNetwork } from '../../models/create.js';
import { loadModel } from '../../predict-files/load-model.js';
import { Random } from '../../random/random.js';
import { writeReport } from '../../report/report.js';
import type { SheetItem } from '../../report/types.js';
import type { HistoryRow } from '../../scores/history.js';
import type { Calibration } from '../../scores/types.js';
import { programVersion } from '../../version.js';
import type { TrainHooks } from '../loop/events.js';
import { mixupNote } from '../loop/mixup.js';
import type { OpenedRun } from './run-folder.js';
import { countClasses, type TrainingData } from './training-data.js';

export interface RunReport {
  opened: OpenedRun;
  device: Device;
  data: TrainingData;
  network: Network;
  modelFile: string;
  /** The epoch that it is of. */
  finalEpoch: number;
  /** Null where the model file isn't calibrated. */
  calibration: Calibration | null;
  history: HistoryRow[];
  best: HistoryRow;
  /** Wall clock of this call. */
  seconds: number;
  call: TrainHooks;
}

export async function reportRun(run: RunReport): Promise<void> {
  const { opened, device, data, network, history, best } = run;
  const { config, folder, command } = opened;
  const model = await loadModel(run.modelFile, { threads: config.train.threads, device });
  const { result } = await scoreStore(model, data.validation, {});
  await model.close();
  const trainingSeconds = history.reduce((sum, row) => sum + data.training.count / row.images_per_second, 0);
  const waiting = history.reduce(
    (sum, row) => sum + (row.data_wait * data.training.count) / row.images_per_second,
    0,
  );
  await writeReport(folder.path, {
    title: `Training of ${config.preset}`,
    version: programVersion,
    command,
    configuration: config,
    model: summarizeNetwork(config.model, network),
    dataset: {
      path: config.data.path ?? [config.data.train, config.data.validation].join(', '),
      classes: data.dataset.classes,
      counts: countClasses(data),
      badFiles: data.bad,
    },
    machine: describeMachine(device),
    history,
    bestEpoch: best.epoch,
    monitor: config.train.monitor,
    final: { file: basename(run.modelFile), epoch: run.finalEpoch },
    evaluation: result,
    calibration: run.calibration,
    timing: {
      seconds: history.reduce((sum, row) => sum + row.seconds, 0),
      imagesPerSecond: (data.training.count * history.length) / trainingSeconds,
      dataWait: waiting / trainingSeconds,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    },
    augmentedSamples: await drawSamples(data, config.train.seed, config.augment),
    mistakes: await pictureMistakes(data.validation, result.mistakes),
    notes: data.supervision.notes,
    warnings: [
      ...(data.bad.length > 0 ? [`${data.bad.length} files of the dataset could not be used.`] : []),
      ...data.warnings,
      ...(config.train.mixup === null ? [] : [mixupNote(config.train.mixupOffEpochs)]),
    ],
  });
}

const samplesPerClass = 8;

/** A row of training images per class, augmented as in training. */
async function drawSamples(
  { dataset, training }: TrainingData,
  seed: number,
  augment: Parameters<typeof drawAugmentation>[0],
): Promise<SheetItem[]> {
  const { width, height } = augmentedSize(augment, training);
  const items: SheetItem[] = [];
  for (const [label, name] of dataset.classes.entries()) {
    const random = new Random(seed, 'sheet', label);
    const members = random.shuffle([...training.labels.keys()].filter((i) => training.labels[i] === label));
    for (const index of members.slice(0, samplesPerClass)) {
      const pixels = new Float32Array(width * height);
      const drawn = drawAugmentation(augment, random, training);
      applyAugmentation(await training.bytes(index), training.width, training.height, drawn, pixels, 0);
      items.push({ pixels, width, height, caption: name });
    }
  }
  return items;
}

// The report at the end of a run: plots, sheets and tables.

import type { Network } from '../../engine/compile/network.js';
import type { Device } from '../../engine/runtime/device.js';
import { pictureMistakes } from '../../evaluate/mistakes.js';
import { applyAugmentation, augmentedSize, drawAugmentation } from '../../image/augment.js';
import { describeMachine } from '../../machine/describe-machine.js';
import { summarizeNetwork } from '../../models/create.js';
import { describeNote } from '../../predict/notes.js';
import { Random } from '../../random/random.js';
import type { ReportData, SheetItem } from '../../report/types.js';
import { programVersion } from '../../version.js';
import type { TrainConfig } from '../config/config.js';
import type { RunEnd } from '../loop/task.js';
import type { FinalModel } from './final-model.js';
import { mixupNote } from './mixup.js';
import { countClasses, type TrainingData } from './training-data.js';

/** What a run's report says. */
export async function reportData(
  { command, model, history, best }: RunEnd,
  config: TrainConfig,
  data: TrainingData,
  network: Network,
  device: Device,
  { calibration, uncertain, evaluation, robustness }: Omit<FinalModel, 'bytes'>,
): Promise<ReportData> {
  const trainingSeconds = history.reduce((sum, row) => sum + data.training.count / row.imagesPerSecond, 0);
  const waiting = history.reduce(
    (sum, row) => sum + (row.dataWait * data.training.count) / row.imagesPerSecond,
    0,
  );
  return {
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
    history: [...history],
    bestEpoch: best.epoch,
    monitor: config.train.monitor,
    final: model,
    evaluation,
    calibration,
    uncertain,
    robustness,
    timing: {
      seconds: history.reduce((sum, row) => sum + row.seconds, 0),
      imagesPerSecond: (data.training.count * history.length) / trainingSeconds,
      dataWait: waiting / trainingSeconds,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    },
    augmentedSamples: await drawSamples(data, config.train.seed, config.augment),
    mistakes: await pictureMistakes(data.validation, evaluation.mistakes),
    notes: data.extra.notes.map(describeNote),
    warnings: [
      ...(data.bad.length > 0 ? [`${data.bad.length} files of the dataset could not be used.`] : []),
      ...data.warnings,
      ...(config.train.mixup === null ? [] : [mixupNote(config.train.mixup.offEpochs)]),
    ],
  };
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

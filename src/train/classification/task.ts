// Classification as a task of the training loop: images of class folders, cross-entropy towards labels or soft labels,
// mixup, distillation, accuracy.

import { type Batch, createBatchLoader } from '../../data/store/batches.js';
import { initializeWeights, type Network, type Weights } from '../../engine/compile/network.js';
import { classification } from '../../engine/nn/classification.js';
import type { Device } from '../../engine/runtime/device.js';
import { stepsPerRun } from '../../engine/training/training-session.js';
import { createNetwork } from '../../models/create.js';
import { Random } from '../../random/random.js';
import { seenSize, type TrainConfig } from '../config/config.js';
import type { TrainHooks } from '../loop/events.js';
import type { RunTask, TaskBatch } from '../loop/task.js';
import { finishClassifier } from './final-model.js';
import { describeGrowth, sideAt, workOf } from './growth.js';
import { mixBatch, mixupNote } from './mixup.js';
import { encodeModel, type ModelOrigin } from './model-file.js';
import { describeFresh, startingWeights } from './start.js';
import { balancedWeights, rowsAt, softTargets } from './targets.js';
import { askTeachers, type TeacherAnswers } from './teacher-answers.js';
import { countClasses, type TrainingData } from './training-data.js';
import { openValidation } from './validation.js';

/** What `train.monitor` may name, in history files' spelling. */
export const classificationMeasures = {
  loss: 'smaller',
  accuracy: 'larger',
  valLoss: 'smaller',
  valAccuracy: 'larger',
} as const;

/** @param device that the run trains on. */
export function classificationTask(config: TrainConfig, data: TrainingData, device: Device): RunTask {
  const { dataset, training, validation, extra } = data;
  const classes = dataset.classes.length;
  const network = createNetwork(config.model, config.data.imageSize, classes, config.augment.crop);
  const origin: ModelOrigin = {
    config,
    classes: dataset.classes,
    counts: countClasses(data),
    fingerprints: data.fingerprints,
    extra,
  };
  const loader = createBatchLoader(training, {
    batchSize: config.train.batchSize,
    seed: config.train.seed,
    augment: config.augment,
    ahead: 4 * stepsPerRun(device), // while the engine makes them, the next are augmented
    ...(config.train.growth === null ? {} : { sideAt: (epoch) => sideAt(config, epoch)! }),
  });
  const inputsOf = createInputs(config, data);
  let teachers: TeacherAnswers | null = null;
  return {
    network,
    objective: classification(classes, config.distillation ?? undefined),
    measures: classificationMeasures,
    trainingImages: training.count,
    batchesPerEpoch: loader.batchesPerEpoch,
    stepCost: (epoch) => workOf(config, epoch),
    async prepare(hooks) {
      const log = (message: string | null): void => {
        if (message !== null) hooks.onProgress?.({ type: 'log', message });
      };
      log(describeGrowth(config));
      log(describeCrop(config));
      if (config.train.mixup !== null) log(mixupNote(config.train.mixup.offEpochs));
      // Teachers may take minutes to look at all images.
      teachers = await askTeachers(extra.teachers, config, training, classes, hooks);
    },
    async *batches(epoch): AsyncGenerator<TaskBatch, void, undefined> {
      for await (const batch of loader.epoch(epoch)) {
        yield {
          size: batch.size,
          imageShape: [1, batch.height, batch.width],
          waitSeconds: batch.waitSeconds,
          release: batch.release,
          async inputs(step) {
            const { pixels, targets } = inputsOf(batch, epoch, step);
            if (teachers === null) return { pixels, targets };
            return { pixels, targets, teacher: teachers.logits(batch) };
          },
        };
      }
    },
    openValidation: (place, hooks) => openValidation(network, classes, validation, place, hooks),
    firstWeights: (hooks) => firstWeights(network, config, data, hooks),
    encodeModel: (weights, metrics) => encodeModel(network, weights, metrics, origin),
    async finishModel(bytes, file, place, { report }, hooks) {
      // Nothing of it is needed where nobody reads the scores and the probabilities stay as trained.
      if (!report && !config.train.calibrate) return { bytes, writeReport: null };
      const final = await finishClassifier(bytes, file, config, data, { ...place, report }, hooks);
      if (!report) return { bytes: final.bytes, writeReport: null };
      return {
        bytes: final.bytes,
        async writeReport(end) {
          // Loaded here alone: plots and pictures are for runs whose report is wanted.
          const [{ writeReport }, { reportData }] = await Promise.all([
            import('../../report/report.js'),
            import('./report.js'),
          ]);
          await writeReport(end.folder, await reportData(end, config, data, network, device, final));
        },
      };
    },
  };
}

/** What a step is fed of a batch, but for the answers of teachers. */
function createInputs(config: TrainConfig, { dataset, training, extra }: TrainingData) {
  const { epochs, seed, labelSmoothing, mixup, classWeights } = config.train;
  const classes = dataset.classes.length;
  const weights = classWeights === 'balanced' ? balancedWeights(training.labels, classes) : null;
  /** @param epoch from 0, `step` from 1. */
  return (
    { pixels, labels, indices, size }: Batch,
    epoch: number,
    step: number,
  ): { pixels: Float32Array; targets: Float32Array } => {
    const shares = extra.labelShares === null ? null : rowsAt(extra.labelShares, indices, classes);
    const targets = softTargets(labels, classes, labelSmoothing, weights, shares);
    if (mixup === null || epoch >= epochs - mixup.offEpochs) return { pixels, targets };
    return mixBatch(pixels, targets, size, mixup.alpha, new Random(seed, 'mixup', step));
  };
}

/** For people: how much of every image the network sees; null where that is all of it. */
function describeCrop(config: TrainConfig): string | null {
  if (config.augment.crop === null) return null;
  const { width, height } = config.data.imageSize;
  const seen = seenSize(config);
  return `The network sees ${seen.width}x${seen.height} of ${width}x${height} pixels: random crops in training, the centre in the model file.`;
}

/** Weights of the first step; logs which of a model file's don't fit. */
function firstWeights(
  network: Network,
  { train: { seed } }: TrainConfig,
  { dataset, extra: { start } }: TrainingData,
  hooks: TrainHooks,
): Weights {
  if (start === null) return initializeWeights(network, seed);
  const { weights, ...fresh } = startingWeights(network, seed, start, dataset.classes);
  for (const message of describeFresh(start.file, fresh)) hooks.onProgress?.({ type: 'log', message });
  return weights;
}

// The training loop, epoch by epoch. It knows batches, steps, validation and when to stop; files are written by the
// callback it is given.

import { type Batch, type BatchLoader, equalBatches, sequentialBatches } from '../../data/store/batches.js';
import type { ImageStore } from '../../data/store/store.js';
import { compileForward } from '../../engine/compile/forward.js';
import type { Network } from '../../engine/compile/network.js';
import { below } from '../../engine/nn/layer.js';
import type { Device } from '../../engine/runtime/device.js';
import { openSession, type Session, type Tensor } from '../../engine/runtime/session.js';
import type { HostTensor } from '../../engine/tensor/array.js';
import { tensorType } from '../../engine/tensor/type.js';
import { type StepInput, stepsPerRun, type TrainingSession } from '../../engine/training/training-session.js';
import { FerlabError } from '../../errors.js';
import { Random } from '../../random/random.js';
import type { HistoryRow } from '../../scores/history.js';
import type { TrainConfig } from '../config/config.js';
import type { Progress } from '../run/checkpoint.js';
import type { TeacherAnswers } from '../supervision/teacher-answers.js';
import type { TrainHooks } from './events.js';
import { workOf } from './growth.js';
import type { LearningRate } from './learning-rate.js';
import { mixBatch } from './mixup.js';
import type { Monitor } from './monitor.js';
import { rowsAt, softTargets } from './targets.js';

export interface FitOptions {
  config: TrainConfig;
  network: Network;
  classes: number;
  /** By class; null where all count the same. */
  classWeights: Float32Array | null;
  /** Distribution of every training image over the classes, [images, classes]; null for its label alone. */
  labelShares: Float32Array | null;
  /** Who teaches beside the labels; null for nobody. The session's step has to be compiled for it. */
  teachers: TeacherAnswers | null;
  session: TrainingSession;
  /** The session's. */
  device: Device;
  /** Of the machine, for that device; see runtime/channel-block.ts. */
  channelBlock: number | null;
  loader: BatchLoader;
  trainingImages: number;
  validation: ImageStore;
  learningRate: LearningRate;
  monitor: Monitor;
  /** Where to start; changed as training goes on. */
  progress: Omit<Progress, 'fingerprints'>;
  hooks: TrainHooks;
  /** Called after every epoch, before the next begins; writes the checkpoint. */
  onEpoch(row: HistoryRow, progress: Omit<Progress, 'fingerprints'>, isBest: boolean): Promise<void>;
}

/** Trains until the last epoch, until the monitor says stop, or until interrupted (the epoch under way is dropped). */
export async function fit(options: FitOptions): Promise<'finished' | 'patience' | 'interrupted'> {
  const { config, session, monitor, learningRate, hooks, onEpoch } = options;
  const { epochs } = config.train;
  let progress = options.progress;
  const validator = await openValidator(options);
  try {
    while (progress.epoch < epochs) {
      if (monitor.isOver(progress.best, progress.epoch)) return 'patience';
      const started = performance.now();
      const trained = await trainEpoch(options, progress, validator.seconds);
      if (trained === null) return 'interrupted';
      const scores = await validator.score(session.carried);
      if (!Number.isFinite(scores.loss)) throw divergedAfter(progress.epoch + 1, scores.loss);
      const row: HistoryRow = {
        epoch: progress.epoch + 1,
        learning_rate: trained.learningRate,
        loss: trained.loss,
        accuracy: trained.accuracy,
        val_loss: scores.loss,
        val_accuracy: scores.accuracy,
        seconds: (performance.now() - started) / 1000,
        images_per_second: options.trainingImages / trained.seconds,
        data_wait: trained.waited / trained.seconds,
      };
      const best = monitor.update(progress.best, row);
      const isBest = best !== progress.best;
      progress = {
        ...progress,
        epoch: row.epoch,
        step: progress.step + trained.steps,
        best,
        plateau: learningRate.afterEpoch(progress.plateau, row),
      };
      await onEpoch(row, progress, isBest);
      hooks.onProgress?.({ type: 'epoch', row, epochs, best: isBest });
    }
    return 'finished';
  } finally {
    await validator.close();
  }
}

interface TrainedEpoch {
  loss: number;
  accuracy: number;
  learningRate: number;
  steps: number;
  /** Of training, and of these waiting for batches. */
  seconds: number;
  waited: number;
}

/**
 * One pass over the training images; null where it was interrupted.
 *
 * @param validationSeconds what validation took after the epoch before; 0 where there was none.
 */
async function trainEpoch(
  options: FitOptions,
  progress: FitOptions['progress'],
  validationSeconds: number,
): Promise<TrainedEpoch | null> {
  const { config, session, loader, hooks, learningRate } = options;
  const { epochs } = config.train;
  const epoch = progress.epoch + 1;
  const started = performance.now();
  /** Steps of the epochs after this one, counted in steps like this one's. */
  let later = 0;
  for (let next = epoch; next < epochs; next++)
    later += (loader.batchesPerEpoch * workOf(config, next)) / workOf(config, epoch - 1);
  let [steps, images, lossSum, correct, waited, rate] = [0, 0, 0, 0, 0, 0];
  for await (const batches of equalBatches(loader.epoch(progress.epoch), stepsPerRun(options.device))) {
    if (hooks.signal?.aborted) return null;
    const inputs: StepInput[] = [];
    for (const batch of batches) {
      const step = progress.step + steps + inputs.length + 1;
      rate = learningRate.at(step, progress.plateau);
      const { pixels, targets } = stepInput(options, batch, epoch, step);
      const teacher = await options.teachers?.logits(batch, pixels);
      const imageShape = [1, batch.height, batch.width];
      inputs.push({ pixels, imageShape, targets, teacher, step, learningRate: rate });
    }
    const results = await session.runSteps(batches[0]!.size, inputs);
    for (const [i, { loss, correct: right }] of results.entries()) {
      steps++;
      if (!Number.isFinite(loss)) throw diverged(epoch, steps, loss, inputs[i]!.learningRate);
      const { size, waitSeconds, release } = batches[i]!;
      waited += waitSeconds;
      images += size;
      lossSum += loss * size;
      correct += right;
      release();
      const seconds = (performance.now() - started) / 1000;
      const left = loader.batchesPerEpoch - steps + later;
      hooks.onProgress?.({
        type: 'step',
        epoch,
        epochs,
        step: steps,
        steps: loader.batchesPerEpoch,
        loss: lossSum / images,
        accuracy: correct / images,
        imagesPerSecond: images / seconds,
        secondsLeft: (left * seconds) / steps + (epochs - epoch + 1) * validationSeconds,
      });
    }
  }
  return {
    loss: lossSum / images,
    accuracy: correct / images,
    learningRate: rate,
    steps,
    seconds: (performance.now() - started) / 1000,
    waited,
  };
}

const divergence =
  'The checkpoint of the last epoch is kept. Train again with a lower --learning-rate, or with --clip-norm 1.';

function diverged(epoch: number, step: number, loss: number, rate: number): FerlabError {
  return new FerlabError(
    'diverged',
    `epoch ${epoch}, step ${step}: expected a finite loss, found ${loss} at learning rate ${rate}. ${divergence}`,
  );
}

/** Of weights that the last step made infinite, whose own loss was still finite. */
function divergedAfter(epoch: number, loss: number): FerlabError {
  return new FerlabError(
    'diverged',
    `epoch ${epoch}, validation: expected a finite loss, found ${loss}. ${divergence}`,
  );
}

/** What the network sees of a batch at an epoch and step (both from 1), and what it should answer. */
function stepInput(
  { config, classes, classWeights, labelShares }: FitOptions,
  { pixels, labels, indices, size }: Batch,
  epoch: number,
  step: number,
): { pixels: Float32Array; targets: Float32Array } {
  const { epochs, seed, labelSmoothing, mixup, mixupOffEpochs } = config.train;
  const shares = labelShares === null ? null : rowsAt(labelShares, indices, classes);
  const targets = softTargets(labels, classes, labelSmoothing, classWeights, shares);
  if (mixup === null || epoch > epochs - mixupOffEpochs) return { pixels, targets };
  return mixBatch(pixels, targets, size, mixup, new Random(seed, 'mixup', step));
}

/**
 * Images per call of the validation graph: large enough to be fast, small enough to take little memory. On CUDA every
 * call brings the weights there.
 */
const validationBatch = (device: Device): number => (device === 'cuda' ? 512 : 64);

interface Validator {
  /** What the last scoring took; 0 before the first. */
  readonly seconds: number;
  score(carried: Readonly<Record<string, Tensor>>): Promise<{ loss: number; accuracy: number }>;
  close(): Promise<void>;
}

/** Scores the weights of a training session without writing them anywhere. */
async function openValidator({
  config,
  network,
  classes,
  device,
  channelBlock,
  validation,
  hooks,
}: FitOptions): Promise<Validator> {
  const model = compileForward(network, device, { channelBlock }).toBytes();
  const session: Session = await openSession(model, { threads: config.train.threads, device });
  let seconds = 0;
  return {
    get seconds() {
      return seconds;
    },
    async score(carried) {
      const started = performance.now();
      const weights = config.optimizer.ema === null ? carried : below(carried, 'ema');
      let [loss, correct, done] = [0, 0, 0];
      for await (const batch of sequentialBatches(validation, validationBatch(device))) {
        const pixels: HostTensor = {
          type: tensorType('float32', [batch.size, ...(network.imageShape ?? network.inputShape)]),
          data: batch.pixels,
        };
        const { probabilities } = await session.run({ ...weights, pixels });
        const scores = probabilities!.data as Float32Array;
        for (let i = 0; i < batch.size; i++) {
          const row = scores.subarray(i * classes, (i + 1) * classes);
          const label = batch.labels[i]!;
          loss -= Math.log(Math.max(row[label]!, Number.MIN_VALUE));
          if (row.indexOf(Math.max(...row)) === label) correct++;
        }
        done += batch.size;
        batch.release();
        hooks.onProgress?.({ type: 'validate', done, total: validation.count });
      }
      seconds = (performance.now() - started) / 1000;
      return { loss: loss / done, accuracy: correct / done };
    },
    close: () => session.close(),
  };
}

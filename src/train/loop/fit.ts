// The training loop, epoch by epoch, for any task. It knows batches, steps, validation and when to stop; files are
// written by the callback it is given.

import { below } from '../../engine/nn/layer.js';
import { type StepInput, stepsPerRun, type TrainingSession } from '../../engine/training/training-session.js';
import { FerlabError } from '../../errors.js';
import type { HistoryRow } from '../../scores/history.js';
import { equalBatches } from './equal-batches.js';
import type { TrainHooks } from './events.js';
import type { LearningRate, PlateauState } from './learning-rate.js';
import type { Best, Monitor } from './monitor.js';
import type { Place, Task, Validation } from './task.js';

/** Where a run stands after an epoch. */
export interface Progress {
  /** Epochs done. */
  epoch: number;
  /** Steps done. */
  step: number;
  /** The best epoch so far and its monitored value; null where none was a number. */
  best: Best;
  plateau: PlateauState;
}

export interface FitOptions {
  task: Task;
  /** Epochs in all, those before `progress` included. */
  epochs: number;
  session: TrainingSession;
  /** The session's. */
  place: Place;
  /** Whether the session keeps averaged weights, which are then the ones that validation scores. */
  averaged: boolean;
  learningRate: LearningRate;
  monitor: Monitor;
  /** Where to start. */
  progress: Progress;
  hooks: TrainHooks;
  /** Called after every epoch, before the next begins; writes the checkpoint. */
  onEpoch(row: HistoryRow, progress: Progress, isBest: boolean): Promise<void>;
}

/** Trains until the last epoch, until the monitor says stop, or until interrupted (the epoch under way is dropped). */
export async function fit(options: FitOptions): Promise<'finished' | 'patience' | 'interrupted'> {
  const { task, epochs, session, monitor, learningRate, hooks, onEpoch } = options;
  let progress = options.progress;
  let validation: Validation | null = null;
  let validationSeconds = 0;
  try {
    while (progress.epoch < epochs) {
      if (monitor.isOver(progress.best, progress.epoch)) return 'patience';
      const started = performance.now();
      validation ??= await task.openValidation(options.place, hooks);
      const trained = await trainEpoch(options, progress, validationSeconds);
      if (trained === null) return 'interrupted';
      const validated = performance.now();
      const scores = await validation.score(
        options.averaged ? below(session.carried, 'ema') : session.carried,
      );
      validationSeconds = (performance.now() - validated) / 1000;
      checkScores(progress.epoch + 1, scores);
      const row: HistoryRow = {
        epoch: progress.epoch + 1,
        learningRate: trained.learningRate,
        measures: inOrder(task, { ...trained.measures, ...scores }),
        seconds: (performance.now() - started) / 1000,
        imagesPerSecond: task.trainingImages / trained.seconds,
        dataWait: trained.waited / trained.seconds,
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
    await validation?.close();
  }
}

/** The measures that a task declares, in its order. */
function inOrder(
  { measures }: Task,
  values: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.keys(measures).map((name) => {
      const value = values[name];
      if (value === undefined) throw new Error(`The task declares the measure ${name} and doesn't give it.`);
      return [name, value];
    }),
  );
}

interface TrainedEpoch {
  /** Means over the images: `loss`, and the measures of the objective. */
  measures: Record<string, number>;
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
  { task, epochs, session, place, hooks, learningRate }: FitOptions,
  progress: Progress,
  validationSeconds: number,
): Promise<TrainedEpoch | null> {
  const epoch = progress.epoch + 1;
  const started = performance.now();
  const later = stepsAfter(task, epoch, epochs);
  const sums = new Map<string, number>();
  const means = (): Record<string, number> =>
    Object.fromEntries([...sums].map(([name, sum]) => [name, sum / images]));
  const count = (name: string, value: number): void => {
    sums.set(name, (sums.get(name) ?? 0) + value);
  };
  let [steps, images, waited, rate] = [0, 0, 0, 0];
  for await (const batches of equalBatches(task.batches(progress.epoch), stepsPerRun(place.device))) {
    if (hooks.signal?.aborted) return null;
    const inputs: StepInput[] = [];
    for (const batch of batches) {
      const step = progress.step + steps + inputs.length + 1;
      rate = learningRate.at(step, progress.plateau);
      const { imageShape } = batch;
      inputs.push({ inputs: await batch.inputs(step), imageShape, step, learningRate: rate });
    }
    const results = await session.runSteps(batches[0]!.size, inputs);
    for (const [i, { loss, measures }] of results.entries()) {
      steps++;
      if (!Number.isFinite(loss)) throw diverged(epoch, steps, loss, inputs[i]!.learningRate);
      const batch = batches[i]!;
      waited += batch.waitSeconds;
      images += batch.size;
      count('loss', loss * batch.size);
      for (const [name, sum] of Object.entries(measures)) count(name, sum);
      batch.release();
      const seconds = (performance.now() - started) / 1000;
      const left = task.batchesPerEpoch - steps + later;
      hooks.onProgress?.({
        type: 'step',
        epoch,
        epochs,
        step: steps,
        steps: task.batchesPerEpoch,
        measures: means(),
        imagesPerSecond: images / seconds,
        secondsLeft: (left * seconds) / steps + (epochs - epoch + 1) * validationSeconds,
      });
    }
  }
  const seconds = (performance.now() - started) / 1000;
  return { measures: means(), learningRate: rate, steps, seconds, waited };
}

/** Steps of the epochs after this one (from 1), counted in steps like this one's. */
function stepsAfter(task: Task, epoch: number, epochs: number): number {
  const cost = (place: number): number => task.stepCost?.(place) ?? 1;
  let steps = 0;
  for (let next = epoch; next < epochs; next++)
    steps += (task.batchesPerEpoch * cost(next)) / cost(epoch - 1);
  return steps;
}

const divergence =
  'The checkpoint of the last epoch is kept. Train again with a lower --learning-rate, or with --clip-norm 1.';

function diverged(epoch: number, step: number, loss: number, rate: number): FerlabError {
  return new FerlabError(
    'diverged',
    `epoch ${epoch}, step ${step}: expected a finite loss, found ${loss} at learning rate ${rate}. ${divergence}`,
  );
}

/** Refuses the scores of weights that the last step made infinite, whose own loss was still finite. */
function checkScores(epoch: number, scores: Readonly<Record<string, number>>): void {
  const wrong = Object.entries(scores).find(([, value]) => !Number.isFinite(value));
  if (wrong === undefined) return;
  const [name, value] = wrong;
  throw new FerlabError(
    'diverged',
    `epoch ${epoch}, validation: expected a finite ${name}, found ${value}. ${divergence}`,
  );
}

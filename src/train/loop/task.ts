// What the loop trains: a task. It brings the network, the loss, the batches and the validation, and names what it
// measures. Steps, epochs, the schedule, the best epoch, checkpoints and run folders are the same for every task.

import type { Network, Weights } from '../../engine/compile/network.js';
import type { Objective } from '../../engine/nn/objective.js';
import type { Device } from '../../engine/runtime/device.js';
import type { Tensor } from '../../engine/runtime/session.js';
import type { Shape } from '../../engine/tensor/type.js';
import type { HistoryRow } from '../../scores/history.js';
import type { TrainHooks } from './events.js';

/** Whether larger or smaller values of a measure are better. */
type Better = 'larger' | 'smaller';

/** A batch on its way to the step. */
export interface TaskBatch {
  /** Number of images: at most the batch size, and less in the last batch of an epoch. */
  readonly size: number;
  /** [C, H, W] of its images, for networks that take several sizes; by default the network's own. */
  readonly imageShape?: Shape;
  /** How long the loop waited for it, in seconds. */
  readonly waitSeconds: number;
  /**
   * What the step is fed, by name: `pixels` [size, C, H, W] and the inputs of the objective, [size, ...shape].
   *
   * @param step from 1, over all epochs: random choices derive from it.
   */
  inputs(step: number): Promise<Readonly<Record<string, Float32Array>>>;
  /** Called once the step is done: the memory of the batch may be used again. */
  release(): void;
}

/** Where graphs run. */
export interface Place {
  device: Device;
  /** Of the machine, for that device; see runtime/channel-block.ts. */
  channelBlock: number | null;
  /** Of the engine. */
  threads: number;
}

export interface Validation {
  /**
   * Measures the network with these weights, by name. Each value has to be a finite number: one that isn't ends the
   * training as diverged.
   *
   * @param weights `parameters/...` and `state/...`, as inputs of graphs at the validation's place.
   */
  score(weights: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/** What the loop needs to know of a task. */
export interface Task {
  readonly network: Network;
  readonly objective: Objective;
  /**
   * What an epoch is measured by, in the order of the history's columns: `loss`, the measures of the objective, then those
   * of the validation.
   */
  readonly measures: Readonly<Record<string, Better>>;
  /** Images of an epoch. */
  readonly trainingImages: number;
  readonly batchesPerEpoch: number;
  /** The cost of a step of an epoch (from 0), in proportion to those of others; by default the same in all. */
  stepCost?(epoch: number): number;
  /** What has to be done before the first step, and not in a run that is over. */
  prepare?(hooks: TrainHooks): Promise<void>;
  /** The batches of an epoch (from 0), in order. The same epoch gives the same batches. */
  batches(epoch: number): AsyncIterable<TaskBatch>;
  openValidation(place: Place, hooks: TrainHooks): Promise<Validation>;
}

/** Where a run ends: what its report needs beside what the task knows. */
export interface RunEnd {
  /** The run folder. */
  folder: string;
  /** The command line that began the run. */
  command: string;
  /** The model file's name in it, and the epoch that its weights are of. */
  model: { file: string; epoch: number };
  history: readonly HistoryRow[];
  best: HistoryRow;
}

/** A model at the end of a run. */
interface FinishedModel {
  /** Of the model file. */
  bytes: Uint8Array;
  /** Writes the report of the run into its folder; null where none was wanted. */
  writeReport: ((end: RunEnd) => Promise<void>) | null;
}

/** A task whose runs are kept in a folder. */
export interface RunTask extends Task {
  /** Weights of the first step. */
  firstWeights(hooks: TrainHooks): Weights;
  /**
   * A model file that describes itself. The same weights and metrics give the same bytes.
   *
   * @param metrics what the weights scored, and their epoch, by the names of the history's files.
   */
  encodeModel(weights: Weights, metrics: Readonly<Record<string, number>>): Uint8Array;
  /**
   * What is done to the model file at the end of a run, as calibrating it. Doing it twice gives the same bytes, so that a
   * run may be interrupted here too.
   *
   * @param file where it will be written, for messages.
   */
  finishModel(
    bytes: Uint8Array,
    file: string,
    place: Place,
    wanted: { report: boolean },
    hooks: TrainHooks,
  ): Promise<FinishedModel>;
}

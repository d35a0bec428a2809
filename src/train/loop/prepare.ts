// Makes a task ready to be trained on a device: the optimizer, the compiled step, the starting weights.

import { carriedTypes, compileTrainingStep, initialState } from '../../engine/compile/training-step.js';
import { channelBlock } from '../../engine/runtime/channel-block.js';
import type { Device } from '../../engine/runtime/device.js';
import type { HostTensor } from '../../engine/tensor/array.js';
import { sameShape, type TensorType } from '../../engine/tensor/type.js';
import { TrainingSession } from '../../engine/training/training-session.js';
import { FerlabError } from '../../errors.js';
import type { TrainHooks } from './events.js';
import type { MonitorSettings } from './monitor.js';
import { createOptimizer } from './optimizer.js';
import type { RunConfig } from './run-config.js';
import type { Place, RunTask } from './task.js';

/** Settings of a training that are the same for every task. */
export interface RunSettings extends Pick<RunConfig, 'optimizer' | 'schedule'> {
  train: MonitorSettings &
    Pick<RunConfig['train'], 'epochs' | 'seed' | 'restoreBest' | 'threads' | 'device' | 'ema'>;
}

export interface PreparedSession {
  session: TrainingSession;
  place: Place;
  /** Whether the session keeps averaged weights. */
  averaged: boolean;
}

/** Throws FerlabError `model` where the tensors of a checkpoint aren't those of the task's network and optimizer. */
function checkCarried(
  carried: Readonly<Record<string, HostTensor>>,
  expected: Readonly<Record<string, TensorType>>,
): void {
  for (const [name, { shape }] of Object.entries(expected)) {
    const found = carried[name]?.type.shape;
    if (found !== undefined && sameShape(found, shape)) continue;
    throw new FerlabError(
      'model',
      `The checkpoint's tensor ${name}: expected the shape [${shape.join(', ')}] that the run's configuration makes, ` +
        `found ${found === undefined ? 'no such tensor' : `[${found.join(', ')}]`}. Start the training anew in another folder.`,
    );
  }
}

/** @param carried the tensors of a checkpoint; by default training begins with the task's first weights. */
export async function prepareSession(
  task: Pick<RunTask, 'network' | 'objective' | 'firstWeights'>,
  { optimizer: chosen, train: { seed, threads, ema: emaDecay } }: RunSettings,
  device: Device,
  hooks: TrainHooks,
  carried?: Readonly<Record<string, HostTensor>>,
): Promise<PreparedSession> {
  const optimizer = createOptimizer(chosen);
  const averaged = emaDecay !== null;
  if (carried !== undefined) checkCarried(carried, carriedTypes(task.network, optimizer, averaged));
  const block = await channelBlock(device);
  const session = new TrainingSession(
    (batchSize, imageShape) =>
      compileTrainingStep({
        network: imageShape === undefined ? task.network : { ...task.network, inputShape: imageShape },
        batchSize,
        objective: task.objective,
        optimizer,
        provider: device,
        channelBlock: block,
        ema: averaged,
      }),
    carried ?? initialState(task.firstWeights(hooks), optimizer, averaged),
    { optimizer, seed, emaDecay, threads, device },
  );
  return { session, place: { device, channelBlock: block, threads }, averaged };
}

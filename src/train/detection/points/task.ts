// The network of points as a task of the training loop: crops of labelled faces, the distance of points, and what the model
// file makes of faces that training leaves out.

import { initializeWeights, type Weights } from '../../../engine/compile/network.js';
import { below } from '../../../engine/nn/layer.js';
import type { Tensor } from '../../../engine/runtime/session.js';
import type { HostTensor } from '../../../engine/tensor/array.js';
import { openPointRefiner } from '../../../faces/refine-points.js';
import { encodeFacePoints, facePointNetwork } from '../../../models/face-points.js';
import { programVersion } from '../../../version.js';
import type { TrainHooks } from '../../loop/events.js';
import type { Place, RunTask, TaskBatch, Validation } from '../../loop/task.js';
import type { PointConfig } from './config.js';
import { createCropLoader } from './crops.js';
import type { PointData } from './data.js';
import { pointObjective } from './objective.js';
import { refinedError } from './validation.js';

export const pointMeasures = { loss: 'smaller', valPointError: 'smaller' } as const;

/** Batches made while the engine computes one. */
const ahead = 4;

const encode = (weights: Weights, metrics: Readonly<Record<string, number>>): Uint8Array =>
  encodeFacePoints(
    weights,
    { name: 'ferlab', version: programVersion },
    { 'ferlab.metrics': JSON.stringify(metrics) },
  );

export function pointTask(config: PointConfig, data: PointData): RunTask {
  const { side, batchSize, perEpoch } = config.crops;
  const { seed } = config.train;
  const network = facePointNetwork();
  const loader = createCropLoader(data.training.pictures, {
    side,
    batchSize,
    crops: perEpoch,
    seed,
    ahead,
    workers: config.data.workers,
  });
  return {
    network,
    objective: pointObjective,
    measures: pointMeasures,
    trainingImages: perEpoch,
    batchesPerEpoch: loader.batchesPerEpoch,
    async *batches(epoch): AsyncGenerator<TaskBatch, void, undefined> {
      for await (const { size, pixels, targets, waitSeconds } of loader.epoch(epoch))
        yield { size, waitSeconds, inputs: async () => ({ pixels, targets }), release() {} };
    },
    async openValidation(place, hooks) {
      return openValidation(data, place, hooks, loader.close);
    },
    firstWeights: () => initializeWeights(network, seed),
    encodeModel: encode,
    async finishModel(bytes) {
      return { bytes, writeReport: null };
    },
  };
}

/** Tensors as the CPU and CUDA keep them; the configuration allows no other device. */
const inMemory = (tensors: Readonly<Record<string, Tensor>>): Weights => ({
  parameters: below(tensors, 'parameters') as Record<string, HostTensor>,
  state: below(tensors, 'state') as Record<string, HostTensor>,
});

/** @param onClose called when validation ends, which is when training does. */
function openValidation(
  { validation }: PointData,
  { threads }: Place,
  hooks: TrainHooks,
  onClose: () => Promise<void>,
): Validation {
  const total = validation.pictures.length;
  return {
    async score(weights) {
      const refiner = await openPointRefiner(encode(inMemory(weights), {}), 'the trained network', {
        threads,
        device: 'cpu',
      });
      try {
        const error = await refinedError(refiner, validation, (done) =>
          hooks.onProgress?.({ type: 'validate', done, total }),
        );
        return { valPointError: error };
      } finally {
        await refiner.close();
      }
    },
    close: onClose,
  };
}

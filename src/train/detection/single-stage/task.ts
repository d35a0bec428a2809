// The single-stage detector as a task of the training loop: tiles of photographs, the three losses, average precision on
// whole photographs that training leaves out.

import { initializeWeights, type Network, type Weights } from '../../../engine/compile/network.js';
import { below } from '../../../engine/nn/layer.js';
import type { Tensor } from '../../../engine/runtime/session.js';
import type { HostTensor } from '../../../engine/tensor/array.js';
import { detectorKey } from '../../../faces/detector-file.js';
import { openSingleStage } from '../../../faces/single-stage.js';
import { encodeSingleStage, singleStageNetwork } from '../../../models/single-stage.js';
import { programVersion } from '../../../version.js';
import type { TrainHooks } from '../../loop/events.js';
import type { Place, RunTask, TaskBatch, Validation } from '../../loop/task.js';
import type { DetectionConfig } from './config.js';
import type { DetectionData } from './data.js';
import { detectionObjective } from './objective.js';
import { reportDetector } from './report.js';
import { createTileLoader } from './tiles.js';
import { detectAll, pointError, scoreFound } from './validation.js';

export const detectionMeasures = {
  loss: 'smaller',
  faceLoss: 'smaller',
  fitLoss: 'smaller',
  boxLoss: 'smaller',
  pointLoss: 'smaller',
  valAveragePrecision: 'larger',
  valRecall: 'larger',
  valPointError: 'smaller',
} as const;

/** How the network is used (faces/detector-file.ts): docs/results/detector.md has the measurements. */
const settings = { threshold: 0.65, smallest: 20, largest: 280, looks: [1, 1.7] };

/**
 * Weights that give objectness for both of YuNet's probabilities, whose product a score is. How well a box fits is learnt in the
 * cells of faces alone; it brings no average precision, and makes scores of backgrounds higher.
 */
function withOneScore(weights: Weights): Weights {
  const heads = Object.entries(weights.parameters)
    .filter(([path]) => /^cells\d+\/out\//.test(path))
    .map(([path, { type, data }]) => {
      const changed = data.slice();
      const row = data.length / type.shape[0]!;
      changed.copyWithin(0, row, 2 * row);
      return [path, { type, data: changed }] as const;
    });
  return { ...weights, parameters: { ...weights.parameters, ...Object.fromEntries(heads) } };
}

/** The model file of weights: YuNet's format, with how it is used. */
function encodeDetector(weights: Weights, metrics: Readonly<Record<string, number>>): Uint8Array {
  return encodeSingleStage(
    withOneScore(weights),
    { name: 'ferlab', version: programVersion },
    { [detectorKey]: JSON.stringify(settings), 'ferlab.metrics': JSON.stringify(metrics) },
  );
}

/** Batches made while the engine computes one. */
const ahead = 3;

export function detectionTask(config: DetectionConfig, data: DetectionData): RunTask {
  const { side, batchSize, perEpoch } = config.tiles;
  const { seed } = config.train;
  const network: Network = singleStageNetwork({ height: side, width: side });
  const loader = createTileLoader(data.training.pictures, {
    side,
    batchSize,
    tiles: perEpoch,
    seed,
    ahead,
    workers: config.data.workers,
  });
  return {
    network,
    objective: detectionObjective(side),
    measures: detectionMeasures,
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
    encodeModel: encodeDetector,
    async finishModel(bytes, _file, place, wanted, hooks) {
      const end = { bytes, config, validation: data.validation, place, hooks };
      return { bytes, writeReport: wanted.report ? (run) => reportDetector(end, run) : null };
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
  { validation }: DetectionData,
  { threads }: Place,
  hooks: TrainHooks,
  onClose: () => Promise<void>,
): Validation {
  const total = validation.pictures.length;
  return {
    async score(weights) {
      // On the CPU whatever trains: pictures differ in size, for each of which a GPU would set up anew.
      const bytes = encodeDetector(inMemory(weights), {});
      // One look is enough to tell epochs apart, and takes a quarter of the time.
      const once = { looks: [1] };
      const detector = await openSingleStage(bytes, 'the trained network', { threads, device: 'cpu' }, once);
      try {
        const found = await detectAll(detector, validation, (done) =>
          hooks.onProgress?.({ type: 'validate', done, total }),
        );
        const { averagePrecision, recall } = scoreFound(found);
        return {
          valAveragePrecision: averagePrecision,
          valRecall: recall,
          valPointError: pointError(found) ?? 1,
        };
      } finally {
        await detector.close();
      }
    },
    close: onClose,
  };
}

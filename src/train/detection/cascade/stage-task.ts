// One stage of the cascade as a task of the training loop: crops with their targets, in batches of a fixed mixture.

import { compileForward } from '../../../engine/compile/forward.js';
import { initializeWeights } from '../../../engine/compile/network.js';
import { cropObjective } from '../../../engine/nn/crop-objective.js';
import { openSession } from '../../../engine/runtime/session.js';
import { tensorType } from '../../../engine/tensor/type.js';
import { cascadeNetwork } from '../../../models/cascade.js';
import { Random } from '../../../random/random.js';
import type { Place, RunTask, TaskBatch, Validation } from '../../loop/task.js';
import { CropOrder, type CropSet, planBatches } from './crop-set.js';
import { drawJitter, jitterPixels, mirrorTargets, noJitter } from './jitter.js';
import type { StageConfig, StageName } from './stages.js';

export const stageMeasures = {
  loss: 'smaller',
  accuracy: 'larger',
  classLoss: 'smaller',
  boxLoss: 'smaller',
  pointsLoss: 'smaller',
  valLoss: 'smaller',
  valAccuracy: 'larger',
  valBoxError: 'smaller',
  valPointError: 'smaller',
} as const;

/** Crops of a stage: those that it learns from, and those of photographs that training leaves out. */
export interface StageCrops {
  training: CropSet;
  validation: CropSet;
}

/** All stages learn points: the files of the first two leave them out. */
const networkOf = (stage: StageName) => cascadeNetwork(stage, { points: true });

/** Weights of the losses, and the share of the crops that trains the class (Zhang et al. 2016, section III.A). */
const objectiveOf = (stage: StageName) =>
  cropObjective({ weights: { class: 1, box: 0.5, points: stage === 'onet' ? 1 : 0.5 }, hardest: 0.7 });

type StageTask = Omit<RunTask, 'encodeModel' | 'finishModel'>;

export function stageTask(config: StageConfig, { training, validation }: StageCrops): StageTask {
  const { seed } = config.train;
  const network = networkOf(config.stage);
  const plan = planBatches(training, config.batchSize, config.mostBatches);
  const order = new CropOrder(training, plan, seed);
  return {
    network,
    objective: objectiveOf(config.stage),
    measures: stageMeasures,
    trainingImages: plan.size * plan.batchesPerEpoch,
    batchesPerEpoch: plan.batchesPerEpoch,
    async *batches(epoch): AsyncGenerator<TaskBatch, void, undefined> {
      for (let i = 0; i < plan.batchesPerEpoch; i++) {
        const places = order.batch(epoch * plan.batchesPerEpoch + i);
        yield {
          size: plan.size,
          waitSeconds: 0,
          inputs: async (step) => stepInputs(training, places, new Random(seed, 'jitter', step)),
          release() {},
        };
      }
    },
    openValidation: (place) => openValidation(config, validation, place),
    firstWeights: () => initializeWeights(network, seed),
  };
}

/**
 * What a step is fed of some crops.
 *
 * @param random changes them; null leaves them as they are.
 */
function stepInputs(
  set: CropSet,
  places: ArrayLike<number>,
  random: Random | null,
): Record<'pixels' | 'faces' | 'boxes' | 'boxCounts' | 'points' | 'pointCounts', Float32Array> {
  const count = places.length;
  const image = 3 * set.size * set.size;
  const inputs = {
    pixels: new Float32Array(count * image),
    faces: new Float32Array(count * 2),
    boxes: new Float32Array(count * 4),
    boxCounts: new Float32Array(count),
    points: new Float32Array(count * 10),
    pointCounts: new Float32Array(count * 10),
  };
  for (let i = 0; i < count; i++) {
    const place = places[i]!;
    const kind = set.kind(place);
    const jitter = random === null ? noJitter : drawJitter(random);
    jitterPixels(set.pixels(place), set.size, jitter, inputs.pixels, i * image);
    if (kind === 'negative') inputs.faces[2 * i] = 1;
    if (kind === 'positive') inputs.faces[2 * i + 1] = 1;
    if (kind === 'negative') continue;
    const targets = set.targets(place);
    const { box, points, known } = jitter.flip ? mirrorTargets(targets) : targets;
    inputs.boxes.set(box, 4 * i);
    inputs.points.set(points, 10 * i);
    if (kind !== 'points') inputs.boxCounts[i] = 1;
    else for (let k = 0; k < 10; k++) inputs.pointCounts[10 * i + k] = known[k >> 1]!;
  }
  return inputs;
}

/** Crops of a call of the validation graph. */
const validationBatch = 256;

/**
 * Measures on crops as they are: `valLoss`, the mean cross-entropy over negatives and positives, in nats, and `valAccuracy`
 * there; `valBoxError`, the mean squared error of the four offsets together over positives and parts; `valPointError`, the
 * mean distance of points, as a share of the crop's side.
 */
async function openValidation(
  { stage }: StageConfig,
  set: CropSet,
  { device, channelBlock, threads }: Place,
): Promise<Validation> {
  const model = compileForward(networkOf(stage), device, { channelBlock, answers: (outputs) => outputs });
  const session = await openSession(model.toBytes(), { device, threads });
  return {
    async score(weights) {
      const sums = { loss: 0, right: 0, judged: 0, box: 0, boxes: 0, distance: 0, points: 0 };
      for (let first = 0; first < set.count; first += validationBatch) {
        const places = Array.from(
          { length: Math.min(validationBatch, set.count - first) },
          (_, i) => first + i,
        );
        const inputs = stepInputs(set, places, null);
        const type = tensorType('float32', [places.length, 3, set.size, set.size]);
        const outputs = await session.run({ ...weights, pixels: { type, data: inputs.pixels } });
        const { face, box, points } = outputs;
        addScores(sums, inputs, places.length, [face!.data, box!.data, points!.data] as Float32Array[]);
      }
      const mean = (sum: number, count: number): number => (count === 0 ? 0 : sum / count);
      return {
        valLoss: mean(sums.loss, sums.judged),
        valAccuracy: mean(sums.right, sums.judged),
        valBoxError: mean(sums.box, sums.boxes),
        valPointError: mean(sums.distance, sums.points),
      };
    },
    close: () => session.close(),
  };
}

function addScores(
  sums: {
    loss: number;
    right: number;
    judged: number;
    box: number;
    boxes: number;
    distance: number;
    points: number;
  },
  inputs: ReturnType<typeof stepInputs>,
  count: number,
  [face, box, points]: Float32Array[],
): void {
  const square = (x: number): number => x * x;
  for (let i = 0; i < count; i++) {
    const [no, yes] = inputs.faces.subarray(2 * i, 2 * i + 2);
    if (no === 1 || yes === 1) {
      // log(1 + exp(other - own))
      const own = yes === 1 ? 1 : 0;
      const margin = face![2 * i + 1 - own]! - face![2 * i + own]!;
      sums.loss += Math.max(margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)));
      sums.judged++;
      if (margin < 0) sums.right++;
    }
    if (inputs.boxCounts[i] === 1) {
      for (let k = 4 * i; k < 4 * i + 4; k++) sums.box += square(box![k]! - inputs.boxes[k]!);
      sums.boxes++;
    }
    for (let k = 10 * i; k < 10 * i + 10; k += 2) {
      if (inputs.pointCounts[k] !== 1) continue;
      sums.distance += Math.hypot(points![k]! - inputs.points[k]!, points![k + 1]! - inputs.points[k + 1]!);
      sums.points++;
    }
  }
}

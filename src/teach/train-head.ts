// Trains a dense layer on features, by the same compiled training steps as whole networks.

import { compileForward, pixelsName } from '../engine/compile/forward.js';
import type { Network } from '../engine/compile/network.js';
import { compileTrainingStep, initialState, weightsOf } from '../engine/compile/training-step.js';
import { classification } from '../engine/nn/classification.js';
import { sequential } from '../engine/nn/compose.js';
import { dense, dropout } from '../engine/nn/layers.js';
import { cosineSchedule } from '../engine/optim/schedules.js';
import { adamw } from '../engine/optim/transforms.js';
import { openSession, type Session, type SessionOptions } from '../engine/runtime/session.js';
import { floatTensor } from '../engine/tensor/array.js';
import { tensorType } from '../engine/tensor/type.js';
import { TrainingSession } from '../engine/training/training-session.js';
import { Random } from '../random/random.js';
import type { DenseWeights } from './feature-basis.js';

/** How the layer is trained; kept in the model file. */
export const recipe = {
  epochs: 40,
  batchSize: 32,
  learningRate: 0.003,
  weightDecay: 0.1,
  /** Share of features that a step doesn't see. */
  dropout: 0.2,
  /** Share of a label that is spread over all classes, so that few samples don't make a model that is always sure. */
  labelSmoothing: 0.05,
} as const;

/** Features [n, size] with their labels [n]. */
export interface LabelledFeatures {
  readonly features: Float32Array;
  readonly labels: Int32Array;
}

interface HeadEpoch {
  readonly epoch: number;
  /** Of the training rows, in the course of the epoch. */
  readonly loss: number;
  readonly accuracy: number;
  /** Of the rows that were held back, after it: [n, classes]. */
  readonly logits: Float32Array;
}

export interface HeadOptions {
  readonly classes: number;
  readonly seed: number;
  readonly session: SessionOptions;
  onEpoch(epoch: HeadEpoch): void;
  /** Called before every epoch: lets messages in that say stop, and throws then. */
  pause(): Promise<void>;
}

/** @returns the layer after the last epoch, and its logits of what was held back, [n, classes]. */
export async function trainHead(
  training: LabelledFeatures,
  heldBack: Float32Array,
  { classes, seed, session: sessionOptions, onEpoch, pause }: HeadOptions,
): Promise<{ weights: DenseWeights; logits: Float32Array }> {
  const count = training.labels.length;
  const size = training.features.length / count;
  const batches = new HeadBatches(training, classes, seed);
  const network: Network = {
    layer: sequential({ dropout: dropout(recipe.dropout), logits: dense({ units: classes }) }),
    inputShape: [size],
    preprocessing: { scale: 1, offset: 0 },
  };
  const optimizer = adamw({ weightDecay: recipe.weightDecay });
  const start = {
    parameters: {
      'logits/kernel': floatTensor([size, classes], new Float32Array(size * classes)),
      'logits/bias': floatTensor([classes], new Float32Array(classes)),
    },
    state: {},
  };
  const session = new TrainingSession(
    (batchSize) =>
      compileTrainingStep({
        network,
        batchSize,
        objective: classification(classes),
        optimizer,
        provider: 'cpu',
        ema: false,
      }),
    initialState(start, optimizer, false),
    { optimizer, seed, emaDecay: null, ...sessionOptions },
  );
  const forward = await openSession(compileForward(network, 'cpu').toBytes(), sessionOptions);
  const rate = cosineSchedule(recipe.learningRate, recipe.epochs * batches.perEpoch);
  let logits = new Float32Array(0);
  try {
    for (let epoch = 1, step = 1; epoch <= recipe.epochs; epoch++) {
      await pause();
      let [loss, right] = [0, 0];
      for (const inputs of batches.epoch(epoch)) {
        const result = await session.run(batches.size, { inputs, step, learningRate: rate(step) });
        loss += result.loss / batches.perEpoch;
        right += result.measures.accuracy!;
        step++;
      }
      logits = await logitsOf(forward, await session.readCarried(), heldBack, size);
      onEpoch({ epoch, loss, accuracy: right / (batches.perEpoch * batches.size), logits });
    }
    const { parameters } = weightsOf(await session.readCarried(), false);
    const copy = (name: string) => (parameters[name]!.data as Float32Array).slice();
    return { weights: { kernel: copy('logits/kernel'), bias: copy('logits/bias') }, logits };
  } finally {
    await session.close();
    await forward.close();
  }
}

async function logitsOf(
  forward: Session,
  carried: Awaited<ReturnType<TrainingSession['readCarried']>>,
  features: Float32Array,
  size: number,
): Promise<Float32Array<ArrayBuffer>> {
  const type = tensorType('float32', [features.length / size, size]);
  const outputs = await forward.run({ ...carried, [pixelsName]: { type, data: features } });
  return outputs.logits!.data as Float32Array<ArrayBuffer>;
}

/** Batches of one size, shuffled anew each epoch; the few rows that are left over wait for the next. */
class HeadBatches {
  readonly size: number;
  readonly perEpoch: number;
  private readonly order: Int32Array;
  /** Of each class: rare ones count as much as frequent ones. */
  private readonly weights: Float64Array;

  constructor(
    private readonly rows: LabelledFeatures,
    private readonly classes: number,
    private readonly seed: number,
  ) {
    const { labels } = rows;
    this.size = Math.min(recipe.batchSize, labels.length);
    this.perEpoch = Math.floor(labels.length / this.size);
    this.order = Int32Array.from(labels.keys());
    const counts = new Float64Array(classes);
    for (const label of labels) counts[label]!++;
    this.weights = counts.map((count) => labels.length / (classes * count));
  }

  /** The memory of a batch is used again for the next. */
  *epoch(epoch: number): Generator<{ [pixelsName]: Float32Array; targets: Float32Array }> {
    const { order, rows, classes, size, weights } = this;
    const width = rows.features.length / rows.labels.length;
    const features = new Float32Array(size * width);
    const targets = new Float32Array(size * classes);
    new Random(this.seed, 'teach-shuffle', epoch).shuffle(order);
    for (let batch = 0; batch < this.perEpoch; batch++) {
      for (let j = 0; j < size; j++) {
        const i = order[batch * size + j]!;
        const label = rows.labels[i]!;
        const weight = weights[label]!;
        features.set(rows.features.subarray(i * width, (i + 1) * width), j * width);
        targets.fill((weight * recipe.labelSmoothing) / classes, j * classes, (j + 1) * classes);
        targets[j * classes + label]! += weight * (1 - recipe.labelSmoothing);
      }
      yield { [pixelsName]: features, targets };
    }
  }
}

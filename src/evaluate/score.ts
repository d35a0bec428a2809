// Scores a model on decoded, labelled images.

import { sequentialBatches } from '../data/store/batches.js';
import type { ImageStore } from '../data/store/store.js';
import { FerlabError } from '../errors.js';
import type { ExpressionModel } from '../predict/model.js';
import { scorePredictions } from '../scores/metrics.js';
import type { EvaluationResult } from '../scores/types.js';

export interface ScoreOptions {
  /** Images per call of the model. Default: 64. */
  batchSize?: number | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Labelled images, and what to call them. */
export interface CalibrationImages {
  store: ImageStore;
  /** Names for the model file's metadata. */
  dataset: string;
  split: string;
}

/** A model's answers for every image of a store, [n, classes], those of a last, smaller batch too. */
export async function collectScores(
  model: ExpressionModel,
  kind: 'probabilities' | 'logits',
  store: ImageStore,
  { batchSize = 64, onProgress, signal }: ScoreOptions,
): Promise<Float32Array> {
  const classes = model.classes.length;
  const scores = new Float32Array(store.count * classes);
  let done = 0;
  for await (const batch of sequentialBatches(store, batchSize)) {
    if (signal?.aborted) throw new FerlabError('interrupted', 'Stopped while scoring.');
    const pixels = batch.pixels.subarray(0, batch.size * store.width * store.height);
    scores.set(await model[kind](pixels), done * classes);
    done += batch.size;
    batch.release();
    onProgress?.(done, store.count);
  }
  return scores;
}

/** Every image of the store counts. Labels must be the model's. */
export async function scoreStore(
  model: ExpressionModel,
  store: ImageStore,
  options: ScoreOptions,
): Promise<{ result: EvaluationResult; seconds: number }> {
  const started = performance.now();
  const probabilities = await collectScores(model, 'probabilities', store, options);
  const seconds = (performance.now() - started) / 1000;
  const result = scorePredictions({
    probabilities,
    labels: store.labels,
    files: store.samples.map(({ file }) => file),
    classes: model.classes,
  });
  return { result, seconds };
}

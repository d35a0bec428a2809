// Scores a model on images that are changed as cameras, detectors and files change them.

import type { ImageStore } from '../data/store/store.js';
import { FerlabError } from '../errors.js';
import { imageChanges } from '../image/changes.js';
import { argmax } from '../math/argmax.js';
import type { ExpressionModel } from '../predict/model.js';
import { type Robustness, scoreChange } from '../scores/robustness.js';
import type { ScoreOptions } from './score.js';

export interface RobustnessOptions extends ScoreOptions {
  /** Score at most so many images, evenly spread over the store. Default: all. */
  most?: number | undefined;
}

/** The places of at most `most` of `count` images, evenly spread, so that classes keep their shares. */
function spread(count: number, most: number): number[] {
  const n = Math.min(count, most);
  return Array.from({ length: n }, (_, i) => Math.floor((i * count) / n));
}

/**
 * A model's answers to the images of a store as they are, and under each change. Every image is read once.
 *
 * @param options `onProgress` counts images, each once for all changes.
 */
export async function measureRobustness(
  model: Pick<ExpressionModel, 'classes' | 'logits'>,
  store: ImageStore,
  { batchSize = 64, most = Number.POSITIVE_INFINITY, onProgress, signal }: RobustnessOptions = {},
): Promise<Robustness> {
  const { width, height } = store;
  const places = spread(store.count, most);
  const labels = Int32Array.from(places, (i) => store.labels[i]!);
  const changes = imageChanges(store);
  const before = new Int32Array(places.length);
  const after = changes.map(() => new Int32Array(places.length));
  const answer = async (images: readonly Uint8Array[], answers: Int32Array, first: number) => {
    if (signal?.aborted) throw new FerlabError('interrupted', 'Stopped while scoring.');
    const pixels = new Float32Array(images.length * width * height);
    for (const [i, image] of images.entries()) pixels.set(image, i * width * height);
    const logits = await model.logits(pixels);
    const classes = model.classes.length;
    for (let i = 0; i < images.length; i++)
      answers[first + i] = argmax(logits.subarray(i * classes, (i + 1) * classes));
  };
  for (let first = 0; first < places.length; first += batchSize) {
    const batch = places.slice(first, first + batchSize);
    const images = await Promise.all(batch.map((place) => store.bytes(place)));
    await answer(images, before, first);
    for (const [k, change] of changes.entries()) {
      const changed = images.map((data, i) => change.apply({ width, height, data }, batch[i]!));
      await answer(changed, after[k]!, first);
    }
    onProgress?.(first + batch.length, places.length);
  }
  return {
    n: places.length,
    accuracy: labels.reduce((sum, label, i) => sum + (label === before[i] ? 1 : 0), 0) / places.length,
    changes: changes.map((change, k) => scoreChange(change, labels, before, after[k]!)),
  };
}

// Labels that one model confidently disagrees with, by the thresholds of confident learning (confident-learning.ts). A
// ranking for people to look through, not a verdict: the model errs too, and one that was trained on an image has
// learnt its label, right or wrong, so that it finds the fewest in its own training set.

import { type AuditImages, Pace } from '../copies/images.js';
import { sequentialBatches } from '../data/store/batches.js';
import { type ImageStore, openImages } from '../data/store/store.js';
import { FerlabError } from '../errors.js';
import type { Hooks } from '../progress.js';
import { confidentClasses } from '../scores/confident-learning.js';

/** What the audit needs of a model; `loadModel` gives one. */
export interface LabellingModel {
  readonly classes: readonly string[];
  readonly inputSize: { readonly width: number; readonly height: number };
  /** Probabilities `[n, classes]` for raw grey pixels `[n, 1, height, width]` of the input size. */
  probabilities(pixels: Float32Array): Promise<Float32Array>;
}

/** An image whose label is confidently contradicted. */
export interface Suspect {
  image: number;
  predicted: number;
  labelProbability: number;
  predictedProbability: number;
}

/** For one split. */
export interface RankedSuspects {
  /** Per class, the mean probability over the images labelled so; not a number where there are none. */
  thresholds: number[];
  /** The largest lead of the predicted class over the label first. */
  suspects: Suspect[];
}

const batchSize = 64;

/**
 * Ranks the images of one split.
 *
 * @param probabilities `[n, classes]`, row by row, by the labels' numbering.
 * @param labels of the n images.
 */
export function rankSuspects(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): RankedSuspects {
  const { thresholds, classes: confident } = confidentClasses(probabilities, labels, classes);
  const suspects: Suspect[] = [];
  for (let image = 0; image < labels.length; image++) {
    const of = (label: number) => probabilities[image * classes + label]!;
    const label = labels[image]!;
    const predicted = confident[image]!;
    if (predicted < 0 || predicted === label || of(predicted) <= of(label)) continue;
    suspects.push({
      image,
      predicted,
      labelProbability: of(label),
      predictedProbability: of(predicted),
    });
  }
  return { thresholds, suspects: sortSuspects(suspects) };
}

/** Sorts in place, the largest lead of the predicted class over the label first, and returns the same array. */
export function sortSuspects(suspects: Suspect[]): Suspect[] {
  const lead = (suspect: Suspect) => suspect.predictedProbability - suspect.labelProbability;
  return suspects.sort((a, b) => lead(b) - lead(a));
}

/**
 * For every class of the dataset, its place among the model's.
 *
 * @throws FerlabError (data) where it has none.
 */
export function classPlaces(classes: readonly string[], model: LabellingModel): number[] {
  const places = classes.map((name) => model.classes.indexOf(name));
  if (places.includes(-1)) {
    const missing = classes.filter((_, label) => places[label] === -1);
    throw new FerlabError(
      'data',
      `--model: expected a model that knows the dataset's classes (${classes.join(', ')}); ` +
        `found one without ${missing.join(', ')} (it has ${model.classes.join(', ')}). Use a model trained for them.`,
    );
  }
  return places;
}

/**
 * A model's probabilities for every image of a store that has its input size.
 *
 * @param places for every class wanted, its place among the model's.
 * @param onBatch called with the number of images done.
 * @returns `[images, places]`, row by row.
 */
export async function predictStore(
  store: ImageStore,
  model: LabellingModel,
  places: readonly number[],
  onBatch: (done: number) => Promise<void> | void,
): Promise<Float32Array> {
  const probabilities = new Float32Array(store.count * places.length);
  for await (const batch of sequentialBatches(store, batchSize)) {
    const pixels = batch.pixels.subarray(0, batch.size * store.width * store.height);
    const scores = await model.probabilities(pixels);
    batch.indices.forEach((index, k) => {
      places.forEach((place, label) => {
        probabilities[index * places.length + label] = scores[k * model.classes.length + place]!;
      });
    });
    const done = batch.indices[batch.size - 1]! + 1;
    batch.release();
    await onBatch(done);
  }
  return probabilities;
}

/** Ranks the labels of every split by the model's probabilities; image numbers are those of `images`. */
export async function findSuspects(
  images: AuditImages,
  model: LabellingModel,
  { signal, onProgress }: Hooks<{ type: 'predict'; done: number; total: number }> = {},
): Promise<RankedSuspects[]> {
  const places = classPlaces(images.classes, model);
  const { width, height } = model.inputSize;
  const pace = new Pace(signal, (done) => onProgress?.({ type: 'predict', done, total: images.count }));
  const ranked: RankedSuspects[] = [];
  let first = 0;
  for (const { store } of images.splits) {
    const fits = store.width === width && store.height === height;
    const sized = fits
      ? store
      : await openImages(store.samples, { width, height, pool: store.pool, maxPixels: store.maxPixels });
    const before = first;
    const probabilities = await predictStore(sized, model, places, async (done) => {
      if (pace.due()) await pace.breathe(before + done);
    });
    const { thresholds, suspects } = rankSuspects(probabilities, sized.labels, places.length);
    ranked.push({
      thresholds,
      suspects: suspects.map((suspect) => ({ ...suspect, image: suspect.image + before })),
    });
    first += store.count;
  }
  return ranked;
}

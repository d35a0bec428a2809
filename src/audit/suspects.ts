// Labels that a model confidently disagrees with, by the rule of confident learning (Northcutt, Jiang and Chuang 2021):
// a class is believed where its probability reaches the mean that the model gives it over the images labelled so. A
// ranking for people to look through, not a verdict: the model errs too, and one that was trained on an image has
// learnt its label, right or wrong, so that in its own training set it finds the fewest.

import { sequentialBatches } from '../data/batches.js';
import { openImages } from '../data/store.js';
import { FerlabError } from '../errors.js';
import { type AuditImages, Pace } from './images.js';

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
  const sums = new Float64Array(classes);
  const counts = new Int32Array(classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    sums[label]! += probabilities[i * classes + label]!;
    counts[label]!++;
  }
  const thresholds = Array.from(sums, (sum, label) => sum / counts[label]!);
  const suspects: Suspect[] = [];
  for (let image = 0; image < labels.length; image++) {
    const of = (label: number) => probabilities[image * classes + label]!;
    let predicted = -1;
    for (let label = 0; label < classes; label++) {
      if (of(label) >= thresholds[label]! && (predicted < 0 || of(label) > of(predicted))) predicted = label;
    }
    const label = labels[image]!;
    if (predicted < 0 || predicted === label || of(predicted) <= of(label)) continue;
    suspects.push({
      image,
      predicted,
      labelProbability: of(label),
      predictedProbability: of(predicted),
    });
  }
  const lead = (suspect: Suspect) => suspect.predictedProbability - suspect.labelProbability;
  return { thresholds, suspects: suspects.sort((a, b) => lead(b) - lead(a)) };
}

/** For every class of the dataset, its place among the model's. */
function classPlaces(images: AuditImages, model: LabellingModel): number[] {
  const places = images.classes.map((name) => model.classes.indexOf(name));
  if (places.includes(-1)) {
    const missing = images.classes.filter((_, label) => places[label] === -1);
    throw new FerlabError(
      'data',
      `--model: expected a model that knows the dataset's classes (${images.classes.join(', ')}); ` +
        `found one without ${missing.join(', ')} (it has ${model.classes.join(', ')}). Use a model trained for them.`,
    );
  }
  return places;
}

/** Ranks the labels of every split by the model's probabilities; image numbers are those of `images`. */
export async function findSuspects(
  images: AuditImages,
  model: LabellingModel,
  { signal, onProgress }: { signal?: AbortSignal | undefined; onProgress?: (done: number) => void },
): Promise<RankedSuspects[]> {
  const places = classPlaces(images, model);
  const { width, height } = model.inputSize;
  const pace = new Pace(signal, onProgress);
  const ranked: RankedSuspects[] = [];
  let first = 0;
  for (const { store } of images.splits) {
    const fits = store.width === width && store.height === height;
    const sized = fits
      ? store
      : await openImages(store.samples, { width, height, pool: store.pool, maxPixels: store.maxPixels });
    const probabilities = new Float32Array(sized.count * places.length);
    for await (const batch of sequentialBatches(sized, batchSize)) {
      const scores = await model.probabilities(batch.pixels.subarray(0, batch.size * width * height));
      batch.indices.forEach((index, k) => {
        places.forEach((place, label) => {
          probabilities[index * places.length + label] = scores[k * model.classes.length + place]!;
        });
      });
      const done = batch.indices[batch.size - 1]! + 1;
      batch.release();
      if (pace.due()) await pace.breathe(first + done);
    }
    const { thresholds, suspects } = rankSuspects(probabilities, sized.labels, places.length);
    const offset = first;
    ranked.push({
      thresholds,
      suspects: suspects.map((suspect) => ({ ...suspect, image: suspect.image + offset })),
    });
    first += store.count;
  }
  return ranked;
}

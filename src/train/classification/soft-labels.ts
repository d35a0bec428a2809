// Soft labels for the images that are trained on: votes blended with labels. src/data/votes/ reads the votes.

import { basename } from 'node:path';
import type { ImageStore } from '../../data/store/store.js';
import type { SoftLabels } from '../../data/votes/soft-labels.js';

/** The training images' soft labels, and how many there are. */
export interface BlendedLabels {
  /** Distribution of every image over the classes, [images, classes]; rows sum to 1. */
  shares: Float32Array;
  /** Images whose target the votes shape. */
  voted: number;
  /** Of these, images for whose label no other class has a larger share. */
  agreeing: number;
  /** Images that keep their label: the votes decide nothing. */
  undecided: number;
  /** Images that keep their label: not in the file. */
  missing: number;
}

/** weight x votes + (1 - weight) x one-hot label, for each image of a store; labels alone where votes don't decide. */
export function blendLabels(
  { samples, labels }: Pick<ImageStore, 'samples' | 'labels'>,
  classes: number,
  votes: SoftLabels['shares'],
  weight: number,
): BlendedLabels {
  const result = {
    shares: new Float32Array(labels.length * classes),
    voted: 0,
    agreeing: 0,
    undecided: 0,
    missing: 0,
  };
  samples.forEach(({ file }, i) => {
    const row = result.shares.subarray(i * classes, (i + 1) * classes);
    const label = labels[i]!;
    const share = votes.get(file);
    row[label] = 1;
    if (share === undefined) result.missing++;
    else if (share === null) result.undecided++;
    else {
      result.voted++;
      if (share[label] === Math.max(...share)) result.agreeing++;
      row.forEach((hard, k) => {
        row[k] = weight * share[k]! + (1 - weight) * hard;
      });
    }
  });
  return result;
}

/** A line for the log. */
export function describeBlend(
  { path, kind }: SoftLabels,
  { voted, agreeing, undecided, missing }: BlendedLabels,
  weight: number,
): string {
  const total = voted + undecided + missing;
  const share = ((100 * agreeing) / Math.max(1, voted)).toFixed(1);
  return (
    `Soft labels for ${voted} of ${total} training images: ${kind} (${path}), weight ${weight}; for ${share}% of them no ` +
    `class has a larger share than the label. The label alone for ${undecided} images that the votes don't decide and ` +
    `${missing} that aren't in the file.`
  );
}

/** A note for the model file and the report, since scores of such a model aren't comparable with those of others. */
export function softLabelNote(
  { path, kind }: SoftLabels,
  { voted, shares }: BlendedLabels,
  weight: number,
  classes: number,
): string {
  const accuracy =
    weight > 0.5
      ? ' Its training accuracy counts the largest share of the blend as right, not the label.'
      : '';
  return (
    `Trained with extra annotation: ${kind} (${basename(path)}, weight ${weight}, ${voted} of ` +
    `${shares.length / classes} training images). Models trained on the dataset's labels alone had less to learn from.` +
    accuracy
  );
}

// All that an audit looks for, on decoded images, by their numbers. Names, words and pictures are made from it elsewhere.

import { blankDeviation } from '../copies/describe.js';
import { type CopiesInTraining, type CopyPhase, findCopies } from '../copies/find-copies.js';
import { copyGroups } from '../copies/groups.js';
import type { AuditImages } from '../copies/images.js';
import type { NearMatch } from '../copies/near.js';
import { type CrossValidated, judgeLabels, type OutOfSamplePredictor } from './out-of-sample.js';
import { findSuspects, type LabellingModel, type RankedSuspects } from './suspects.js';
import { findUnlike, type UnlikeFound } from './unlike.js';

/** What an audit is doing, for a progress bar. */
export type AuditPhase = CopyPhase | 'model';

export interface FindOptions {
  model?: LabellingModel | undefined;
  /** Judges labels by models that haven't seen the images; instead of `model`. */
  outOfSample?: OutOfSamplePredictor | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((phase: AuditPhase, done: number, total: number) => void) | undefined;
}

/** By image numbers. */
export interface Findings {
  /** Exact copies, two or more each; members rise, and so do the groups' first members. */
  copies: number[][];
  /** Images left when one of each set of exact copies is kept. */
  unique: number;
  /** Between first members, of which other exact copies are not listed again. */
  near: NearMatch[];
  /** Images outside the first split that have copies in it. */
  leaks: CopiesInTraining[];
  blank: { image: number; deviation: number }[];
  /** Of each set of exact copies one is judged, blank ones are not. */
  unlike: UnlikeFound;
  /** By split; null without a model and without cross-validation. */
  suspects: RankedSuspects[] | null;
  crossValidated: CrossValidated | null;
}

/** Looks for everything. */
export async function findAll(
  images: AuditImages,
  { model, outOfSample, signal, onProgress }: FindOptions,
): Promise<Findings> {
  const { firsts, different, groups, near, inTraining, description } = await findCopies(images, {
    signal,
    onProgress,
  });
  const predicted = await outOfSample?.predict(images, copyGroups(firsts, near), { signal, onProgress });
  const crossValidated = predicted ? judgeLabels(images, predicted) : null;
  const { deviations, unlike } = description;
  const isBlank = (image: number) => deviations[image]! <= blankDeviation;
  const numbers = Array.from(deviations.keys());
  return {
    copies: groups,
    unique: different.length,
    near,
    leaks: inTraining,
    blank: numbers.filter(isBlank).map((image) => ({ image, deviation: deviations[image]! })),
    unlike: findUnlike(
      different.filter((image) => !isBlank(image)),
      unlike,
    ),
    crossValidated,
    suspects: model
      ? await findSuspects(images, model, {
          signal,
          onProgress: (done) => onProgress?.('model', done, images.count),
        })
      : (crossValidated?.suspects ?? null),
  };
}

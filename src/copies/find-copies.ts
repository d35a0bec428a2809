// Copies of images within a dataset: exact ones by their pixels, near ones by comparing pictures; and which held-out
// images have copies in the training split.

import type { Hooks } from '../progress.js';
import { type Description, describeImages } from './describe.js';
import { type AuditImages, Pace } from './images.js';
import type { CopyKind } from './leaks.js';
import { findNearMatches, type NearMatch } from './near.js';

/** Images done so far in a phase of the search: decoded, described, looked up, compared. */
export interface CopyEvent {
  type: 'decode' | 'describe' | 'search' | 'compare';
  done: number;
  total: number;
}

/** Copies of one image in the training split. */
export interface CopiesInTraining {
  image: number;
  /** `near` only where there is no exact copy. */
  kind: CopyKind;
  /** Some exact copy in training has another label. */
  conflicting: boolean;
}

/** By image numbers. */
export interface FoundCopies {
  /** The first exact copy of every image; the image itself where it is the first. */
  firsts: Int32Array;
  /** The first of each set of exact copies, in order. */
  different: Int32Array;
  /** Exact copies, two or more each; members rise, and so do the groups' first members. */
  groups: number[][];
  /** Between first members, of which other exact copies are not listed again. */
  near: NearMatch[];
  /** Images outside the first split that have copies in it. */
  inTraining: CopiesInTraining[];
  description: Description;
}

/** Images of which every set of exact copies is listed, with the members of each. */
function groupCopies(firsts: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  firsts.forEach((first, i) => {
    if (first !== i) {
      const group = groups.get(first);
      if (group) group.push(i);
      else groups.set(first, [first, i]);
    }
  });
  return new Map([...groups].sort(([a], [b]) => a - b));
}

/**
 * Images outside the first split with an exact or near copy inside it. Two images are near copies when they were
 * compared themselves; a chain of near copies from one to the other doesn't count.
 */
function findCopiesInTraining(
  images: AuditImages,
  firsts: Int32Array,
  groups: Map<number, number[]>,
  near: readonly NearMatch[],
): CopiesInTraining[] {
  // The first split comes first, so a set of copies touches it exactly when its first member is in it.
  const inTraining = (i: number) => images.splitOf[firsts[i]!] === 0;
  const nearTraining = new Set<number>();
  for (const { first, second } of near) {
    if (inTraining(first)) nearTraining.add(second);
    if (inTraining(second)) nearTraining.add(first);
  }
  // Once per set, of which there may be large ones: blank images, placeholders.
  const trainingLabels = new Map<number, Set<number>>();
  for (const [first, group] of groups) {
    const training = group.filter((other) => images.splitOf[other] === 0);
    trainingLabels.set(first, new Set(training.map((other) => images.labels[other]!)));
  }
  const leaks: CopiesInTraining[] = [];
  for (let image = 0; image < images.count; image++) {
    if (images.splitOf[image] === 0) continue;
    if (inTraining(image)) {
      const labels = trainingLabels.get(firsts[image]!)!;
      const conflicting = labels.size > 1 || !labels.has(images.labels[image]!);
      leaks.push({ image, kind: 'exact', conflicting });
    } else if (nearTraining.has(firsts[image]!)) leaks.push({ image, kind: 'near', conflicting: false });
  }
  return leaks;
}

/** Finds exact and near copies. Memory: some 700 bytes per image beside the stores' own. */
export async function findCopies(
  images: AuditImages,
  { signal, onProgress }: Hooks<CopyEvent> = {},
): Promise<FoundCopies> {
  const pace = (type: CopyEvent['type'], total = images.count) =>
    new Pace(signal, (done) => onProgress?.({ type, done, total }));
  const firsts = images.firstCopies();
  const groups = groupCopies(firsts);
  const different = Int32Array.from(firsts).filter((first, i) => first === i);
  const description = await describeImages(images, different, pace('describe'));
  const near = await findNearMatches(images, different, description, {
    search: pace('search'),
    compare: (total) => pace('compare', total),
  });
  const inTraining = findCopiesInTraining(images, firsts, groups, near);
  return { firsts, different, groups: [...groups.values()], near, inTraining, description };
}

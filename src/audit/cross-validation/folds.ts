// Divides images into folds for cross-validation (Stone 1974): stratified by label, with images of one photograph in
// one fold, so that no model learns an image's label from its copy.

import { Random } from '../../random/random.js';

export interface FoldOptions {
  /** Number of classes. */
  classes: number;
  /** Number of folds. */
  folds: number;
  /** The same seed gives the same folds. */
  seed: number;
}

/**
 * Assigns every image to a fold. Greedy, the largest groups first: each goes where images of its labels are fewest.
 * Where every group is one image, the folds' counts of any class differ by one at most.
 *
 * @param labels of the images.
 * @param groups for every image, the number of its group; images of one group share a fold.
 * @returns for every image its fold, from 0.
 */
export function assignFolds(
  labels: ArrayLike<number>,
  groups: ArrayLike<number>,
  { classes, folds, seed }: FoldOptions,
): Uint8Array {
  const members = new Map<number, number[]>();
  const perClass = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) {
    perClass[labels[i]!]!++;
    const group = members.get(groups[i]!);
    if (group) group.push(i);
    else members.set(groups[i]!, [i]);
  }
  const order = new Random(seed, 'folds').shuffle([...members.values()]).sort((a, b) => b.length - a.length);
  const foldOf = new Uint8Array(labels.length);
  const counts = Array.from({ length: folds }, () => new Float64Array(classes));
  const totals = new Float64Array(folds);
  for (const group of order) {
    // How much of the group's classes a fold has already.
    const crowding = (fold: number) =>
      group.reduce((sum, i) => sum + counts[fold]![labels[i]!]! / perClass[labels[i]!]!, 0);
    let best = 0;
    let least = crowding(0);
    for (let fold = 1; fold < folds; fold++) {
      const found = crowding(fold);
      if (found > least || (found === least && totals[fold]! >= totals[best]!)) continue;
      best = fold;
      least = found;
    }
    for (const i of group) {
      foldOf[i] = best;
      counts[best]![labels[i]!]!++;
    }
    totals[best]! += group.length;
  }
  return foldOf;
}

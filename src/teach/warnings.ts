// What has to be known before a taught model is trusted.

import type { Split } from './hold-back.js';
import type { SampleCopies } from './types.js';

interface Taught {
  readonly classes: readonly string[];
  readonly labels: Int32Array;
  readonly takes: readonly (string | undefined)[];
  readonly copies: readonly SampleCopies[];
  readonly split: Split;
}

/** Of a class: with fewer, one sample more or less right changes its accuracy by a quarter or more. */
const fewHeldBack = 4;
/** Samples of the largest class for one of the smallest, from which on it is said. */
const unevenFrom = 4;

export function describeWarnings({ classes, labels, takes, copies, split }: Taught): string[] {
  const warnings: string[] = [];
  const inTwo = copies.filter(({ sameLabel }) => !sameLabel).length;
  if (inTwo > 0)
    warnings.push(
      `${inTwo === 1 ? 'One picture stands' : `${inTwo} pictures stand`} in more than one class: the model can't be right ` +
        'about both. Delete the wrong ones.',
    );
  const of = (places: Iterable<number>, k: number) => [...places].filter((i) => labels[i] === k);
  const few = classes.filter((_, k) => of(split.heldBack, k).length < fewHeldBack);
  if (few.length > 0)
    warnings.push(
      `Fewer than ${fewHeldBack} samples could be held back of ${few.join(', ')}: the scores say little. Add samples.`,
    );
  const one = classes.filter((_, k) => {
    const recordings = new Set(of(labels.keys(), k).map((i) => takes[i]));
    return recordings.size === 1 && !recordings.has(undefined);
  });
  if (one.length > 0)
    warnings.push(
      `All samples of ${one.join(', ')} are of one recording each: in other light or with other people the model will be ` +
        'right less often than the scores say. Record again, elsewhere.',
    );
  const counts = classes.map((_, k) => of(labels.keys(), k).length);
  if (Math.max(...counts) >= unevenFrom * Math.min(...counts)) {
    const smallest = classes[counts.indexOf(Math.min(...counts))];
    warnings.push(
      `${smallest} has far fewer samples than the largest class. Add some: weights alone don't make up for it.`,
    );
  }
  return warnings;
}

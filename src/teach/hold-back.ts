// Which samples are held back, to say how well the model does on what it was not trained on.
//
// Frames of a camera that follow each other are nearly the same picture. Were frames held back at random, each would have
// its neighbours among the training samples, and the score would tell how well the model remembers. So the end of every
// recording is held back, as one stretch: it borders on training samples once. Pictures without a recording count as one
// stretch, too, in their order: bursts and people are usually neighbours.
//
// Copies stay together, on one side; those that stand in two classes are no measure of anything, and are trained on.

import { refuse } from './check-lesson.js';
import type { SampleCopies } from './types.js';

/** Share of a class that is held back. */
const share = 0.2;

export interface Split {
  /** Places of the samples to train on, rising. */
  readonly training: readonly number[];
  /** Places of those to score, rising: one of each picture. */
  readonly heldBack: readonly number[];
}

interface SplitInput {
  readonly classes: readonly string[];
  /** Of every sample, the number of its class. */
  readonly labels: Int32Array;
  readonly takes: readonly (string | undefined)[];
  readonly copies: readonly SampleCopies[];
  /** Different pictures that a class needs. */
  readonly fewest: number;
}

/** @throws FerlabError `data` where a class has too few different pictures. */
export function holdBack({ classes, labels, takes, copies, fewest }: SplitInput): Split {
  const groupOf = new Map<number, SampleCopies>();
  for (const group of copies) for (const i of group.samples) groupOf.set(i, group);
  /** Samples that stand for a picture of one class: the first of its copies. */
  const stands = (i: number): boolean => {
    const group = groupOf.get(i);
    return group === undefined || (group.sameLabel && group.samples[0] === i);
  };
  const held = new Set<number>();
  classes.forEach((name, k) => {
    const pictures = [...labels.keys()].filter((i) => labels[i] === k && stands(i));
    if (pictures.length < fewest) throw tooFew(name, labels, k, pictures.length, fewest);
    const ends = stretches(pictures, takes).flatMap((stretch) => endOf(stretch, share * stretch.length));
    const chosen = ends.length > 0 ? ends : endOf(pictures, Math.max(1, share * pictures.length));
    for (const i of chosen) held.add(i);
  });
  const kept = (i: number): boolean => !held.has(groupOf.get(i)?.samples[0] ?? i);
  return {
    training: [...labels.keys()].filter(kept),
    heldBack: [...held].sort((a, b) => a - b),
  };
}

function tooFew(name: string, labels: Int32Array, k: number, different: number, fewest: number) {
  const count = labels.filter((label) => label === k).length;
  const found = count === 0 ? 'none' : `${count}${different < count ? `, of which ${different} differ` : ''}`;
  return refuse(
    `${name}: expected at least ${fewest} different pictures, found ${found}. Add more, or leave the class out.`,
  );
}

/** Samples of a class by recording; those without one are one stretch. */
function stretches(samples: readonly number[], takes: readonly (string | undefined)[]): number[][] {
  const byTake = new Map<string | undefined, number[]>();
  for (const i of samples) {
    const known = byTake.get(takes[i]);
    if (known === undefined) byTake.set(takes[i], [i]);
    else known.push(i);
  }
  return [...byTake.values()];
}

const endOf = (samples: readonly number[], count: number): number[] =>
  samples.slice(samples.length - Math.round(count));

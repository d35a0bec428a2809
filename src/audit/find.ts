// Everything that an audit finds in the images themselves, by their numbers. Labels are judged elsewhere (judge-labels.ts);
// names, words and pictures are made from it elsewhere too.

import { blankDeviation } from '../copies/describe.js';
import { type CopiesInTraining, type CopyEvent, findCopies } from '../copies/find-copies.js';
import type { AuditImages } from '../copies/images.js';
import type { NearMatch } from '../copies/near.js';
import type { Hooks } from '../progress.js';
import { findUnlike, type UnlikeFound } from './unlike.js';

/** By image numbers. */
export interface Findings {
  /** The first exact copy of every image; the image itself where it is the first. */
  firsts: Int32Array;
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
}

/** Looks for everything. */
export async function findAll(images: AuditImages, hooks: Hooks<CopyEvent> = {}): Promise<Findings> {
  const { firsts, different, groups, near, inTraining, description } = await findCopies(images, hooks);
  const { deviations, unlike } = description;
  const isBlank = (image: number) => deviations[image]! <= blankDeviation;
  const numbers = Array.from(deviations.keys());
  return {
    firsts,
    copies: groups,
    unique: different.length,
    near,
    leaks: inTraining,
    blank: numbers.filter(isBlank).map((image) => ({ image, deviation: deviations[image]! })),
    unlike: findUnlike(
      different.filter((image) => !isBlank(image)),
      unlike,
    ),
  };
}

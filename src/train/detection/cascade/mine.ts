// What the stages before take for faces in the training photographs: the crops that the next stage learns from.

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { PictureStore } from '../../../data/faces/picture-store.js';
import type { Proposer } from '../../../faces/cascade.js';
import { writeFileAtomically } from '../../../files/atomic.js';
import type { Random } from '../../../random/random.js';
import { isIgnoredWhole, judgeCrop, squareAt } from './sample-crops.js';

/** Squares of each photograph, left, top and side of one after the other, the most probable first. */
export type Mined = readonly (readonly number[])[];

/** Squares without a face that are kept of a photograph, the most probable ones: many photographs, each a little. */
const mostNegatives = 40;
/** And squares with one. */
const mostFaces = 80;

export interface MineOptions {
  minFace: number;
  /** Squares without a face that are enough: the rest of the photographs isn't looked at. */
  enough: number;
  /** The order in which photographs are looked at derives from it. */
  random: Random;
  signal?: AbortSignal | undefined;
  /** Photographs done, of how many. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Looks at photographs in random order until there are enough squares without a face. Those in which unlabelled faces may be
 * anywhere give none, so they are left out: faces are cut out of them all the same.
 *
 * @returns squares by the photograph's place; null where it was interrupted.
 */
export async function mine(
  photos: PictureStore,
  proposer: Proposer,
  { minFace, enough, random, signal, onProgress }: MineOptions,
): Promise<number[][] | null> {
  const { pictures } = photos;
  const mined: number[][] = pictures.map(() => []);
  const order = random.shuffle([...pictures.keys()].filter((place) => !isIgnoredWhole(pictures[place]!)));
  let negatives = 0;
  for (const [done, place] of order.entries()) {
    if (signal?.aborted) return null;
    if (negatives >= enough) break;
    const squares = mined[place]!;
    const left = { negative: mostNegatives, face: mostFaces };
    for (const { box } of await proposer.propose(photos.image(place), minFace)) {
      const { x, y, width } = box;
      const square = squareAt(x, y, width);
      const crop = judgeCrop(pictures[place]!, square, minFace);
      if (crop === null) continue;
      const kind = crop.kind === 'negative' ? 'negative' : 'face';
      if (left[kind]-- <= 0) continue;
      squares.push(square.x, square.y, square.width);
      if (kind === 'negative') negatives++;
    }
    onProgress?.(done + 1, order.length);
  }
  return mined;
}

const fileSchema = z.object({
  key: z.string(),
  training: z.array(z.array(z.number().int())),
  validation: z.array(z.array(z.number().int())),
});

/** What was mined in both parts of the photographs. */
export interface MinedParts {
  training: Mined;
  validation: Mined;
}

/** Keeps what was mined, so that a run that is continued needn't look at the photographs again. */
export async function writeMined(file: string, key: string, parts: MinedParts): Promise<void> {
  await writeFileAtomically(file, JSON.stringify({ key, ...parts }));
}

/** @param key of the photographs and stages that it was mined with; null where the file is missing or of others. */
export async function readMined(file: string, key: string): Promise<MinedParts | null> {
  try {
    const { key: found, ...parts } = fileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return found === key ? parts : null;
  } catch {
    return null; // it is mined again
  }
}

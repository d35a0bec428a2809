// Mixup (Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization"): images and their targets are averaged in
// pairs. As in the authors' code, an image's partner is one of its batch, by a permutation (now and then itself), and one weight is
// drawn for the batch.
//
// The accuracy of training then counts against the class with the largest target of each mixed image (the dominant
// label; where classes are weighted, by its weighted target), which makes it lower than that of whole images.

import { drawBeta } from '../../random/beta.js';
import type { Random } from '../../random/random.js';

/** How to read the training accuracy of a run with mixup in all but the last `offEpochs`. */
export function mixupNote(offEpochs: number): string {
  const but = offEpochs === 0 ? '' : `, but for the last ${offEpochs} epochs, which have whole ones`;
  return (
    'Training accuracy is that of mixed images, against the dominant label of each: lower than that of whole ' +
    `images${but}.`
  );
}

export interface MixedBatch {
  pixels: Float32Array;
  targets: Float32Array;
  /** Weight of every image itself; its partner has the rest. */
  lambda: number;
}

/** lambda row i + (1 - lambda) row partner[i], for rows of equal length. */
function mixRows(rows: Float32Array, partners: Int32Array, lambda: number): Float32Array {
  const length = rows.length / partners.length;
  const mixed = new Float32Array(rows.length);
  for (let i = 0; i < partners.length; i++) {
    const own = i * length;
    const other = partners[i]! * length;
    for (let j = 0; j < length; j++) {
      mixed[own + j] = lambda * rows[own + j]! + (1 - lambda) * rows[other + j]!;
    }
  }
  return mixed;
}

/**
 * A batch with every image and target mixed with those of its partner. The given arrays stay as they are.
 *
 * @param pixels [size, ...], any values.
 * @param targets [size, classes], soft or one-hot; rows may have any sum.
 * @param alpha above 0: the weight is drawn from Beta(alpha, alpha). Smaller values leave more batches nearly unmixed.
 */
export function mixBatch(
  pixels: Float32Array,
  targets: Float32Array,
  size: number,
  alpha: number,
  random: Random,
): MixedBatch {
  const lambda = drawBeta(alpha, alpha, random);
  const partners = random.shuffle(Int32Array.from({ length: size }, (_, i) => i));
  return { pixels: mixRows(pixels, partners, lambda), targets: mixRows(targets, partners, lambda), lambda };
}

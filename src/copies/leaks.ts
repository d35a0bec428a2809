// Images of a validation split whose pixels stand in the training split too. Exact copies only, by the digests that the
// stores hold already, so that training can afford it; near copies are the audit's.

/** `exact`: the same pixels in training. `near`: these, and other versions of a photograph of training (near.ts). */
export const copyKinds = ['exact', 'near'] as const;
export type CopyKind = (typeof copyKinds)[number];

/** What was left out of a score because it stands in training too. */
export interface LeftOut {
  kind: CopyKind;
  removed: number;
}

/** What readers of such a score have to know. */
export const describeLeftOut = ({ kind, removed }: LeftOut): string =>
  `Images left out for an ${kind === 'exact' ? 'exact' : 'exact or near'} copy in the training split: ${removed}.`;

/** Images by their content: a digest of size and pixels, and the label's number, for each. A store is one. */
export interface DigestedImages {
  readonly count: number;
  readonly labels: ArrayLike<number>;
  digest(i: number): Uint8Array;
}

/** A validation image with copies among the training images. Numbers are places in the stores. */
export interface Leak {
  validation: number;
  /** At least one, in order. Validation images of the same pixels share one list. */
  training: readonly number[];
  /** Whether every copy has the validation image's label. */
  sameLabel: boolean;
}

/** Training images of the same pixels, and the label that all of them have; null where they have several. */
interface Copies {
  places: number[];
  label: number | null;
}

/**
 * Finds exact copies: the same size and pixels, however the files are encoded or named. Blank images count too.
 *
 * @returns one entry per validation image that has copies, in order. To train without them, leave out every place of
 *   `training`.
 */
export function findLeaks(training: DigestedImages, validation: DigestedImages): Leak[] {
  const copies = new Map<string, Copies>();
  const key = (images: DigestedImages, i: number) => String.fromCharCode(...images.digest(i));
  for (let i = 0; i < validation.count; i++) copies.set(key(validation, i), { places: [], label: null });
  for (let i = 0; i < training.count; i++) {
    const found = copies.get(key(training, i));
    if (!found) continue;
    const label = training.labels[i]!;
    found.label = found.places.length === 0 || found.label === label ? label : null;
    found.places.push(i);
  }
  const leaks: Leak[] = [];
  for (let i = 0; i < validation.count; i++) {
    const { places, label } = copies.get(key(validation, i))!;
    if (places.length === 0) continue;
    leaks.push({ validation: i, training: places, sameLabel: label === validation.labels[i] });
  }
  return leaks;
}

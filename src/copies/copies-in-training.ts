// Which images of an opened held-out split also stand in the training split: for scores without them.

import { splitRole } from '../data/dataset/split-names.js';
import { FerlabError } from '../errors.js';
import type { Hooks } from '../progress.js';
import { type CopyEvent, findCopies } from './find-copies.js';
import type { AuditSplit } from './images.js';
import { type CopyKind, findLeaks } from './leaks.js';
import { type AuditDataset, openAuditImages, readAuditDataset } from './open.js';

/**
 * Finds the images of a split that have copies of a kind in training. Exact ones need the training images decoded; near
 * ones take a search through the whole dataset, as `ferlab audit` makes it. The images of the split itself are not
 * decoded again where they have the size of that search, 48x48.
 *
 * @param path a dataset with a training split.
 * @param heldOut another of its splits, with its images.
 * @param overlay the file of corrections with which that split was read.
 * @returns places in the store of `heldOut`.
 * @throws FerlabError `usage` where there is no training split besides that one, `data`, `interrupted`.
 */
export async function copiesInTraining(
  path: string,
  heldOut: AuditSplit,
  kind: CopyKind,
  hooks: Hooks<CopyEvent> = {},
  overlay?: string,
): Promise<Set<number>> {
  const dataset = await readAuditDataset(path, overlay);
  const names = dataset.splits.map(({ name }) => name);
  const [training] = dataset.splits;
  if (
    splitRole(training!.name) !== 'train' ||
    training!.name === heldOut.name ||
    !names.includes(heldOut.name)
  ) {
    throw new FerlabError(
      'usage',
      `${path}: expected a training split, whose copies to leave out of ${heldOut.name}; found ${names.join(', ')}. ` +
        'Give the dataset that the model was trained on, and another split than that for training.',
    );
  }
  return kind === 'exact'
    ? exactCopies({ ...dataset, splits: [training!] }, heldOut, hooks)
    : nearCopies(dataset, heldOut, hooks);
}

async function exactCopies(
  training: AuditDataset,
  heldOut: AuditSplit,
  hooks: Hooks<CopyEvent>,
): Promise<Set<number>> {
  const { images, close } = await openAuditImages(training, {}, hooks);
  try {
    const leaks = findLeaks(images.splits[0]!.store, heldOut.store);
    return new Set(leaks.map(({ validation }) => validation));
  } finally {
    await close();
  }
}

async function nearCopies(
  dataset: AuditDataset,
  heldOut: AuditSplit,
  hooks: Hooks<CopyEvent>,
): Promise<Set<number>> {
  const { images, close } = await openAuditImages(dataset, { opened: heldOut }, hooks);
  try {
    const split = images.splits.findIndex(({ name }) => name === heldOut.name);
    const found = images.splits[split]!.store.count;
    if (found !== heldOut.store.count) {
      throw new FerlabError(
        'data',
        `${dataset.path}: expected ${heldOut.store.count} images in ${heldOut.name} as before, found ${found}. ` +
          'Leave the files alone while they are read, and start again.',
      );
    }
    const first = images.splitOf.indexOf(split);
    const { inTraining } = await findCopies(images, hooks);
    const own = inTraining.filter(({ image }) => images.splitOf[image] === split);
    return new Set(own.map(({ image }) => image - first));
  } finally {
    await close();
  }
}

// Which images of a held-out split stand in the training split too: for scores without them.

import { splitRole } from '../data/dataset/layout.js';
import type { Sample } from '../data/dataset/types.js';
import { FerlabError } from '../errors.js';
import { type FindCopiesOptions, findCopies } from './find-copies.js';
import { type CopyKind, findLeaks } from './leaks.js';
import { openAuditImages, readAuditDataset } from './open.js';

/** The same for an image however its dataset was read: names are relative to a dataset or to one of its splits. */
export const sampleKey = ({ file, source }: Sample): string => (source.kind === 'file' ? source.path : file);

/**
 * Keys (sampleKey) of the images of a split that have copies of a kind in training. Near ones take a search through the
 * whole dataset, as `ferlab audit` makes it.
 *
 * @param path a dataset with a training split.
 * @param split the name of another of its splits.
 * @throws FerlabError `usage` where there is no training split besides that one, `data`, `interrupted`.
 */
export async function copiesInTraining(
  path: string,
  split: string,
  kind: CopyKind,
  { signal, onProgress }: FindCopiesOptions = {},
): Promise<Set<string>> {
  const dataset = await readAuditDataset(path);
  const names = dataset.splits.map(({ name }) => name);
  if (splitRole(names[0]!) !== 'train' || names[0] === split || !names.includes(split)) {
    throw new FerlabError(
      'usage',
      `${path}: expected a training split, whose copies to leave out of ${split}; found ${names.join(', ')}. ` +
        'Give the dataset that the model was trained on, and another split than that for training.',
    );
  }
  const { images, close } = await openAuditImages(dataset, {
    ...(signal === undefined ? {} : { signal }),
    onProgress: (done, total) => onProgress?.('decode', done, total),
  });
  try {
    if (kind === 'exact') {
      const [training, heldOut] = [0, names.indexOf(split)].map((i) => images.splits[i]!.store);
      return new Set(
        findLeaks(training!, heldOut!).map((leak) => sampleKey(heldOut!.samples[leak.validation]!)),
      );
    }
    const { inTraining } = await findCopies(images, { signal, onProgress });
    const own = inTraining.filter(({ image }) => images.reference(image).split === split);
    return new Set(own.map(({ image }) => sampleKey(images.sample(image))));
  } finally {
    await close();
  }
}

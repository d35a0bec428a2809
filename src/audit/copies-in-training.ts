// Which images of a held-out split stand in the training split too: for scores without them.

import { splitRole } from '../data/layout.js';
import type { Sample } from '../data/types.js';
import { FerlabError } from '../errors.js';
import { type FindOptions, findAll } from './find.js';
import type { CopyKind } from './leaks.js';
import { openAuditImages, readAuditDataset } from './open.js';

/** The same for an image however its dataset was read: names are relative to a dataset or to one of its splits. */
export const sampleKey = ({ file, source }: Sample): string => (source.kind === 'file' ? source.path : file);

/**
 * Keys (sampleKey) of the images of a split that have copies in training. Looks through the whole dataset, as
 * `ferlab audit` does.
 *
 * @param path a dataset with a training split.
 * @param split the name of another of its splits.
 * @throws FerlabError `usage` where there is no training split besides that one, `data`, `interrupted`.
 */
export async function copiesInTraining(
  path: string,
  split: string,
  { signal, onProgress }: Pick<FindOptions, 'signal' | 'onProgress'> = {},
): Promise<Record<CopyKind, Set<string>>> {
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
    const { leaks } = await findAll(images, { signal, onProgress });
    const exact = new Set<string>();
    const near = new Set<string>();
    for (const { image, kind } of leaks) {
      if (images.reference(image).split !== split) continue;
      const key = sampleKey(images.sample(image));
      near.add(key);
      if (kind === 'exact') exact.add(key);
    }
    return { exact, near };
  } finally {
    await close();
  }
}

// Whether a dataset has classes that a network can be trained on, and what to do where it hasn't.

import { FerlabError } from '../../errors.js';
import { imageExtensions } from '../../files/walk-images.js';
import { describePassedOver } from './bad-files.js';
import { describeContents } from './contents.js';
import { howToLayOut } from './layout.js';
import { describeLookalikes, shownName } from './names.js';
import type { Dataset, Split } from './types.js';

function countByClass(split: Split, classes: readonly string[]): number[] {
  const counts = classes.map(() => 0);
  for (const { label } of split.samples) counts[label]!++;
  return counts;
}

/** Whether a split's images are the rows of a CSV file. */
export function holdsRows({ samples }: Split): boolean {
  return samples[0]?.source.kind === 'row';
}

/**
 * There must be at least two classes, with images, and every class needs some in both splits.
 *
 * @param only advice for a dataset of one class.
 * @throws FerlabError `data`
 */
export async function checkClasses(dataset: Dataset, only = ''): Promise<void> {
  const { path, classes, train, validation, skipped } = dataset;
  const passedOver = describePassedOver(skipped);
  if (classes.length === 0 || train.samples.length + validation.samples.length === 0) {
    const expected = `expected folders of images (${imageExtensions.join(', ')})`;
    const contents = await describeContents(path);
    throw new FerlabError(
      'data',
      `${path}: ${expected}; found no images in class folders.${contents} ${howToLayOut}${passedOver}`,
    );
  }
  const areRows = holdsRows(train);
  if (classes.length === 1) {
    const found = `found one, ${shownName(classes[0]!)}`;
    const remedy = only || ` Add ${areRows ? 'rows' : 'folders'} of other classes.`;
    throw new FerlabError('data', `${path}: expected at least two classes; ${found}.${remedy}${passedOver}`);
  }
  const missing: string[] = [];
  const named: string[] = [];
  const splits = train === validation ? [train] : [train, validation];
  for (const split of splits) {
    const counts = countByClass(split, classes);
    const names = classes.filter((_, label) => counts[label] === 0);
    named.push(...names);
    if (names.length > 0) missing.push(`no images of ${names.map(shownName).join(', ')} in ${split.name}`);
  }
  if (missing.length === 0) return;
  const where = splits.map(({ name }) => name).join(' and in ');
  const add = areRows
    ? 'Add rows of it, or remove all of its rows'
    : 'Add images to these class folders, or remove the class';
  throw new FerlabError(
    'data',
    `${path}: expected every class in ${where}; found ${missing.join('; ')}${describeLookalikes(named, classes)}. ` +
      `${add}${splits.length > 1 ? ' from both splits' : ''}.${passedOver}`,
  );
}

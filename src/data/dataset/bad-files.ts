// What is done about files that can't be used: training goes on without a few of them, and stops, with the list, when
// there are too many or when asked to be strict.

import { FerlabError } from '../../errors.js';
import type { BadFile, PassedOver } from './types.js';

function listed(files: readonly BadFile[], most = 20): string {
  const lines = files.slice(0, most).map(({ file, reason }) => `\n  ${file}: ${reason}`);
  return lines.join('') + (files.length > most ? `\n  and ${files.length - most} more` : '');
}

/** The images among what was passed over: these count as lost, a README doesn't. */
export function lostImages(skipped: readonly PassedOver[]): BadFile[] {
  return skipped.filter(({ kind }) => kind === 'image').map(({ file, reason }) => ({ file, reason }));
}

/** All that can't be used of a dataset: what was passed over and is an image, or holds some, and what can't be decoded. */
export function unusableFiles(skipped: readonly PassedOver[], undecodable: readonly BadFile[]): BadFile[] {
  const lost = skipped.filter(({ kind }) => kind !== 'other');
  return [...lost.map(({ file, reason }) => ({ file, reason })), ...undecodable];
}

/** A line about a README, labels of another program and the like, which a dataset may hold; null where there are none. */
export function describeOthers(skipped: readonly PassedOver[], most = 3): string | null {
  const names = skipped.filter(({ kind }) => kind === 'other').map(({ file }) => file);
  if (names.length === 0) return null;
  const rest = names.length > most ? ` and ${names.length - most} more` : '';
  return `Passed over, since they are no images or read already: ${names.slice(0, most).join(', ')}${rest}`;
}

/** " 12 files were passed over: ..." for the end of an error, by reason; empty where there were none. */
export function describePassedOver(skipped: readonly BadFile[]): string {
  if (skipped.length === 0) return '';
  const byReason = new Map<string, string[]>();
  for (const { file, reason } of skipped) {
    const files = byReason.get(reason) ?? [];
    files.push(file);
    byReason.set(reason, files);
  }
  const most = [...byReason].sort((a, b) => b[1].length - a[1].length).slice(0, 3);
  const lines = most.map(([reason, files]) => {
    const more = files.length > 1 ? ` and ${files.length - 1} more` : '';
    return `\n  ${files[0]}${more}: ${reason}`;
  });
  const count = skipped.length === 1 ? '1 file was' : `${skipped.length} files were`;
  const rest =
    byReason.size > most.length ? `\n  and files with ${byReason.size - most.length} other reasons` : '';
  return `\n${count} passed over:${lines.join('')}${rest}`;
}

/**
 * Decides whether to go on without the bad images.
 *
 * @param bad all images that are lost: damaged ones, those of formats that aren't read, damaged rows.
 * @param total all images, good and bad.
 * @param options.strict refuse any bad image.
 * @param options.maxBadShare share that is accepted otherwise; default 0.05 (5%).
 * @throws FerlabError (data) that lists them.
 */
export function checkBadShare(
  bad: readonly BadFile[],
  total: number,
  options: { strict?: boolean; maxBadShare?: number } = {},
): void {
  const { strict = false, maxBadShare = 0.05 } = options;
  if (bad.length === 0 || (!strict && bad.length <= total * maxBadShare && bad.length < total)) return;
  const allowed = strict ? 'none (--strict)' : `at most ${Number((maxBadShare * 100).toPrecision(4))}%`;
  const remedy = strict ? 'Repair or remove them, or leave --strict out.' : 'Repair or remove them.';
  throw new FerlabError(
    'data',
    `images: expected ${allowed} that can't be used; found ${bad.length} of ${total}:${listed(bad)}\n${remedy}`,
  );
}

/**
 * Refuses a split that has lost every image of a class: few of all images may be one whole class.
 *
 * @param splits with the labels of their usable images.
 * @throws FerlabError (data)
 */
export function checkClassesLeft(
  path: string,
  classes: readonly string[],
  splits: readonly { name: string; labels: ArrayLike<number> }[],
  bad: readonly BadFile[],
): void {
  for (const { name, labels } of splits) {
    const there = new Set(Array.from(labels));
    const missing = classes.filter((_, label) => !there.has(label));
    if (missing.length === 0) continue;
    throw new FerlabError(
      'data',
      `${path}: expected usable images of every class in ${name}; found none of ${missing.join(', ')}. Repair their images.` +
        describePassedOver(bad),
    );
  }
}

/**
 * For strict runs: refuses images and folders of images that were passed over while a dataset was read.
 *
 * @param path of the dataset.
 * @throws FerlabError (data) that lists them.
 */
export function checkSkipped(path: string, skipped: readonly PassedOver[]): void {
  const lost = skipped.filter(({ kind }) => kind !== 'other');
  if (lost.length === 0) return;
  throw new FerlabError(
    'data',
    `${path}: --strict expects that every image can be read; found ${lost.length} that can't:` +
      `${listed(lost)}\nRemove them, or leave --strict out to go on without them.`,
  );
}

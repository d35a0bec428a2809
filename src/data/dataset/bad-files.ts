// What is done about files that can't be used: training goes on without a few of them, and stops, with the list, when
// there are too many or when asked to be strict.

import { FerlabError } from '../../errors.js';
import type { BadFile } from './types.js';

function listed(files: readonly BadFile[], most = 20): string {
  const lines = files.slice(0, most).map(({ file, reason }) => `\n  ${file}: ${reason}`);
  return lines.join('') + (files.length > most ? `\n  and ${files.length - most} more` : '');
}

/**
 * Decides whether to go on without the bad images.
 *
 * @param total all images, good and bad.
 * @param options.strict refuse any bad image.
 * @param options.maxBadShare share that is borne otherwise, 0.05 (5%) unless told.
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
 * For strict runs: refuses files that were passed over while a dataset was read.
 *
 * @param path of the dataset.
 * @throws FerlabError (data) that lists them.
 */
export function checkSkipped(path: string, skipped: readonly BadFile[]): void {
  if (skipped.length === 0) return;
  throw new FerlabError(
    'data',
    `${path}: --strict expects that every file can be read; found ${skipped.length} that can't:` +
      `${listed(skipped)}\nRemove them, or leave --strict out to go on without them.`,
  );
}

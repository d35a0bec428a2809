// Whether a run that is continued has before it what it began with.

import { FerlabError } from '../../errors.js';
import type { StoredRun } from './stored-run.js';

/** What a fingerprint is of, in the words of a message. */
export interface Fingerprinted {
  /** Such as `train images`. */
  what: string;
  /** Such as `others in faces`. */
  found: string;
  /** What to restore: `the dataset`. */
  remedy: string;
}

/**
 * Compares what is there with what the run began with.
 *
 * @param fingerprints SHA-256 by name.
 * @param describe says what a fingerprint is of.
 * @throws FerlabError `model` where something has changed.
 */
export function checkFingerprints(
  { path, checkpoint, fingerprints: begun }: Pick<StoredRun<unknown>, 'path' | 'checkpoint' | 'fingerprints'>,
  fingerprints: Readonly<Record<string, string>>,
  describe: (name: string) => Fingerprinted,
): void {
  const expected = checkpoint?.progress.fingerprints ?? begun;
  if (expected === undefined) return;
  for (const [name, fingerprint] of Object.entries(fingerprints)) {
    if (expected[name] === fingerprint) continue;
    const { what, found, remedy } = describe(name);
    throw new FerlabError(
      'model',
      `${path}: expected the ${what} that the run began with, found ${found}. ` +
        `Restore ${remedy}, or start a new run.`,
    );
  }
}

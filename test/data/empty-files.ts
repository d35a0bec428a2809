// Files without content, for the tests of what looks at names only; and what an error about a dataset has to say.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { FerlabError } from '../../src/errors.js';

/** Makes empty files below `root`, and their folders. */
export function touchIn(root: string, names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), '');
  }
}

/** The error that a promise fails with. */
export async function failure(promise: Promise<unknown>): Promise<FerlabError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FerlabError);
  const { message } = error as FerlabError;
  expect(message).toMatch(/expect/); // every message says what was expected, and what was found
  expect(message).toMatch(/found/);
  return error as FerlabError;
}

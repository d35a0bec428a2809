// The failure of one image.

import { FerlabError } from '../errors.js';
import { foundInstead } from '../files/read-error.js';

/**
 * An image that can't be decoded. `reason` is one line, "expected ..., found ...", without the file's name, for lists that
 * name the file themselves; `message` begins with the name where there is one.
 */
export class DecodeError extends FerlabError {
  constructor(
    readonly reason: string,
    where?: string,
  ) {
    super('data', where === undefined ? reason : `${where}: ${reason}`);
  }
}

/** What kept a file from being read. */
export function readFailure(error: unknown): DecodeError {
  return new DecodeError(`expected a readable file, found ${foundInstead(error)}`);
}

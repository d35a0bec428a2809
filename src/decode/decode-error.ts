// The failure of one image.

import { FerlabError } from '../errors.js';

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

// What went wrong, in the page and in its worker, with words for people.

import { FerlabError } from '../../src/errors.js';

/** A failure that crossed from the worker: errors lose their class on the way. */
export class Failure extends Error {
  constructor(
    /** As FerlabError has it; `internal` for a fault of the program. */
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

/** Whatever was thrown, as a failure. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof FerlabError) return new Failure(error.kind, error.message);
  return new Failure('internal', error instanceof Error ? error.message : String(error));
}

/** Whether a call was given up on purpose. */
export const wasStopped = (error: unknown): boolean => asFailure(error).kind === 'interrupted';

// The errors that people see. Every one says where, what was expected, what was found and what to do;
// the command line prints the message alone (a stack trace only with --debug) and exits with the code's number.

/** Exit code of the command line for each kind of failure; documented in docs/command-line.md. */
export const exitCodes = {
  /** A fault of this program. */
  internal: 1,
  /** An unknown option, a value out of range, options that contradict each other. */
  usage: 2,
  /** A dataset or image that is missing, empty, damaged or of the wrong form. */
  data: 3,
  /** A model or checkpoint file that is truncated, isn't ours, or doesn't fit. */
  model: 4,
  /** Reading or writing failed: disk full, no permission, a run folder that exists. */
  io: 5,
  /** Training stopped because the loss is no longer a number. */
  diverged: 6,
  /** A device that was asked for and can't be used: no GPU, a provider that isn't installed. */
  device: 7,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export type ErrorKind = keyof typeof exitCodes;

/** An error to be read by a person. `message` is complete: where, expected, found, remedy. */
export class FerlabError extends Error {
  override readonly name = 'FerlabError';

  constructor(
    readonly kind: Exclude<ErrorKind, 'internal'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }
}

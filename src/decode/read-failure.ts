// Failures of reading a file, in one line for people.

import { DecodeError } from './decode-error.js';

/** What kept a file from being read. */
export function readFailure(error: unknown): DecodeError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new DecodeError('expected a file, found nothing of that name');
  if (code === 'EACCES' || code === 'EPERM')
    return new DecodeError('expected a readable file, found no permission');
  const line = message.trim().split('\n')[0] ?? '';
  const short = line.length > 160 ? `${line.slice(0, 157)}...` : line;
  return new DecodeError(`expected a readable file, found: ${short}`);
}

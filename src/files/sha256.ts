// SHA-256, by which files are known.

import { createHash } from 'node:crypto';

/** In hexadecimal digits. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

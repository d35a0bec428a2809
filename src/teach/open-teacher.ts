// The door to teaching: programs that only predict load none of what trains.

import { checkOptions, oneOf, show, text, threadCount } from '../check-options.js';
import { devices } from '../engine/runtime/device.js';
import { FerlabError } from '../errors.js';
import type { LoadOptions } from '../predict/model.js';
import type { Teacher } from './types.js';

/**
 * Opens a model file to teach it own classes.
 *
 * @param bytes of any of this project's classifiers that ends in a dense layer, as the one that comes with ferlab.
 * @param options with `name`, which stands for the file in messages and in the notes of the taught model.
 * @throws FerlabError `model` where the bytes are no such file; `device` where the device can't be used, and in pages that
 *   aren't secure; `usage` for wrong options.
 */
export async function openTeacher(
  bytes: Uint8Array | ArrayBuffer,
  options: LoadOptions & { name?: string | undefined } = {},
): Promise<Teacher> {
  checkOptions('openTeacher', options, { threads: threadCount, device: oneOf(devices), name: text });
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
  if (!(file instanceof Uint8Array)) {
    throw new FerlabError(
      'usage',
      `openTeacher: expected the bytes of a model file (Uint8Array, ArrayBuffer), got ${show(file)}.`,
    );
  }
  const { createTeacher } = await import('./teacher.js');
  return createTeacher(file, options);
}

// The network that a model file's metadata names.

import type { ModelConfig } from '../../models/create.js';
import { networkOf } from './earlier-form.js';
import { model } from './sections/model.js';

/** The network of `training.model` in a model file's metadata, whichever version wrote it; null where it is none of this project's. */
export function storedNetwork(stored: unknown): ModelConfig | null {
  const isImported =
    typeof stored === 'object' && stored !== null && 'name' in stored && stored.name === 'imported';
  return model.safeParse(isImported ? stored : networkOf(stored)).data ?? null;
}

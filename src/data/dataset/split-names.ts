// What split folders are called.

import type { SplitRole } from './types.js';

/** In any case; the last word of two of them is FER2013's own. */
export const splitWords = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'val', 'dev', 'publictest'],
  test: ['test', 'testing', 'privatetest'],
} as const satisfies Record<SplitRole, readonly string[]>;

export const splitRoles = ['train', 'validation', 'test'] as const;

/** What a split called `name` is for; null where the name is no split's. */
export function splitRole(name: string): SplitRole | null {
  const word = name.toLowerCase();
  return splitRoles.find((role) => splitWords[role].some((other) => other === word)) ?? null;
}

/** What a split would be for whose name only holds such a word: `new_train`, `Train_set`, `my-test`, `valdata`. */
export function likelySplitRole(name: string): SplitRole | null {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
  for (const word of words) {
    const role = splitRole(word);
    if (role) return role;
    if (/^train/.test(word)) return 'train';
    if (/^(valid|val(set|data)|eval|devset)/.test(word)) return 'validation';
    if (/^test/.test(word)) return 'test';
  }
  return null;
}

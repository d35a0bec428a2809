// A store with some of another's images left out. It shares the other's memory and workers.

import type { ImageStore } from './store.js';

/**
 * @param excluded places in `store`.
 * @returns the rest, in the same order. Its fingerprint is still that of the whole store, from which it follows; closing
 *   it closes that.
 */
export function withoutImages(store: ImageStore, excluded: ReadonlySet<number>): ImageStore {
  if (excluded.size === 0) return store;
  const places = Array.from({ length: store.count }, (_, i) => i).filter((i) => !excluded.has(i));
  const { kept } = store;
  return {
    ...store,
    count: places.length,
    samples: places.map((i) => store.samples[i]!),
    labels: Int32Array.from(places, (i) => store.labels[i]!),
    digest: (i) => store.digest(places[i]!),
    kept: kept && { memory: kept.memory, slots: Int32Array.from(places, (i) => kept.slots[i]!) },
    bytes: (i) => store.bytes(places[i] ?? -1),
  };
}

// A store with some of another's images. It shares the other's memory and workers; closing it closes the other.

import { fingerprintOf, type ImageStore } from './store.js';

function select(store: ImageStore, places: readonly number[]): ImageStore {
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

/**
 * @param excluded places in `store`.
 * @returns the rest, in the same order. Its fingerprint is still that of the whole store, from which it follows.
 */
export function withoutImages(store: ImageStore, excluded: ReadonlySet<number>): ImageStore {
  if (excluded.size === 0) return store;
  return select(
    store,
    Array.from({ length: store.count }, (_, i) => i).filter((i) => !excluded.has(i)),
  );
}

/**
 * @param places in `store`, of the images wanted.
 * @returns these, in that order, with a fingerprint of their own.
 */
export function onlyImages(store: ImageStore, places: readonly number[]): ImageStore {
  const chosen = select(store, places);
  return { ...chosen, fingerprint: fingerprintOf(chosen) };
}

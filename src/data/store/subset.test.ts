import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sample } from '../dataset/types.js';
import { createBatchLoader, sequentialBatches } from './batches.js';
import { type ImageStore, openImages } from './store.js';
import { onlyImages, withoutImages } from './subset.js';

const samples: Sample[] = Array.from({ length: 6 }, (_, i) => ({
  file: `${i}.png`,
  label: i % 2,
  source: { kind: 'pixels', pixels: new Uint8Array(16).fill(i * 10), width: 4, height: 4 },
}));

// In memory, and streamed: the rest must come out the same.
describe.each([1024, 0])('withoutImages, memory budget %i', (memoryBudget) => {
  let whole: ImageStore;
  let rest: ImageStore;
  beforeAll(async () => {
    whole = await openImages(samples, { width: 4, height: 4, memoryBudget, workers: 1 });
    rest = withoutImages(whole, new Set([0, 3]));
  });
  afterAll(() => whole.close());

  it('leaves out what was named, and nothing else', async () => {
    expect(rest.count).toBe(4);
    expect(rest.samples.map(({ file }) => file)).toEqual(['1.png', '2.png', '4.png', '5.png']);
    expect([...rest.labels]).toEqual([1, 0, 0, 1]);
    expect([...(await rest.bytes(2))]).toEqual(new Array(16).fill(40));
    expect(rest.digest(2)).toEqual(whole.digest(4));
    await expect(rest.bytes(4)).rejects.toThrow(RangeError);
  });

  it('makes batches of the rest alone', async () => {
    const levels: number[] = [];
    for await (const batch of sequentialBatches(rest, 3))
      levels.push(...batch.pixels.filter((_, i) => i % 16 === 0));
    expect(levels).toEqual([10, 20, 40, 50]);
    const shuffled: number[] = [];
    const loader = createBatchLoader(rest, { batchSize: 3, seed: 1, augment: null });
    for await (const batch of loader.epoch(0)) shuffled.push(...batch.pixels.filter((_, i) => i % 16 === 0));
    expect(shuffled.sort((a, b) => a - b)).toEqual([10, 20, 40, 50]);
  });

  it('is the store itself where nothing is left out', () => {
    expect(withoutImages(whole, new Set())).toBe(whole);
  });
});

describe('onlyImages', () => {
  const open = (chosen: readonly Sample[]) => openImages(chosen, { width: 4, height: 4, workers: 1 });

  it('is the store that these images alone would make, in the order given', async () => {
    const whole = await open(samples);
    const alone = await open([samples[4]!, samples[1]!]);
    const part = onlyImages(whole, [4, 1]);
    expect(part.samples).toEqual(alone.samples);
    expect([...part.labels]).toEqual([...alone.labels]);
    expect([...(await part.bytes(0))]).toEqual([...(await alone.bytes(0))]);
    expect(part.fingerprint).toBe(alone.fingerprint);
    expect(part.fingerprint).not.toBe(onlyImages(whole, [1, 4]).fingerprint);
    await whole.close();
    await alone.close();
  });
});

// Large images are decoded in the first of the workers alone, so that memory doesn't grow with the number of cores.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Sample } from '../dataset/types.js';
import { createBatchLoader } from './batches.js';
import { openImages } from './store.js';

const size = { width: 8, height: 8 };
let folder: string;
/** Two tasks of 32; a large image stands in each. */
let samples: Sample[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-large-'));
  const write = async (name: string, side: number, level: number) => {
    const image = sharp({
      create: { width: side, height: side, channels: 3, background: { r: level, g: 9, b: 9 } },
    });
    writeFileSync(join(folder, name), await image.png({ compressionLevel: 1 }).toBuffer());
  };
  await write('small.png', 60, 200);
  await write('large.png', 1500, 90);
  samples = Array.from({ length: 40 }, (_, i) => ({
    file: String(i),
    label: 0,
    source: { kind: 'file', path: join(folder, i === 3 || i === 35 ? 'large.png' : 'small.png') },
  }));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Digests and batches, and how often tasks were handed to another worker. */
async function read(workers: number, memoryBudget: number) {
  const posted = vi.spyOn(Worker.prototype, 'postMessage');
  const store = await openImages(samples, { ...size, workers, memoryBudget });
  try {
    const digests = samples.map((_, i) => Buffer.from(store.digest(i)).toString('hex'));
    const pixels: number[][] = [];
    for await (const batch of createBatchLoader(store, { batchSize: 20, seed: 1, augment: null }).epoch(1)) {
      pixels.push([...batch.pixels]);
      batch.release();
    }
    const ids = posted.mock.calls.map(([message]) => (message as { id: number }).id);
    return { digests, pixels, again: ids.length - new Set(ids).size };
  } finally {
    await store.close();
    posted.mockRestore();
  }
}

it.each([
  ['kept in memory', 1e6],
  ['decoded batch by batch', 0],
])('hands tasks with large images to the first worker, with the same result: %s', async (_, memoryBudget) => {
  const one = await read(1, memoryBudget);
  const two = await read(2, memoryBudget);
  expect(one.again).toBe(0);
  expect(two.again).toBeGreaterThan(0);
  expect(two.digests).toEqual(one.digests);
  expect(two.pixels).toEqual(one.pixels);
  expect(new Set(one.digests).size).toBe(2);
});

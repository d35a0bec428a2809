import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FerlabError } from '../../errors.js';
import { type AugmentOptions, noAugmentation } from '../../image/augment.js';
import { Random } from '../../random/random.js';
import { checkBadShare } from '../dataset/bad-files.js';
import type { Sample } from '../dataset/types.js';
import { type Batch, type BatchOptions, createBatchLoader, sequentialBatches } from './batches.js';
import { type ImageStore, openImages } from './store.js';

const side = 8;
const size = { width: side, height: side };
let folder: string;
let samples: Sample[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-batches-'));
  samples = [];
  for (let i = 0; i < 21; i++) {
    const random = new Random(i);
    const pixels = Uint8Array.from({ length: side * side }, () => random.integer(256));
    const path = join(folder, `${i}.png`);
    const raw = { width: side, height: side, channels: 1 } as const;
    writeFileSync(path, await sharp(pixels, { raw }).toColourspace('b-w').png().toBuffer());
    samples.push({ file: `x/${i}.png`, label: i % 3, source: { kind: 'file', path } });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

async function withStore<T>(
  options: object,
  work: (store: ImageStore) => Promise<T>,
  of = samples,
): Promise<T> {
  const store = await openImages(of, { ...size, workers: 1, ...options });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

interface Kept {
  pixels: number[];
  labels: number[];
  indices: number[];
}

async function collect(batches: AsyncIterable<Batch>, edge = side): Promise<Kept[]> {
  const kept: Kept[] = [];
  for await (const batch of batches) {
    expect(batch.pixels.length).toBe(batch.size * edge * edge);
    expect(batch.waitSeconds).toBeGreaterThanOrEqual(0);
    kept.push({ pixels: [...batch.pixels], labels: [...batch.labels], indices: [...batch.indices] });
    batch.release();
  }
  return kept;
}

const augment = { ...noAugmentation, shear: 10, zoom: 0.2, horizontalFlip: true };
const training: BatchOptions = { batchSize: 4, seed: 5, augment };

describe('openImages', () => {
  it('keeps the decoded bytes, in order, with their labels', async () => {
    const progress: number[] = [];
    await withStore({ onProgress: (done: number) => progress.push(done) }, async (store) => {
      expect([store.count, store.resident, store.bad]).toEqual([21, true, []]);
      expect([...store.labels]).toEqual(samples.map(({ label }) => label));
      const random = new Random(13);
      expect([...(await store.bytes(13))]).toEqual(
        Array.from({ length: side * side }, () => random.integer(256)),
      );
      await expect(store.bytes(21)).rejects.toThrow(/expected 0 to 20, found 21/);
    });
    expect(progress.at(-1)).toBe(21);
  });

  it('resizes', async () => {
    await withStore({ width: 3, height: 5 }, async (store) => {
      expect((await store.bytes(0)).length).toBe(15);
    });
  });

  it('has one fingerprint, whatever the workers, the memory and the size', async () => {
    const prints = new Set<string>();
    for (const options of [{ workers: 1 }, { workers: 3 }, { memoryBudget: 0 }, { width: 5 }]) {
      prints.add(await withStore(options, async (store) => store.fingerprint));
    }
    expect(prints.size).toBe(1);
    const relabelled = samples.map((sample, i) => (i === 3 ? { ...sample, label: 2 } : sample));
    prints.add(await withStore({}, async (store) => store.fingerprint, relabelled));
    const swapped = samples.map((sample, i) =>
      i === 3 ? { ...sample, source: samples[4]!.source } : sample,
    );
    prints.add(await withStore({}, async (store) => store.fingerprint, swapped));
    expect(prints.size).toBe(3);
  });

  it('leaves bad images out, by name and reason', async () => {
    const broken = join(folder, 'broken.jpg');
    writeFileSync(broken, 'no image');
    const bad = { file: 'x/broken.jpg', label: 0, source: { kind: 'file', path: broken } } as const;
    const gone = {
      file: 'x/gone.jpg',
      label: 0,
      source: { kind: 'file', path: join(folder, 'gone.jpg') },
    } as const;
    await withStore(
      {},
      async (store) => {
        expect(store.count).toBe(20);
        expect(store.samples).toEqual([...samples.slice(0, 2), ...samples.slice(3)]);
        expect(store.bad.map(({ file }) => file)).toEqual(['x/broken.jpg', 'x/gone.jpg']);
        const random = new Random(20);
        expect((await store.bytes(19))[0]).toBe(random.integer(256));
        const [all] = await collect(sequentialBatches(store, 64));
        expect(all!.labels).toEqual(store.samples.map(({ label }) => label));
        expect(all!.pixels.slice(-side * side)).toEqual([...(await store.bytes(19))]);
      },
      [...samples.slice(0, 2), bad, ...samples.slice(3), gone],
    );
  });

  it('knows exact duplicates by their digests', async () => {
    await withStore(
      {},
      async (store) => {
        expect(Buffer.compare(store.digest(0), store.digest(2))).toBe(0);
        expect(Buffer.compare(store.digest(0), store.digest(1))).not.toBe(0);
      },
      [samples[0]!, samples[1]!, samples[0]!],
    );
  });

  it('stops when asked to', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(
      openImages(samples, { ...size, workers: 1, signal: controller.signal }),
    ).rejects.toMatchObject({
      kind: 'interrupted',
    });
  });

  it('stops at once in the middle of a task', async () => {
    const path = join(folder, 'large.jpg');
    const noise = { type: 'gaussian', mean: 128, sigma: 50 } as const;
    const large = sharp({ create: { width: 1500, height: 1500, channels: 3, background: '#777', noise } });
    writeFileSync(path, await large.jpeg().toBuffer());
    const many = Array.from({ length: 500 }, (_, i) => ({
      ...samples[0]!,
      file: `${i}`,
      source: { kind: 'file', path },
    }));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    const start = performance.now();
    const opening = openImages(many as Sample[], { ...size, workers: 2, signal: controller.signal });
    await expect(opening).rejects.toMatchObject({ kind: 'interrupted' });
    expect(performance.now() - start).toBeLessThan(5000); // all of it takes more
  });

  it('refuses sizes that are none', async () => {
    await expect(openImages(samples, { width: 0, height: 8 })).rejects.toThrow(
      /width to be a positive integer/,
    );
    await expect(openImages(samples, { ...size, workers: 0 })).rejects.toThrow(/workers: expected/);
  });
});

describe('checkBadShare', () => {
  const bad = [{ file: 'a/1.jpg', reason: 'expected an image, found an empty file' }];
  it('bears a small share and lists a large one', () => {
    checkBadShare([], 0);
    checkBadShare(bad, 20);
    expect(() => checkBadShare(bad, 19)).toThrow(
      /at most 5%.*found 1 of 19:\n {2}a\/1.jpg: expected an image/s,
    );
    expect(() => checkBadShare(bad, 2, { maxBadShare: 0.5 })).not.toThrow();
    expect(() => checkBadShare(bad, 1, { maxBadShare: 1 })).toThrow(FerlabError);
    expect(() => checkBadShare(bad, 1000, { strict: true })).toThrow(/--strict/);
  });
});

describe('createBatchLoader', () => {
  it('gives the same batches for any workers, in memory or streamed', async () => {
    const runs = [];
    for (const options of [{ workers: 1 }, { workers: 3 }, { workers: 2, memoryBudget: 0 }]) {
      runs.push(
        await withStore(options, async (store) =>
          collect(createBatchLoader(store, { ...training, ahead: 2 }).epoch(1)),
        ),
      );
    }
    expect(runs[0]!.length).toBe(6);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it('resizes the images of each epoch to the side of that epoch', async () => {
    await withStore({}, async (store) => {
      const sideAt = (epoch: number) => [4, 4, 6][epoch]!;
      const loader = createBatchLoader(store, { ...training, sideAt });
      const sizes: number[][] = [];
      for (const epoch of [0, 1, 2]) {
        for await (const batch of loader.epoch(epoch)) {
          expect(batch.pixels.length).toBe(batch.size * batch.width * batch.height);
          sizes[epoch] = [batch.width, batch.height];
          batch.release();
        }
      }
      expect(sizes).toEqual([
        [4, 4],
        [4, 4],
        [6, 6],
      ]);
      const whole = await collect(createBatchLoader(store, training).epoch(2));
      const same = await collect(createBatchLoader(store, { ...training, sideAt: () => side }).epoch(2));
      expect(same).toEqual(whole);
      expect(() => createBatchLoader(store, { ...training, augment: null, sideAt })).toThrow(
        /sideAt: expected/,
      );
    });
  });

  it('gives the same batches for any workers with every augmentation on, of the size of the crop', async () => {
    const every: AugmentOptions = {
      ...augment,
      rotation: 10,
      widthShift: 0.1,
      heightShift: 0.1,
      brightness: [0.7, 1.3],
      isotropicZoom: true,
      warpProbability: 0.8,
      contrast: 0.3,
      jitterProbability: 0.5,
      crop: 6,
      erasing: 0.5,
    };
    const runs = [];
    for (const options of [{ workers: 1 }, { workers: 3 }, { workers: 2, memoryBudget: 0 }]) {
      runs.push(
        await withStore(options, async (store) => {
          const loader = createBatchLoader(store, { ...training, augment: every });
          return await collect(loader.epoch(2), 6);
        }),
      );
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
    await withStore({}, async (store) => {
      const tooLarge = { ...training, augment: { ...every, crop: 9 } };
      expect(() => createBatchLoader(store, tooLarge)).toThrow(/crop: expected .*8x8, found 9/);
    });
  });

  it('covers every image once per epoch, in an order of its own', async () => {
    await withStore({}, async (store) => {
      const loader = createBatchLoader(store, training);
      expect(loader.batchesPerEpoch).toBe(6);
      const orders = [];
      for (const epoch of [0, 1]) {
        const batches = await collect(loader.epoch(epoch));
        expect(batches.map(({ indices }) => indices.length)).toEqual([4, 4, 4, 4, 4, 1]);
        const indices = batches.flatMap((batch) => batch.indices);
        expect([...indices].sort((a, b) => a - b)).toEqual(Array.from(samples.keys()));
        expect(batches.flatMap(({ labels }) => labels)).toEqual(indices.map((i) => i % 3));
        orders.push(indices);
      }
      expect(orders[0]).not.toEqual(orders[1]);
    });
  });

  it('starts at any epoch with the result of a loader that made those before', async () => {
    await withStore({}, async (store) => {
      const loader = createBatchLoader(store, training);
      await collect(loader.epoch(6));
      const after = await collect(loader.epoch(7));
      expect(await collect(createBatchLoader(store, training).epoch(7))).toEqual(after);
    });
  });

  it('augments anew in every epoch, and differently by seed', async () => {
    await withStore({}, async (store) => {
      const pixelsOf = async (seed: number, epoch: number) =>
        (await collect(createBatchLoader(store, { ...training, seed, shuffle: false }).epoch(epoch)))[0]!
          .pixels;
      const first = await pixelsOf(1, 0);
      expect(await pixelsOf(1, 1)).not.toEqual(first);
      expect(await pixelsOf(2, 0)).not.toEqual(first);
      expect(await pixelsOf(1, 0)).toEqual(first);
    });
  });

  it('can be left early, and used again', async () => {
    await withStore({}, async (store) => {
      const loader = createBatchLoader(store, training);
      for await (const batch of loader.epoch(0)) {
        batch.release();
        break;
      }
      expect((await collect(loader.epoch(0))).length).toBe(6);
    });
  });

  it('reuses the memory of released batches only', async () => {
    await withStore({}, async (store) => {
      const loader = createBatchLoader(store, { ...training, ahead: 1, shuffle: false, augment: null });
      const held: Batch[] = [];
      for await (const batch of loader.epoch(0)) held.push(batch);
      for (const batch of held) {
        expect([...batch.pixels.subarray(0, side * side)]).toEqual([
          ...(await store.bytes(batch.indices[0]!)),
        ]);
      }
    });
  });

  it('passes the failure of a worker on to the consumer', async () => {
    const path = join(folder, 'fleeting.png');
    writeFileSync(
      path,
      await sharp({ create: { ...size, channels: 3, background: '#333' } })
        .png()
        .toBuffer(),
    );
    const fleeting = { file: 'x/fleeting.png', label: 0, source: { kind: 'file', path } } as const;
    await withStore(
      { memoryBudget: 0 },
      async (store) => {
        expect(store.count).toBe(22);
        unlinkSync(path);
        const failed = collect(createBatchLoader(store, training).epoch(0));
        await expect(failed).rejects.toThrow(FerlabError);
        await expect(failed).rejects.toThrow(/fleeting\.png: expected a readable file, found no such file/);
      },
      [...samples, fleeting],
    );
  });

  it('rejects instead of hanging when the store was closed', async () => {
    const store = await openImages(samples, { ...size, workers: 1 });
    await store.close();
    await expect(collect(createBatchLoader(store, training).epoch(0))).rejects.toThrow(/closed/);
    await store.close();
  });

  it('refuses counts that are none', async () => {
    await withStore({}, async (store) => {
      expect(() => createBatchLoader(store, { ...training, batchSize: 0 })).toThrow(/batchSize: expected/);
      await expect(collect(createBatchLoader(store, training).epoch(-1))).rejects.toThrow(/epoch: expected/);
    });
  });
});

describe('sequentialBatches', () => {
  it('gives every image in order, in memory or streamed', async () => {
    const inMemory = await withStore({}, (store) => collect(sequentialBatches(store, 8)));
    const streamed = await withStore({ memoryBudget: 0 }, (store) => collect(sequentialBatches(store, 8)));
    expect(inMemory.map(({ indices }) => indices.length)).toEqual([8, 8, 5]);
    expect(inMemory.flatMap(({ indices }) => indices)).toEqual(Array.from(samples.keys()));
    expect(streamed).toEqual(inMemory);
  });
});

describe('the process', () => {
  it('ends by itself when a store is left open in the middle of an epoch', () => {
    mkdirSync(join(folder, 'script'));
    const script = join(folder, 'script', 'leave.mjs');
    const built = (name: string) =>
      JSON.stringify(new URL(`../../../dist/data/store/${name}.js`, import.meta.url).href);
    const sources = samples.map(({ source }) => source);
    writeFileSync(
      script,
      `import { openImages } from ${built('store')};
       import { createBatchLoader } from ${built('batches')};
       const samples = ${JSON.stringify(sources)}.map((source, i) => ({ file: String(i), label: 0, source }));
       const store = await openImages(samples, { width: 8, height: 8, workers: 2 });
       for await (const batch of createBatchLoader(store, { batchSize: 2, seed: 1, augment: null }).epoch(0)) {
         console.log('first of', batch.size);
         break;
       }`,
    );
    const printed = execFileSync(process.execPath, [script], { encoding: 'utf8', timeout: 20_000 });
    expect(printed).toBe('first of 2\n');
  });
});

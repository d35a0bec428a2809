import { describe, expect, it } from 'vitest';
import type { StoredPicture } from '../../../data/faces/picture-store.js';
import { Random } from '../../../random/random.js';
import type { MadeBatch } from '../batches-ahead.js';
import { cellCount, columnCount, columns } from './assign.js';
import { chooser, createTileLoader, type TileOptions } from './tiles.js';

/** A noisy picture of 64x48 with a face, or without. */
function picture(seed: number, hasFace: boolean, longer = 64): StoredPicture {
  const [width, height] = [longer, 48];
  const memory = new SharedArrayBuffer(width * height * 3);
  const random = new Random(seed);
  new Uint8Array(memory).forEach((_, i, data) => {
    data[i] = random.integer(256);
  });
  const face = {
    box: { x: 10, y: 8, width: 24, height: 30 },
    points: [null, null, null, null, null] as const,
    mouth: null,
  };
  return {
    file: `${seed}.png`,
    path: `/${seed}.png`,
    source: 'drawn',
    faces: hasFace ? [face] : [],
    ignore: [],
    width,
    height,
    levels: [{ memory, offset: 0, width, height }],
  };
}

const pictures = [picture(0, true), picture(1, false), picture(2, true)];
const options: TileOptions = {
  side: 64,
  batchSize: 2,
  tiles: 5,
  seed: 3,
  ahead: 2,
  workers: 1,
};

async function batchesOf(epoch: number, changes: Partial<TileOptions> = {}): Promise<MadeBatch[]> {
  const loader = createTileLoader(pictures, { ...options, ...changes });
  const batches: MadeBatch[] = [];
  try {
    for await (const batch of loader.epoch(epoch)) batches.push(batch);
  } finally {
    await loader.close();
  }
  return batches;
}

const contents = (batches: readonly MadeBatch[]) =>
  batches.map(({ pixels, targets }) => ({ pixels, targets }));

describe('createTileLoader', () => {
  it('gives every tile of an epoch once, with targets for all its cells', async () => {
    const batches = await batchesOf(0);
    expect(batches.map(({ size }) => size)).toEqual([2, 2, 1]);
    let faces = 0;
    for (const { size, pixels, targets } of batches) {
      expect(pixels.length).toBe(size * 3 * 64 * 64);
      expect(pixels.every((value) => value >= 0 && value <= 255)).toBe(true);
      expect(targets.length).toBe(size * cellCount(64) * columnCount);
      for (let at = columns.face.at; at < targets.length; at += columnCount) faces += targets[at]!;
    }
    expect(faces).toBeGreaterThan(5);
  });

  it('gives the same tiles for any workers, and others in another epoch or of another seed', async () => {
    const first = contents(await batchesOf(1));
    expect(contents(await batchesOf(1, { workers: 3, ahead: 1 }))).toEqual(first);
    expect(contents(await batchesOf(2))).not.toEqual(first);
    expect(contents(await batchesOf(1, { seed: 4 }))).not.toEqual(first);
  });
});

describe('chooser', () => {
  const shares = (of: readonly StoredPicture[]) => {
    const choose = chooser(of);
    const random = new Random(1);
    const counts = of.map(() => 0);
    for (let i = 0; i < 20_000; i++) counts[choose(random)]!++;
    return counts.map((count) => count / 20_000);
  };

  it('draws pictures by their longer side, and those without faces as often as is set', () => {
    const [one, two, empty] = shares([picture(0, true), picture(1, true, 192), picture(2, false)]);
    expect(empty).toBeCloseTo(0.12, 1);
    expect(two! / one!).toBeCloseTo(3, 0);
  });

  it('does without pictures that have no face', () => {
    expect(shares([picture(0, true)])).toEqual([1]);
  });
});

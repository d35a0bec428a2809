import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type Rendering, render, storeOf, takePhotograph } from '../../test/audit/pictures.js';
import { describeImages } from './describe.js';
import { AuditImages, Pace } from './images.js';
import { findNearMatches, type NearMatch } from './near.js';

const side = 48;
/** The part that is shown of every photograph, within which crops can move. */
const base: Rendering = { share: 0.8, left: 0.1, top: 0.1 };

async function recompress(pixels: Uint8Array, quality: number): Promise<Uint8Array> {
  const raw = { width: side, height: side, channels: 1 } as const;
  const jpeg = await sharp(pixels, { raw }).jpeg({ quality }).toBuffer();
  return new Uint8Array(await sharp(jpeg).toColourspace('b-w').raw().toBuffer());
}

async function matchesOf(pictures: Uint8Array[], memoryBudget?: number): Promise<NearMatch[]> {
  const store = await storeOf(
    pictures.map((pixels) => ({ pixels })),
    memoryBudget === undefined ? {} : { memoryBudget },
  );
  try {
    const images = new AuditImages([{ name: 'train', store }], ['a']);
    const different = Int32Array.from(images.firstCopies()).filter((first, i) => first === i);
    const pace = () => new Pace(undefined);
    const description = await describeImages(images, different, pace());
    return await findNearMatches(images, different, description, { search: pace(), compare: pace });
  } finally {
    await store.close();
  }
}

const changes: [string, Rendering][] = [
  ['brightness', { bias: 20 }],
  ['contrast', { gain: 0.6 }],
  ['a closer crop', { share: 0.76, left: 0.12, top: 0.12 }],
  ['a crop to one side', { left: 0.125, top: 0.1 }],
  ['a wider crop', { share: 0.85, left: 0.08, top: 0.07 }],
  ['mirroring', { mirrored: true }],
  ['mirroring a crop', { mirrored: true, share: 0.77, left: 0.12, top: 0.11 }],
  ['noise', { noise: 4 }],
];

/** Many different photographs, then one changed copy of some: the number of the original by that of the copy. */
async function manyPictures(
  originals: number,
): Promise<{ pictures: Uint8Array[]; copies: Map<number, number> }> {
  const pictures = Array.from({ length: originals }, (_, i) => render(takePhotograph(i), base));
  const copies = new Map<number, number>();
  const add = (pixels: Uint8Array, original: number) => {
    copies.set(pictures.length, original);
    pictures.push(pixels);
  };
  changes.forEach(([, change], k) => {
    add(render(takePhotograph(k), { ...base, ...change }), k);
  });
  add(await recompress(pictures[changes.length]!, 40), changes.length);
  return { pictures, copies };
}

describe.each([
  ['a few pictures, every pair of which is compared', 20],
  ['many pictures, among which it searches', 400],
])('findNearMatches, %s', (_, originals) => {
  it('finds changed copies and nothing else', async () => {
    const { pictures, copies } = await manyPictures(originals);
    pictures.push(new Uint8Array(side * side), new Uint8Array(side * side).fill(255)); // blank ones match nothing
    const matches = await matchesOf(pictures);
    expect(matches.map(({ first, second }) => [first, second])).toEqual(
      [...copies].map(([copy, original]) => [original, copy]).sort(([a], [b]) => a! - b!),
    );
    const mirrored = matches.filter((match) => match.mirrored).map(({ first }) => changes[first]![0]);
    expect(mirrored).toEqual(['mirroring', 'mirroring a crop']);
    for (const { similarity, overlap } of matches) {
      expect(similarity).toBeGreaterThanOrEqual(0.8);
      expect(similarity).toBeLessThanOrEqual(1 + 1e-6);
      expect(overlap).toBeGreaterThan(0.8);
    }
  });
});

describe('findNearMatches', () => {
  it('finds the same in a store that streams', async () => {
    const { pictures } = await manyPictures(100);
    expect(await matchesOf(pictures, 0)).toEqual(await matchesOf(pictures));
  });

  it('decodes no picture by itself in a store that streams', async () => {
    const { pictures } = await manyPictures(100);
    const store = await storeOf(
      pictures.map((pixels) => ({ pixels })),
      { memoryBudget: 0 },
    );
    let decoded = 0;
    const counted = { ...store, bytes: (i: number) => store.bytes(i).finally(() => decoded++) };
    try {
      const images = new AuditImages([{ name: 'train', store: counted }], ['a']);
      const different = Int32Array.from({ length: images.count }, (_, i) => i);
      const pace = () => new Pace(undefined);
      const description = await describeImages(images, different, pace());
      decoded = 0;
      const matches = await findNearMatches(images, different, description, {
        search: pace(),
        compare: pace,
      });
      expect(matches).toHaveLength(changes.length + 1);
      expect(decoded).toBe(0);
    } finally {
      await store.close();
    }
  });

  it('takes sets of one picture, and of blank ones', async () => {
    expect(await matchesOf([render(takePhotograph(0))])).toEqual([]);
    const blank = Array.from({ length: 70 }, (_, i) => new Uint8Array(side * side).fill(i));
    expect(await matchesOf(blank)).toEqual([]);
  });
});

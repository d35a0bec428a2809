import { describe, expect, it } from 'vitest';
import { type Rendering, render, storeOf, takePhotograph } from '../../test/audit/pictures.js';
import { AuditImages } from '../copies/images.js';
import { Random } from '../random/random.js';
import { type Findings, findAll } from './find.js';

const side = 48;

interface Picture {
  pixels: Uint8Array;
  label?: number;
}

async function findingsOf(train: Picture[], validation: Picture[], memoryBudget?: number): Promise<Findings> {
  const options = memoryBudget === undefined ? {} : { memoryBudget };
  const stores = [await storeOf(train, options), await storeOf(validation, options)];
  try {
    const splits = stores.map((store, s) => ({ name: ['train', 'validation'][s]!, store }));
    return await findAll(new AuditImages(splits, ['a', 'b']));
  } finally {
    for (const store of stores) await store.close();
  }
}

const photographs = (first: number, count: number, rendering: Rendering = {}): Picture[] =>
  Array.from({ length: count }, (_, i) => ({ pixels: render(takePhotograph(first + i), rendering) }));

/** Lines of dark marks on white paper. */
function drawText(seed: number): Uint8Array {
  const random = new Random(seed, 'text');
  const isMark = Array.from({ length: side * side }, () => random.uniform(0, 1) < 0.4);
  return Uint8Array.from(isMark, (mark, i) => (Math.floor(i / side) % 8 === 4 && mark ? 20 : 255));
}

describe('findAll', () => {
  it.each([undefined, 0])(
    'counts every held-out image with a near copy in training, however many it has beside it (budget %s)',
    async (memoryBudget) => {
      const variants = Array.from({ length: 60 }, (_, i) => ({
        pixels: render(takePhotograph(0), { bias: (i % 12) * 3 - 16, noise: 1 + Math.floor(i / 12) * 0.7 }),
      }));
      const others = photographs(100, 40);
      const { leaks } = await findingsOf(photographs(0, 80), [...others, ...variants], memoryBudget);
      expect(leaks).toEqual(
        variants.map((_, i) => ({ image: 80 + others.length + i, kind: 'near', conflicting: false })),
      );
    },
  );

  it('says whether the labels of exact copies in training agree', async () => {
    const pixels = render(takePhotograph(0));
    const [other] = photographs(1, 1);
    const { leaks } = await findingsOf(
      [
        { pixels, label: 0 },
        { pixels, label: 0 },
        { ...other!, label: 0 },
        { ...other!, label: 1 },
      ],
      [
        { pixels, label: 0 },
        { pixels, label: 1 },
        { ...other!, label: 1 },
      ],
    );
    expect(leaks).toEqual([
      { image: 4, kind: 'exact', conflicting: false },
      { image: 5, kind: 'exact', conflicting: true },
      { image: 6, kind: 'exact', conflicting: true },
    ]);
  });

  it('finds placeholders among photographs, and nothing where there are none', async () => {
    const train = photographs(0, 430);
    const validation = photographs(500, 10);
    const clean = await findingsOf(train, validation);
    expect(clean.unlike.threshold).toBeGreaterThan(0);
    expect(clean.unlike.images).toEqual([]);
    const text = [0, 1, 2].map((seed) => ({ pixels: drawText(seed) }));
    const found = await findingsOf([...text, ...train], validation);
    expect(found.unlike.images.map(({ image }) => image).sort()).toEqual([0, 1, 2]);
  }, 60_000);
});

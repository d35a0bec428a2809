import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { render, storeOf, takePhotograph } from '../../test/audit/pictures.js';
import { readDataset } from '../data/dataset/reader.js';
import { openImages } from '../data/store/store.js';
import { WorkerPool } from '../data/store/worker-pool.js';
import { findLeaks } from './leaks.js';

const shared = fileURLToPath(new URL('../../../shared/fer2013', import.meta.url));
const picture = (seed: number, label = 0) => ({ pixels: render(takePhotograph(seed)), label });

describe('findLeaks', () => {
  it('finds exact copies, all of them, and whether labels agree', async () => {
    const training = await storeOf([picture(0), picture(1), picture(2, 1), picture(1), picture(2)]);
    const validation = await storeOf([picture(9), picture(2, 1), picture(1), picture(8), picture(2)]);
    try {
      expect(findLeaks(training, validation)).toEqual([
        { validation: 1, training: [2, 4], sameLabel: false },
        { validation: 2, training: [1, 3], sameLabel: true },
        { validation: 4, training: [2, 4], sameLabel: false },
      ]);
      expect(findLeaks(training, training)).toHaveLength(5);
    } finally {
      await training.close();
      await validation.close();
    }
  });

  it('lists the copies of many equal images once', async () => {
    const blank = (label: number) => ({ pixels: new Uint8Array(48 * 48).fill(7), label });
    const training = await storeOf([blank(0), picture(0), blank(0), blank(0)]);
    const validation = await storeOf([blank(0), blank(1), blank(0)]);
    try {
      const leaks = findLeaks(training, validation);
      expect(leaks.map(({ sameLabel }) => sameLabel)).toEqual([true, false, true]);
      expect(leaks[0]!.training).toEqual([0, 2, 3]);
      expect(leaks[1]!.training).toBe(leaks[0]!.training);
      expect(leaks[2]!.training).toBe(leaks[0]!.training);
    } finally {
      await training.close();
      await validation.close();
    }
  });

  it('finds none among near copies and pictures of another size', async () => {
    const training = await storeOf([picture(0), { pixels: new Uint8Array(48 * 48).fill(7) }]);
    const validation = await storeOf([
      { pixels: render(takePhotograph(0), { bias: 1 }) },
      { pixels: new Uint8Array(24 * 24).fill(7) },
    ]);
    try {
      expect(findLeaks(training, validation)).toEqual([]);
    } finally {
      await training.close();
      await validation.close();
    }
  });

  // Development data that isn't part of the project.
  it.skipIf(!existsSync(shared))(
    'finds what is known of FER2013: 279 photographs and a blank image [skips where ../shared/fer2013 is missing]',
    { timeout: 120_000 },
    async () => {
      const { train, validation } = await readDataset(shared);
      const pool = new WorkerPool();
      try {
        const options = { width: 48, height: 48, pool };
        const [a, b] = [
          await openImages(train.samples, options),
          await openImages(validation.samples, options),
        ];
        const leaks = findLeaks(a, b);
        expect(leaks).toHaveLength(280);
        for (const { validation: i, training } of leaks.slice(0, 20)) {
          for (const j of training) expect(await a.bytes(j)).toEqual(await b.bytes(i));
        }
      } finally {
        await pool.close();
      }
    },
  );
});

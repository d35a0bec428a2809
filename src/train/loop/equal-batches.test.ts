import { expect, it } from 'vitest';
import { equalBatches } from './equal-batches.js';

it('groups neighbours of one size, in order', async () => {
  async function* batches() {
    for (const [place, size] of [4, 4, 4, 4, 4, 1].entries()) yield { place, size };
  }
  const groups: number[][] = [];
  for await (const group of equalBatches(batches(), 2)) groups.push(group.map(({ place }) => place));
  expect(groups).toEqual([[0, 1], [2, 3], [4], [5]]);
});

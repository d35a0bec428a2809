import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assign } from './assign.js';

/** The least sum by trying everything. */
function leastSum(costs: number[][], alone: number, row = 0, used = new Set<number>()): number {
  if (row === costs.length) return 0;
  let best = alone + leastSum(costs, alone, row + 1, used);
  for (const [column, cost] of costs[row]!.entries()) {
    if (used.has(column)) continue;
    used.add(column);
    best = Math.min(best, cost + leastSum(costs, alone, row + 1, used));
    used.delete(column);
  }
  return best;
}

it('assign finds the cheapest matching', () => {
  const cost = fc.oneof(fc.integer({ min: -20, max: 40 }), fc.constant(Number.POSITIVE_INFINITY));
  const table = fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }))
    .chain(([rows, columns]) =>
      fc.array(fc.array(cost, { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    );
  fc.assert(
    fc.property(table, fc.integer({ min: 0, max: 20 }), (costs, alone) => {
      const columns = assign(costs, alone);
      const taken = [...columns].filter((column) => column >= 0);
      expect(new Set(taken).size).toBe(taken.length);
      const sum = [...columns].reduce(
        (total, column, row) => total + (column < 0 ? alone : costs[row]![column]!),
        0,
      );
      expect(sum).toBe(leastSum(costs, alone));
    }),
  );
});

it('assign prefers the better sum to the best pair', () => {
  expect([
    ...assign(
      [
        [1, 2],
        [1, 9],
      ],
      100,
    ),
  ]).toEqual([1, 0]);
  expect([...assign([[5], [4]], 100)]).toEqual([-1, 0]);
  expect([...assign([], 1)]).toEqual([]);
  expect([...assign([[], []], 1)]).toEqual([-1, -1]);
});

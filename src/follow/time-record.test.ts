import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TimeRecord } from './time-record.js';

it('a record keeps the sums however long it becomes, in bounded memory', () => {
  const record = new TimeRecord(2);
  for (let second = 0; second < 3600; second++) record.add(second, second + 1, [1, second < 1800 ? 1 : 0]);
  expect((record as unknown as { stretches: Map<number, unknown> }).stretches.size).toBeLessThanOrEqual(2048);
  const [first, last] = record.parts(0, 3600, 2);
  expect(first![0]).toBeCloseTo(1800, 6);
  expect([...last!].map(Math.round)).toEqual([1800, 0]);
});

it('parts add up to what was added, whatever the times', () => {
  const span = fc.tuple(
    fc.double({ min: 0, max: 100, noNaN: true }),
    fc.double({ min: 0, max: 20, noNaN: true }),
  );
  fc.assert(
    fc.property(
      fc.array(span, { minLength: 1, maxLength: 10 }),
      fc.integer({ min: 1, max: 300 }),
      (spans, count) => {
        const record = new TimeRecord(1);
        for (const [from, length] of spans) record.add(from, from + length, [1]);
        const parts = record.parts(0, 200, count);
        const sum = parts.reduce((total, part) => total + (part?.[0] ?? 0), 0);
        expect(sum).toBeCloseTo(
          spans.reduce((total, [, length]) => total + length, 0),
          6,
        );
      },
    ),
  );
});

it('times at which nothing was added are null', () => {
  const record = new TimeRecord(1);
  record.add(1, 2, [1]);
  expect(record.parts(0, 4, 4).map((part) => part && Number(part[0]!.toFixed(6)))).toEqual([
    null,
    1,
    null,
    null,
  ]);
});

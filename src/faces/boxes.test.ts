import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  area,
  intersection,
  offsetsTo,
  overlap,
  overlapOfSmaller,
  pointIn,
  pointRelative,
  regressed,
  scaledBox,
  squared,
  strongest,
  suppress,
} from './boxes.js';
import type { Box } from './face.js';

const box = (x: number, y: number, width: number, height: number): Box => ({ x, y, width, height });

const anyBox = fc.record({
  x: fc.double({ min: -50, max: 500, noNaN: true }),
  y: fc.double({ min: -50, max: 500, noNaN: true }),
  width: fc.double({ min: 1, max: 300, noNaN: true }),
  height: fc.double({ min: 1, max: 300, noNaN: true }),
});

describe('boxes', () => {
  it('are half-open: neighbours share nothing, and a box of 2 x 3 has the area 6', () => {
    expect(area(box(5, 7, 2, 3))).toBe(6);
    expect(intersection(box(0, 0, 10, 10), box(10, 0, 10, 10))).toBe(0);
    expect(intersection(box(0, 0, 10, 10), box(9, 8, 10, 10))).toBe(2);
  });

  it('overlap by the union, or by the smaller', () => {
    expect(overlap(box(0, 0, 10, 10), box(5, 0, 10, 10))).toBeCloseTo(50 / 150);
    expect(overlap(box(0, 0, 10, 10), box(2, 2, 5, 5))).toBeCloseTo(0.25);
    expect(overlapOfSmaller(box(0, 0, 10, 10), box(2, 2, 5, 5))).toBe(1);
    expect(overlap(box(0, 0, 0, 0), box(0, 0, 0, 0))).toBe(0);
  });

  it('become squares on their centre, by the longer side', () => {
    expect(squared(box(10, 20, 30, 50))).toEqual(box(0, 20, 50, 50));
    expect(squared(box(10, 20, 50, 30))).toEqual(box(10, 10, 50, 50));
  });

  it('come back from a regression by the labels that were made of them', () => {
    fc.assert(
      fc.property(anyBox, anyBox, (from, to) => {
        const back = regressed(from, offsetsTo(from, to));
        for (const key of ['x', 'y', 'width', 'height'] as const) expect(back[key]).toBeCloseTo(to[key], 6);
      }),
    );
  });

  it('hold points that come back, and keep their proportions at another scale', () => {
    fc.assert(
      fc.property(anyBox, anyBox, fc.double({ min: 0.1, max: 8, noNaN: true }), (frame, other, factor) => {
        const [x, y] = pointIn(frame, pointRelative(frame, [other.x, other.y]));
        expect(x).toBeCloseTo(other.x, 6);
        expect(y).toBeCloseTo(other.y, 6);
        const [a, b] = [scaledBox(frame, factor), scaledBox(other, factor)];
        expect(overlap(a, b)).toBeCloseTo(overlap(frame, other), 6);
      }),
    );
  });
});

describe('suppression', () => {
  const named = (name: string, score: number, place: Box) => ({ name, score, box: place });

  it('keeps the strongest of those that overlap by more than the limit', () => {
    const kept = suppress(
      [
        named('weak', 0.5, box(1, 0, 10, 10)),
        named('strong', 0.9, box(0, 0, 10, 10)),
        named('apart', 0.1, box(30, 0, 10, 10)),
      ],
      0.5,
    );
    expect(kept.map(({ name }) => name)).toEqual(['strong', 'apart']);
  });

  it('keeps both at the limit itself, and the first of equals', () => {
    const half = [named('a', 0.9, box(0, 0, 10, 10)), named('b', 0.8, box(0, 0, 10, 5))];
    expect(suppress(half, 0.5)).toHaveLength(2);
    expect(suppress(half, 0.49)).toHaveLength(1);
    const equal = [named('first', 0.5, box(0, 0, 9, 9)), named('second', 0.5, box(0, 0, 9, 9))];
    expect(suppress(equal, 0.3).map(({ name }) => name)).toEqual(['first']);
  });

  it('removes a box inside another only by the smaller', () => {
    const nested = [named('outer', 0.9, box(0, 0, 20, 20)), named('inner', 0.8, box(5, 5, 8, 8))];
    expect(suppress(nested, 0.7)).toHaveLength(2);
    expect(suppress(nested, 0.7, overlapOfSmaller)).toHaveLength(1);
  });

  it('takes a million scores in bounded time: of many candidates the strongest are compared', () => {
    const scores = Float64Array.from({ length: 1_000_000 }, (_, i) => ((i * 7919) % 1_000_003) / 1_000_003);
    const sorted = scores.slice().sort();
    expect(strongest(scores, 0).map((i) => scores[i])).toEqual([...sorted.slice(-4096)].reverse());
    const apart = Array.from({ length: 20_000 }, (_, i) => named('', scores[i]!, box(i * 20, 0, 10, 10)));
    expect(suppress(apart, 0.5)).toHaveLength(4096);
  });

  it('leaves out scores that are no numbers, and gives places in order', () => {
    expect(strongest([0.2, Number.NaN, 0.9, 0.9, 0.1], 0.2)).toEqual([2, 3, 0]);
    expect(strongest([0.2, 0.3, 0.9, 0.9, 0.1], 0, 2)).toEqual([2, 3]);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 })),
        fc.integer({ min: 1, max: 9 }),
        (scores, most) => {
          const expected = scores
            .map((score, i) => ({ score, i }))
            .sort((a, b) => b.score - a.score || a.i - b.i);
          expect(strongest(scores, 0, most)).toEqual(expected.slice(0, most).map(({ i }) => i));
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignFolds } from './folds.js';

const classes = 4;
const labels = fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: 1, maxLength: 120 });
const folds = fc.integer({ min: 2, max: 10 });
const seed = fc.nat(1000);

/** Images of a class by fold. */
function countsOf(label: number, all: readonly number[], foldOf: Uint8Array, number: number): number[] {
  const counts = new Array<number>(number).fill(0);
  all.forEach((other, i) => {
    if (other === label) counts[foldOf[i]!]!++;
  });
  return counts;
}

const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts);

describe('assignFolds', () => {
  it('spreads every class evenly where no images belong together', () => {
    fc.assert(
      fc.property(labels, folds, seed, (all, number, start) => {
        const foldOf = assignFolds(
          all,
          all.map((_, i) => i),
          { classes, folds: number, seed: start },
        );
        expect(Math.max(...foldOf)).toBeLessThan(number);
        for (let label = 0; label < classes; label++) {
          expect(spread(countsOf(label, all, foldOf, number))).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('keeps the images of a group in one fold, whatever their labels', () => {
    const grouped = labels.chain((all) =>
      fc.tuple(fc.constant(all), fc.array(fc.nat(20), { minLength: all.length, maxLength: all.length })),
    );
    fc.assert(
      fc.property(grouped, folds, seed, ([all, groups], number, start) => {
        const foldOf = assignFolds(all, groups, { classes, folds: number, seed: start });
        const homes = new Map<number, Set<number>>();
        groups.forEach((group, i) => {
          homes.set(group, (homes.get(group) ?? new Set()).add(foldOf[i]!));
        });
        expect([...homes.values()].every((home) => home.size === 1)).toBe(true);
      }),
    );
  });

  it('spreads copies of one label as evenly as the largest group allows', () => {
    fc.assert(
      fc.property(labels, folds, seed, (all, number, start) => {
        // Groups of up to three images of one class.
        const seen = new Array<number>(classes).fill(0);
        const groups = all.map((label) => label * 1000 + Math.floor(seen[label]!++ / 3));
        const foldOf = assignFolds(all, groups, { classes, folds: number, seed: start });
        for (let label = 0; label < classes; label++) {
          expect(spread(countsOf(label, all, foldOf, number))).toBeLessThanOrEqual(3);
        }
      }),
    );
  });

  it('derives from the seed', () => {
    const all = Array.from({ length: 60 }, (_, i) => i % classes);
    const alone = all.map((_, i) => i);
    const of = (start: number) => [...assignFolds(all, alone, { classes, folds: 5, seed: start })];
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });
});

import { describe, expect, it } from 'vitest';
import { holdBack } from './hold-back.js';

const split = (
  labels: readonly number[],
  takes: readonly (string | undefined)[] = labels.map(() => undefined),
  copies: { samples: number[]; sameLabel: boolean }[] = [],
) => holdBack({ classes: ['a', 'b'], labels: Int32Array.from(labels), takes, copies, fewest: 5 });

const many = (count: number, label: number): number[] => new Array<number>(count).fill(label);

describe('holdBack', () => {
  it('holds the last fifth of each class back, as a stretch', () => {
    expect(split([...many(10, 0), ...many(15, 1)]).heldBack).toEqual([8, 9, 22, 23, 24]);
  });

  it('holds the end of every recording back', () => {
    const takes = [...new Array<string>(10).fill('x'), ...new Array<string>(10).fill('y')];
    const { heldBack } = split([...many(20, 0), ...many(5, 1)], [...takes, ...new Array(5).fill(undefined)]);
    expect(heldBack).toEqual([8, 9, 18, 19, 24]);
  });

  it('holds the end of the class back where its recordings are too short', () => {
    const takes = Array.from({ length: 12 }, (_, i) => (i < 6 ? `take ${i}` : undefined));
    expect(split([...many(6, 0), ...many(6, 1)], takes).heldBack).toEqual([5, 11]);
  });

  it('never scores a copy of a training sample, nor a picture twice', () => {
    const labels = [...many(10, 0), ...many(10, 1)];
    const copies = [
      { samples: [0, 9], sameLabel: true },
      { samples: [18, 19], sameLabel: true },
      { samples: [8, 10], sameLabel: false },
    ];
    const { training, heldBack } = split(labels, undefined, copies);
    expect(heldBack).toEqual([6, 7, 17, 18]);
    expect(training).toContain(9);
    expect(training).toContain(8);
    expect(training).not.toContain(19);
  });
});

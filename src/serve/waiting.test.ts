import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaitingLine } from './waiting.js';

const item = (name: string, faces = 1, alone = false) => ({ name, faces, alone });
const names = (items: { name: string }[]) => items.map(({ name }) => name).join('');

describe('the waiting line', () => {
  it('takes up to a number of faces, in order, but always one', () => {
    const line = new WaitingLine<ReturnType<typeof item>>(100);
    line.add([item('a'), item('b', 3), item('c'), item('d', 20), item('e')]);
    expect(names(line.take(5))).toBe('abc');
    expect(names(line.take(5))).toBe('d');
    expect(line.faces).toBe(1);
    expect(names(line.take(5))).toBe('e');
    expect(line.take(5)).toEqual([]);
  });

  it('adds all or none', () => {
    const line = new WaitingLine<ReturnType<typeof item>>(3);
    expect(line.add([item('a'), item('b')])).toBe(true);
    expect(line.add([item('c'), item('d')])).toBe(false);
    expect(line.faces).toBe(2);
    expect(line.add([item('e')])).toBe(true);
    line.take(9);
    expect(line.add([item('f', 9)])).toBe(true);
    expect(line.add([item('g')])).toBe(false);
  });

  it('gives what has to be alone by itself, first where it was put back', () => {
    const line = new WaitingLine<ReturnType<typeof item>>(2);
    line.add([item('a'), item('b')]);
    line.putBack([item('x', 1, true), item('y', 1, true)]);
    expect([names(line.take(9)), names(line.take(9)), names(line.take(9))]).toEqual(['x', 'y', 'ab']);
  });

  it('counts what waits, whatever is added, taken and removed', () => {
    const step = fc.oneof(
      fc.record({ add: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }) }),
      fc.record({ take: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ remove: fc.integer({ min: 2, max: 4 }) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const line = new WaitingLine<{ faces: number; alone: boolean; id: number }>(20);
        let next = 0;
        let expected = 0;
        let waiting: { faces: number; id: number }[] = [];
        for (const action of steps) {
          if ('add' in action) {
            const items = action.add.map((faces) => ({ faces, alone: false, id: next++ }));
            if (line.add(items)) waiting.push(...items);
          } else if ('take' in action) {
            const taken = line.take(action.take);
            expect(taken.map(({ id }) => id)).toEqual(waiting.slice(0, taken.length).map(({ id }) => id));
            waiting = waiting.slice(taken.length);
          } else {
            line.remove(({ id }) => id % action.remove === 0);
            waiting = waiting.filter(({ id }) => id % action.remove !== 0);
          }
          expected = waiting.reduce((sum, { faces }) => sum + faces, 0);
          expect(line.faces).toBe(expected);
          expect(line.faces).toBeLessThanOrEqual(20); // the most of one step
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Smoother } from './smooth.js';

/** A signal of straight lines. */
const signal = (knots: readonly [number, number][], time: number): number[] => {
  const next = Math.max(
    1,
    knots.findIndex(([at]) => at >= time),
  );
  const [[t0, a], [t1, b]] = [knots[next - 1]!, knots[next]!];
  const value = a + ((b - a) * (time - t0)) / (t1 - t0);
  return [value, 1 - value];
};

describe('Smoother', () => {
  it('gives the same at any frame rate, also where it changes', () => {
    const knots: [number, number][] = [
      [0, 0.1],
      [0.5, 0.9],
      [0.9, 0.9],
      [1.5, 0.2],
    ];
    const extra = fc.array(fc.double({ min: 0.001, max: 1.499, noNaN: true }), { maxLength: 60 });
    fc.assert(
      fc.property(extra, fc.double({ min: 0.05, max: 3, noNaN: true }), (times, seconds) => {
        const at = (list: readonly number[]) => {
          const smoother = new Smoother(seconds);
          return [...list].sort((a, b) => a - b).map((t) => smoother.add(t, signal(knots, t)))!;
        };
        const few = at([0, 0.5, 0.9, 1.5]).at(-1)!;
        const many = at([0, 0.5, 0.9, 1.5, ...times]).at(-1)!;
        expect(many[0]).toBeCloseTo(few[0]!, 9);
        expect(many[0]! + many[1]!).toBeCloseTo(1, 12);
      }),
    );
  });

  it('comes to 63% of a step after its time constant', () => {
    const smoother = new Smoother(0.5);
    smoother.add(0, [0]);
    smoother.add(1e-6, [1]);
    expect(smoother.add(0.5, [1])[0]).toBeCloseTo(1 - Math.exp(-1), 4);
  });

  it('goes on over a missed frame, and begins anew after a gap', () => {
    const smoother = new Smoother(0.5);
    smoother.add(0, [0]);
    expect(smoother.add(0.08, [1])[0]).toBeLessThan(0.2);
    expect(smoother.add(1.2, [1])).toEqual(Float64Array.of(1));
  });

  it('with 0 seconds changes nothing', () => {
    const smoother = new Smoother(0);
    smoother.add(0, [0.2, 0.8]);
    expect([...smoother.add(0.04, [0.7, 0.3])]).toEqual([0.7, 0.3]);
  });
});

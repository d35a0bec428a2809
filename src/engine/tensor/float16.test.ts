import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFloat16, largestFloat16, toFloat16 } from './float16.js';

/** The value of half-precision bits, by the definition of the format. */
function decoded(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = (half & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

const half = (value: number) => toFloat16(Float32Array.of(value))[0]!;

describe('toFloat16', () => {
  it('keeps every number that half precision has', () => {
    const all = Array.from({ length: 0x10000 }, (_, i) => i).filter((i) => !Number.isNaN(decoded(i)));
    expect([...toFloat16(Float32Array.from(all, decoded))]).toEqual(all);
  });

  it('takes the nearest number, and the even one of two', () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(-65519), max: Math.fround(65519), noNaN: true }), (value) => {
        const chosen = half(value);
        const distance = Math.abs(decoded(chosen) - value);
        for (const neighbour of [chosen - 1, chosen + 1]) {
          const other = Math.abs(decoded(neighbour & 0xffff) - value);
          if (Number.isNaN(other)) continue;
          expect(distance).toBeLessThanOrEqual(other);
          if (distance === other && distance > 0) expect(chosen % 2).toBe(0);
        }
      }),
      { numRuns: 2000 },
    );
    expect(half(1 + 2 ** -11)).toBe(half(1)); // halfway, to the even one below
    expect(half(1 + 3 * 2 ** -11)).toBe(half(1 + 2 ** -9)); // halfway, to the even one above
    expect(half(2 ** -25)).toBe(0);
    expect(half(2 ** -25 + 2 ** -40)).toBe(1);
  });

  it('overflows to infinity, and keeps what is no number', () => {
    expect(decoded(half(65519))).toBe(largestFloat16);
    expect(decoded(half(65520))).toBe(Number.POSITIVE_INFINITY);
    expect(decoded(half(-1e9))).toBe(Number.NEGATIVE_INFINITY);
    expect(decoded(half(Number.NaN))).toBeNaN();
    expect(half(-0)).toBe(0x8000);
  });
});

describe('fromFloat16', () => {
  it('gives what the bits stand for', () => {
    const all = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
    expect([...fromFloat16(all)]).toEqual(Array.from(all, decoded));
  });
});

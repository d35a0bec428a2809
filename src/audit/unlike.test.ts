import { describe, expect, it } from 'vitest';
import { plainShare } from '../copies/describe.js';
import { Random } from '../random/random.js';
import { findUnlike, leastForUnlike } from './unlike.js';

describe('plainShare', () => {
  it('counts the commonest five neighbouring grey levels', () => {
    expect(plainShare(new Uint8Array(100).fill(255))).toBe(1);
    expect(plainShare(Uint8Array.from({ length: 256 }, (_, i) => i))).toBe(5 / 256);
    expect(plainShare(Uint8Array.of(0, 4, 5, 9, 9, 100))).toBe(0.5);
  });
});

describe('findUnlike', () => {
  const random = new Random(0, 'scores');
  const scores = Float32Array.from({ length: 1000 }, () => 0.2 + random.normal(0, 0.03));
  const numbers = Int32Array.from(scores.keys());

  it('finds what is far above the others, the strangest first, and nothing below them', () => {
    const changed = Float32Array.from(scores);
    changed[7] = 0.6;
    changed[70] = 0.7;
    changed[700] = 0;
    const { threshold, images } = findUnlike(numbers, changed);
    expect(threshold).toBeCloseTo(0.2 + 7 * 0.03, 1);
    expect(images.map(({ image }) => image)).toEqual([70, 7]);
  });

  it('finds nothing among scores that are alike, nor among equal ones', () => {
    expect(findUnlike(numbers, scores).images).toEqual([]);
    expect(findUnlike(numbers, new Float32Array(1000).fill(0.3)).images).toEqual([]);
  });

  it('finds nothing among scores that differ little', () => {
    const alike = Float32Array.from(scores, (score) => 0.2 + (score - 0.2) / 10);
    expect(findUnlike(numbers, alike.with(7, 0.39)).images).toEqual([]);
    expect(findUnlike(numbers, alike.with(7, 0.41)).images).toHaveLength(1);
  });

  it('finds nothing among few pictures', () => {
    const few = numbers.subarray(0, leastForUnlike - 1);
    expect(findUnlike(few, Float32Array.from(scores).fill(0.9, 0, 1))).toEqual({
      threshold: null,
      images: [],
    });
  });
});

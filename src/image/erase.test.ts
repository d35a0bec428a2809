import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { drawErasing, erase } from './erase.js';

describe('drawErasing', () => {
  it('draws rectangles inside the image, of 2 to 20% of its area, wide as often as tall', () => {
    const random = new Random(1);
    const drawn = Array.from({ length: 3000 }, () => drawErasing(44, 44, random)!);
    const areas = drawn.map((r) => (r.width * r.height) / 44 ** 2);
    const aspects = drawn.map((r) => r.height / r.width);
    for (const { left, top, width, height } of drawn) {
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(Math.max(left + width, top + height)).toBeLessThanOrEqual(44);
    }
    // Whole pixels, so that limits and means are met about.
    expect(Math.min(...areas)).toBeGreaterThan(0.014);
    expect(Math.max(...areas)).toBeLessThan(0.215);
    expect(areas.reduce((a, b) => a + b, 0) / 3000).toBeCloseTo(0.11, 2);
    expect(Math.min(...aspects)).toBeGreaterThanOrEqual(0.25);
    expect(Math.max(...aspects)).toBeLessThanOrEqual(4);
    const tall = aspects.filter((aspect) => aspect > 1).length;
    const wide = aspects.filter((aspect) => aspect < 1).length;
    expect(Math.abs(tall / (tall + wide) - 0.5)).toBeLessThan(0.05); // five deviations
    expect(drawn.some((r) => r.left + r.width === 44) && drawn.some((r) => r.top === 0)).toBe(true);
  });

  it('gives up where nothing fits', () => {
    expect(drawErasing(1, 10_000, new Random(2))).toBeNull();
  });
});

describe('erase', () => {
  it('fills the rectangle alone, with levels from 0 to 255, the same from the same seed', () => {
    const erasing = { left: 2, top: 1, width: 40, height: 50, seed: 5 };
    const [first, second] = [new Float32Array(60 * 60 + 3).fill(-1), new Float32Array(60 * 60 + 3).fill(-1)];
    erase(erasing, first, 3, 60);
    erase(erasing, second, 3, 60);
    expect(second).toEqual(first);
    const inside: number[] = [];
    first.forEach((value, i) => {
      const [x, y] = [(i - 3) % 60, Math.floor((i - 3) / 60)];
      if (x >= 2 && x < 42 && y >= 1 && y < 51) inside.push(value);
      else expect(value).toBe(-1);
    });
    expect(inside.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)).toBe(true);
    expect(new Set(inside).size).toBe(256);
    expect(inside.reduce((a, b) => a + b, 0) / inside.length).toBeCloseTo(127.5, -1);
    const other = new Float32Array(first.length).fill(-1);
    erase({ ...erasing, seed: 6 }, other, 3, 60);
    expect(other).not.toEqual(first);
  });
});

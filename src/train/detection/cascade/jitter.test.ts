import { describe, expect, it } from 'vitest';
import { Random } from '../../../random/random.js';
import { drawJitter, jitterPixels, mirrorTargets, noJitter } from './jitter.js';

const pixels = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
const changed = (change: Partial<typeof noJitter>) => {
  const out = new Float32Array(14);
  jitterPixels(pixels, 2, { ...noJitter, ...change }, out, 1);
  return [...out.subarray(1, 13)];
};

describe('jitterPixels', () => {
  it('leaves pixels as they are, or mirrors each row', () => {
    expect(changed({})).toEqual([...pixels]);
    expect(changed({ flip: true })).toEqual([20, 0, 60, 40, 100, 80, 140, 120, 180, 160, 220, 200]);
  });

  it('makes three equal planes of grey', () => {
    const grey = changed({ grey: true, tint: [0, 2, 3] });
    expect(grey.slice(0, 4)).toEqual(grey.slice(4, 8));
    expect(grey[0]).toBeCloseTo(0.587 * 80 + 0.114 * 160, 4);
  });

  it('keeps levels between black and white', () => {
    expect(Math.max(...changed({ brightness: 100 }))).toBe(255);
    expect(changed({ brightness: -50 })[0]).toBe(0);
    expect(changed({ contrast: 0.5 })[0]).toBeCloseTo(63.75);
  });
});

it('mirrors targets as the picture: eyes and corners of the mouth change places', () => {
  const targets = {
    box: [-0.1, 0.1, 0.2, -0.05] as const,
    points: [0.3, 0.4, 0.7, 0.45, 0.5, 0.6, 0.35, 0.8, 0, 0],
    known: [1, 1, 1, 1, 0],
  };
  const once = mirrorTargets(targets);
  expect(once.box).toEqual([-0.2, 0.1, 0.1, -0.05]);
  expect(once.known).toEqual([1, 1, 1, 0, 1]);
  [0.3, 0.45, 0.7, 0.4, 0.5, 0.6, 0, 0, 0.65, 0.8].forEach((value, i) => {
    expect(once.points[i]).toBeCloseTo(value, 10);
  });
  mirrorTargets(once).points.forEach((value, i) => {
    expect(value).toBeCloseTo(targets.points[i]!, 10);
  });
});

it('draws the same change for the same random numbers', () => {
  expect(drawJitter(new Random(1, 'jitter', 5))).toEqual(drawJitter(new Random(1, 'jitter', 5)));
  const drawn = Array.from({ length: 100 }, (_, i) => drawJitter(new Random(1, 'jitter', i)));
  const flips = drawn.filter(({ flip }) => flip).length;
  expect(flips > 30 && flips < 70).toBe(true);
});

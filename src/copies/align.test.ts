import { describe, expect, it } from 'vitest';
import { type Rendering, render, takePhotograph } from '../../test/audit/pictures.js';
import { align, toPyramid } from './align.js';

const side = 48;
const photograph = takePhotograph(1);
const margin = 0.1;
/** Renderings begin inside the photograph, so that crops around them show something new. */
const base: Rendering = { share: 0.8, left: margin, top: margin };

function compare(rendering: Rendering, mirrored = false) {
  const first = toPyramid(render(photograph, base), side);
  return align(first, toPyramid(render(photograph, { ...base, ...rendering }), side, mirrored));
}

describe('align', () => {
  it('finds equal pictures equal, where they are', () => {
    const found = compare({});
    expect(found.similarity).toBeCloseTo(1, 6);
    expect(found).toMatchObject({ scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0, overlap: 1 });
  });

  it.each([
    [0.8, 0.13, 0.1],
    [0.8, 0.1, 0.06],
    [0.72, 0.14, 0.14],
    [0.72, 0.18, 0.1],
    [0.88, 0.06, 0.06],
  ])('finds a crop: share %f from (%f, %f)', (share, left, top) => {
    const found = compare({ share, left, top });
    expect(found.similarity).toBeGreaterThan(0.99);
    const scale = share / 0.8;
    expect(found.scaleX).toBeCloseTo(scale, 1);
    // Where the second picture's centre lies in the first, in its pixels.
    const shift = (start: number) => ((start + share / 2 - (margin + 0.4)) / 0.8) * side;
    expect(Math.abs(found.shiftX - shift(left))).toBeLessThan(0.2);
    expect(Math.abs(found.shiftY - shift(top))).toBeLessThan(0.2);
  });

  it('measures how much is common', () => {
    expect(compare({ left: 0.14 }).overlap).toBeCloseTo(1 - 0.04 / 0.8, 1);
  });

  it.each([
    ['brightness', { bias: 25 }],
    ['contrast', { gain: 0.5 }],
    ['noise', { noise: 4 }],
  ])('bears a change of %s', (_, rendering) => {
    expect(compare(rendering).similarity).toBeGreaterThan(0.97);
  });

  it('compares with a mirror image where asked to', () => {
    expect(compare({ mirrored: true }, true).similarity).toBeCloseTo(1, 6);
    expect(compare({ mirrored: true }).similarity).toBeLessThan(0.8);
  });

  it('finds different photographs different', () => {
    const first = toPyramid(render(photograph), side);
    const best = Array.from(
      { length: 20 },
      (_, i) => align(first, toPyramid(render(takePhotograph(i + 2)), side)).similarity,
    );
    expect(Math.max(...best)).toBeLessThan(0.85);
  });

  it('ends early where a coarse resolution does not fit', () => {
    const first = toPyramid(render(photograph), side);
    const other = toPyramid(render(takePhotograph(2)), side);
    expect(align(first, other, [0.9, 0.9, 0.9]).similarity).toBeLessThan(0.9);
  });

  it('finds nothing in a constant picture', () => {
    const constant = toPyramid(new Uint8Array(side * side).fill(90), side);
    expect(align(toPyramid(render(photograph), side), constant).similarity).toBe(-1);
    expect(align(constant, constant).similarity).toBe(-1);
  });
});

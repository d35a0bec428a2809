import { describe, expect, it } from 'vitest';
import { render, takePhotograph } from '../../test/audit/pictures.js';
import { align, toPyramid } from './align.js';
import { CoarsePictures } from './coarse.js';

/** Nothing goes on to a finer resolution. */
const never = [2, 2, 2, 2];

describe('CoarsePictures', () => {
  it.each([24, 48, 96])('finds what the comparison of whole pictures finds at first (side %i)', (side) => {
    const pictures = [
      render(takePhotograph(0), { side }),
      render(takePhotograph(0), { side, share: 0.95, left: 0.03, top: 0.02, noise: 5 }),
      render(takePhotograph(0), { side, mirrored: true, gain: 0.7 }),
      render(takePhotograph(1), { side }),
    ];
    const coarse = new CoarsePictures(pictures.length, side);
    pictures.forEach((pixels, i) => {
      coarse.set(i, new Uint8Array(side * side));
      coarse.set(i, pixels);
    });
    for (const a of pictures.keys()) {
      for (const b of pictures.keys()) {
        for (const mirrored of [false, true]) {
          const from = toPyramid(pictures[a]!, side);
          const to = toPyramid(pictures[b]!, side, mirrored);
          expect(coarse.similarity(a, b, mirrored)).toBe(align(from, to, never).similarity);
        }
      }
    }
    expect(coarse.similarity(0, 2, true)).toBeGreaterThan(0.99);
    expect(coarse.similarity(0, 3, false)).toBeLessThan(0.8);
  });
});

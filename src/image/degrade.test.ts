import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { compress, downscale } from './degrade.js';

/** A soft picture with edges and a little noise, whose sides are no multiples of eight. */
function picture(width: number, height: number): Uint8Array {
  const random = new Random(7);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const x = i % width;
    const y = Math.floor(i / width);
    const edge = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (width / 3) ** 2 ? 90 : 0;
    return 60 + edge + 40 * Math.sin(x / 5) + random.uniform(0, 12);
  });
}

const differences = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i]!));
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('compress', () => {
  for (const quality of [10, 30, 75, 95]) {
    it(`gives the pixels of a JPEG file of quality ${quality}`, async () => {
      const [width, height] = [44, 37];
      const source = picture(width, height);
      const file = await sharp(source, { raw: { width, height, channels: 1 } })
        .jpeg({ quality, mozjpeg: false, quantisationTable: 0 })
        .toBuffer();
      const expected = await sharp(file).grayscale().raw().toBuffer();
      const pixels = new Float32Array(width * height + 2).fill(-1);
      pixels.set(source, 1);
      compress(pixels, 1, width, height, quality);
      expect([pixels[0], pixels.at(-1)]).toEqual([-1, -1]);
      const apart = differences(pixels.subarray(1, -1), expected);
      expect(mean(apart)).toBeLessThan(0.3);
      // A coefficient in the middle of two steps may go to either.
      expect(Math.max(...apart)).toBeLessThanOrEqual(quality < 50 ? 8 : 4);
      // It did something, and more at lower qualities.
      expect(mean(differences(source, expected))).toBeGreaterThan(quality < 50 ? 3 : 0.3);
    });
  }
});

describe('downscale', () => {
  it('leaves an even image and keeps its mean', () => {
    const pixels = new Float32Array(30 * 20).fill(77);
    downscale(pixels, 0, 30, 20, 0.3);
    expect(new Set(pixels)).toEqual(new Set([77]));
  });

  it('takes away what a smaller image could not hold, and only within its part of the array', () => {
    const [width, height] = [48, 48];
    const stripes = Uint8Array.from({ length: width * height }, (_, i) => (i % 2 === 0 ? 0 : 200));
    const pixels = new Float32Array(width * height + 2).fill(-1);
    pixels.set(stripes, 1);
    downscale(pixels, 1, width, height, 0.5);
    expect([pixels[0], pixels.at(-1)]).toEqual([-1, -1]);
    const inner = pixels.subarray(1, -1);
    expect(Math.max(...inner) - Math.min(...inner)).toBeLessThan(60);
    expect(mean([...inner])).toBeCloseTo(100, -0.5);
  });

  it('changes nothing at a factor of 1 but rounding', () => {
    const pixels = Float32Array.of(1.2, 3.7, 250.4, 0);
    downscale(pixels, 0, 2, 2, 1);
    expect([...pixels]).toEqual([1, 4, 250, 0]);
  });
});

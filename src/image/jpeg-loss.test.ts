import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { luminanceTable, throughJpeg } from './jpeg-loss.js';

/** Something with edges and slopes, and some noise. */
function picture(width: number, height: number): Uint8Array {
  const random = new Random(3);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const edge = (x - width / 2) ** 2 + (y - height / 3) ** 2 < 90 ? 70 : 0;
    return Math.min(255, Math.max(0, 60 + 3 * x + edge + random.uniform(-12, 12)));
  });
}

/** What libjpeg writes and reads. */
async function bySharp(
  pixels: Uint8Array,
  width: number,
  height: number,
  quality: number,
): Promise<Uint8Array> {
  const raw = { width, height, channels: 1 } as const;
  const file = await sharp(pixels, { raw }).toColourspace('b-w').jpeg({ quality }).toBuffer();
  return sharp(file).extractChannel(0).raw().toBuffer();
}

const distances = (a: Uint8Array, b: Uint8Array) => Array.from(a, (level, i) => Math.abs(level - b[i]!));

describe('throughJpeg', () => {
  for (const [width, height] of [
    [48, 48],
    [21, 13],
  ] as const) {
    for (const quality of [10, 30, 50, 70, 95]) {
      it(`gives libjpeg's pixels at ${width}x${height}, quality ${quality}`, async () => {
        const pixels = picture(width, height);
        const found = throughJpeg(pixels, width, height, quality);
        const apart = distances(found, await bySharp(pixels, width, height, quality));
        // Whole-number transforms round otherwise: a coefficient in a hundred falls into the next step.
        expect(apart.reduce((sum, d) => sum + d, 0) / apart.length).toBeLessThan(0.5);
        expect(apart.filter((d) => d > 3).length / apart.length).toBeLessThan(0.02);
      });
    }
  }

  it('loses more at lower quality, and leaves the source alone', () => {
    const pixels = picture(48, 48);
    const copy = pixels.slice();
    const lost = [90, 70, 50, 30, 10].map((quality) =>
      distances(throughJpeg(pixels, 48, 48, quality), pixels).reduce((sum, d) => sum + d, 0),
    );
    expect(lost).toEqual([...lost].sort((a, b) => a - b));
    expect(lost[0]).toBeGreaterThan(0);
    expect(pixels).toEqual(copy);
  });

  it('scales the table as libjpeg does', () => {
    expect(luminanceTable(50).slice(0, 4)).toEqual([16, 11, 10, 16]);
    expect(luminanceTable(30).slice(0, 4)).toEqual([27, 18, 17, 27]);
    expect(luminanceTable(100)).toEqual(new Array(64).fill(1));
    expect(Math.max(...luminanceTable(1))).toBe(255);
  });
});

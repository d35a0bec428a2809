import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { decodeBaselineJpeg } from './baseline-jpeg.js';

/** Noise over a gradient: every coefficient occurs. */
function noisyImage(width: number, height: number, seed: number, strength: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const level = ((i % width) * 255) / width + random.normal(0, strength);
    return Math.max(0, Math.min(255, Math.round(level)));
  });
}

function raw(pixels: Uint8Array, width: number, height: number) {
  return sharp(pixels, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
}

async function throughSharp(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await sharp(bytes).toColourspace('b-w').raw().toBuffer());
}

describe('decodeBaselineJpeg', () => {
  for (const [width, height, quality, strength] of [
    [48, 48, 80, 20],
    [48, 48, 100, 60],
    [48, 48, 10, 40],
    [1, 1, 90, 10],
    [17, 9, 75, 120],
    [200, 120, 95, 5],
  ] as const) {
    for (const [optimiseCoding, tables] of [
      [true, 'tables of its own'],
      [false, 'the tables of T.81, annex K'],
    ] as const) {
      it(`gives libjpeg's pixels for ${width}x${height}, quality ${quality}, noise ${strength}, ${tables}`, async () => {
        const jpeg = await raw(noisyImage(width, height, quality, strength), width, height)
          .jpeg({ quality, progressive: false, optimiseCoding })
          .toBuffer();
        const image = decodeBaselineJpeg(jpeg);
        expect(image).not.toBeNull();
        expect([image!.width, image!.height]).toEqual([width, height]);
        expect(Buffer.compare(image!.data, await throughSharp(jpeg))).toBe(0);
      });
    }
  }

  it("doesn't mix up the tables of one file and the next", async () => {
    const encode = (quality: number, strength: number) =>
      raw(noisyImage(32, 32, quality, strength), 32, 32)
        .jpeg({ quality })
        .toBuffer();
    const [plain, noisy] = [await encode(30, 5), await encode(95, 80)];
    const first = decodeBaselineJpeg(plain)!.data;
    expect(decodeBaselineJpeg(noisy)!.data).toEqual(await throughSharp(noisy));
    expect(decodeBaselineJpeg(plain)!.data).toEqual(first);
    expect(first).toEqual(await throughSharp(plain));
  });

  it('gives null where a table has more codes than their lengths allow', async () => {
    const jpeg = new Uint8Array(
      await raw(noisyImage(16, 16, 1, 20), 16, 16)
        .jpeg({ optimiseCoding: false })
        .toBuffer(),
    );
    const table = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc4);
    const counts = jpeg.subarray(table + 5, table + 21);
    expect([...counts.subarray(0, 3)]).toEqual([0, 1, 5]);
    expect(decodeBaselineJpeg(jpeg)).not.toBeNull();
    counts.set([3, 1, 2]); // as many symbols, but there are only two codes of one bit
    expect(decodeBaselineJpeg(jpeg)).toBeNull();
  });

  it('leaves other forms to the general decoder', async () => {
    const grey = () => raw(noisyImage(48, 48, 1, 20), 48, 48);
    const colour = sharp({ create: { width: 16, height: 16, channels: 3, background: '#a04020' } });
    expect(decodeBaselineJpeg(await grey().jpeg({ progressive: true }).toBuffer())).toBeNull();
    expect(decodeBaselineJpeg(await grey().png().toBuffer())).toBeNull();
    expect(decodeBaselineJpeg(await grey().withMetadata({ orientation: 6 }).jpeg().toBuffer())).toBeNull();
    expect(decodeBaselineJpeg(await colour.jpeg().toBuffer())).toBeNull();
    expect(decodeBaselineJpeg(await grey().jpeg().toBuffer(), 48 * 48 - 1)).toBeNull();
    expect(decodeBaselineJpeg(new Uint8Array(0))).toBeNull();
  });

  it('gives null for every truncation', async () => {
    const jpeg = await raw(noisyImage(24, 24, 1, 20), 24, 24)
      .jpeg({ quality: 60 })
      .toBuffer();
    expect(decodeBaselineJpeg(jpeg)).not.toBeNull();
    for (let length = 0; length < jpeg.length; length++) {
      expect(decodeBaselineJpeg(jpeg.subarray(0, length)), `${length} bytes`).toBeNull();
    }
  });

  it('never throws on damaged bytes', async () => {
    const jpeg = await raw(noisyImage(24, 24, 1, 20), 24, 24)
      .jpeg({ quality: 60 })
      .toBuffer();
    const change = fc.record({ at: fc.nat(jpeg.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const damaged = Uint8Array.from(jpeg);
        for (const { at, byte } of changes) damaged[at] = byte;
        const image = decodeBaselineJpeg(damaged);
        if (image) expect(image.data.length).toBe(image.width * image.height);
      }),
      { numRuns: 2000 },
    );
  });
});

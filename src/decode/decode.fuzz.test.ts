// Damaged files of every format, in one process: none may end it, hang, or keep memory. What they are is drawn from a
// fixed seed, so that a failure can be repeated by its number.

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { decodeGray } from './decode.js';
import { DecodeError } from './decode-error.js';

const count = 2000;
const slowest = 2000; // ms

/** Small whole images of every format that is read, and one that isn't. */
async function seeds(): Promise<Buffer[]> {
  const levels = (side: number, channels: number) =>
    Uint8Array.from({ length: side * side * channels }, (_, i) => (i * 7 + (i >> 5) * 31) % 256);
  const colour = sharp(levels(40, 3), { raw: { width: 40, height: 40, channels: 3 } });
  const gray = sharp(levels(48, 1), { raw: { width: 48, height: 48, channels: 1 } }).toColourspace('b-w');
  const frames = await Promise.all(
    [10, 200].map((v) =>
      sharp({ create: { width: 20, height: 20, channels: 3, background: { r: v, g: 0, b: v } } })
        .png()
        .toBuffer(),
    ),
  );
  const animated = () => sharp(frames, { join: { animated: true } });
  return Promise.all([
    gray.clone().jpeg().toBuffer(),
    colour.clone().jpeg().toBuffer(),
    colour.clone().jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
    gray.clone().png().toBuffer(),
    colour.clone().png({ palette: true }).toBuffer(),
    colour.clone().toColourspace('rgb16').png({ progressive: true }).toBuffer(),
    colour.clone().webp().toBuffer(),
    colour.clone().webp({ lossless: true }).toBuffer(),
    animated().webp().toBuffer(),
    animated().gif().toBuffer(),
    colour.clone().tiff({ compression: 'none' }).toBuffer(),
    colour.clone().tiff({ compression: 'lzw', tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
    colour.clone().tiff({ compression: 'jpeg' }).toBuffer(),
    gray.clone().tiff({ compression: 'deflate', predictor: 'horizontal' }).toBuffer(),
    bmp(8),
    bmp(24),
    colour.clone().avif().toBuffer(),
  ]);
}

function bmp(bits: 8 | 24): Buffer {
  const side = 16;
  const palette = bits === 8 ? 1024 : 0;
  const bytes = Buffer.alloc(54 + palette + (side * side * bits) / 8, 77);
  bytes.write('BM');
  [bytes.length, 0, 54 + palette, 40, side, side, 1 | (bits << 16), 0, 0, 0, 0, 0, 0].forEach((value, i) => {
    bytes.writeUInt32LE(value, 2 + i * 4);
  });
  return bytes;
}

/** One of several kinds of damage, or more of them one after another. */
function damage(whole: Buffer, other: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(whole);
  const place = (within: number) => random.integer(Math.max(1, Math.min(within, bytes.length)));
  for (let rounds = 1 + random.integer(3); rounds > 0; rounds--) {
    switch (random.integer(7)) {
      case 0: // flipped bits
        for (let n = 1 + random.integer(8); n > 0; n--) bytes[place(bytes.length)]! ^= 1 << random.integer(8);
        break;
      case 1: // the header lies: sizes, offsets, counts
        for (let n = 1 + random.integer(3); n > 0; n--)
          bytes[place(128)] = [0, 1, 127, 128, 255][random.integer(5)]!;
        break;
      case 2: // cut off
        bytes = bytes.subarray(0, place(bytes.length));
        break;
      case 3: // a part is missing
        bytes = Buffer.concat([bytes.subarray(0, place(bytes.length)), bytes.subarray(place(bytes.length))]);
        break;
      case 4: // a part stands there again
        bytes = Buffer.concat([bytes, bytes.subarray(place(bytes.length)), bytes]).subarray(0, 200_000);
        break;
      case 5: // another format's data behind this one's header
        bytes = Buffer.concat([bytes.subarray(0, place(64)), other]);
        break;
      default: // large numbers anywhere
        if (bytes.length > 8)
          bytes.writeInt32BE(
            [-1, 0x7fffffff, 0x00ffffff, 65_536][random.integer(4)]!,
            place(bytes.length - 4),
          );
    }
    bytes = Buffer.from(bytes);
  }
  return bytes;
}

describe('decodeGray', () => {
  it(`survives ${count} damaged files, each within ${slowest} ms, in flat memory`, {
    timeout: 120_000,
  }, async () => {
    const whole = await seeds();
    let refused = 0;
    let worst = 0;
    let settled = 0; // memory once everything is loaded and has grown
    for (let i = 0; i < count; i++) {
      const random = new Random(1, 'fuzz', i);
      const bytes = damage(
        whole[random.integer(whole.length)]!,
        whole[random.integer(whole.length)]!,
        random,
      );
      const start = performance.now();
      try {
        const { width, height, data } = await decodeGray(bytes, 4_000_000);
        expect(data.length, `file ${i}`).toBe(width * height);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw new Error(`file ${i}: ${String(error)}`, { cause: error });
        expect(error.reason, `file ${i}`).toMatch(/^expected [^\n]*[,;] found [^\n]*$/);
        refused++;
      }
      worst = Math.max(worst, performance.now() - start);
      if (i === count / 4) settled = process.memoryUsage().rss;
    }
    expect(worst).toBeLessThan(slowest);
    expect(refused).toBeGreaterThan(count / 2);
    expect(refused).toBeLessThan(count); // some damage does no harm
    expect(process.memoryUsage().rss - settled).toBeLessThan(300e6);
  });
});

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeBmp } from './bmp.js';
import { decodeGray } from './decode.js';

interface Golden {
  files: { name: string; bmp: string; width: number; height: number; grey: number[] }[];
}

const goldenFile = fileURLToPath(new URL('../../test/golden/bmp/bmp.json', import.meta.url));
const { files } = JSON.parse(readFileSync(goldenFile, 'utf8')) as Golden;
const bytesOf = (name: string) => Buffer.from(files.find((file) => file.name === name)!.bmp, 'base64');

/** A copy with some of its header's 32-bit numbers changed. */
function changed(name: string, numbers: Record<number, number>): Buffer {
  const bytes = Buffer.from(bytesOf(name));
  for (const [at, value] of Object.entries(numbers)) bytes.writeInt32LE(value | 0, Number(at));
  return bytes;
}

describe('decodeBmp', () => {
  it.each(files)('reads $name as Pillow does', async ({ bmp, width, height, grey }) => {
    const image = await decodeGray(Buffer.from(bmp, 'base64'));
    expect([image.width, image.height]).toEqual([width, height]);
    expect([...image.data]).toEqual(grey);
  });

  it('refuses every shortened file with a reason, but for the filling at its end', () => {
    for (const { name, bmp, grey } of files) {
      const whole = Buffer.from(bmp, 'base64');
      for (let length = 0; length < whole.length; length++) {
        let found: number[] | string;
        try {
          found = [...decodeBmp(whole.subarray(0, length), 1e6).data];
        } catch (error) {
          found = (error as Error).message;
        }
        if (typeof found === 'string') expect(found, `${name} ${length}`).toMatch(/^expected .*found .*BMP/);
        else expect([found, whole.length - length < 4], `${name} ${length}`).toEqual([grey, true]);
      }
    }
  });

  it('refuses giants by their header', () => {
    const giant = changed('24 bits', { 18: 0x7fffffff, 22: -0x7fffffff });
    expect(() => decodeBmp(giant, 50e6)).toThrow(
      'expected at most 50 megapixels, found more (2147483647 x 2147483647)',
    );
    const wide = changed('24 bits', { 18: 10_000, 22: 4_000 });
    expect(() => decodeBmp(wide, 50e6)).toThrow(/ends early/);
    expect(() => decodeBmp(changed('24 bits', { 22: -0x80000000 }), 50e6)).toThrow(/megapixels/);
  });

  it.each([
    ['no width', { 18: 0 }, /of 0 x 3 pixels/],
    ['a negative width', { 18: -5 }, /of -5 x 3 pixels/],
    ['no height', { 22: 0 }, /of 5 x 0 pixels/],
    ['JPEG inside', { 30: 4 }, /found 24 bits with compression 4: save it as PNG/],
    ['run lengths that do not fit', { 30: 1 }, /found 24 bits with compression 1/],
    ['pixels behind the end', { 10: 99_999 }, /ends early/],
  ])('refuses %s', (_, numbers, reason) => {
    expect(() => decodeBmp(changed('24 bits', numbers as unknown as Record<number, number>), 50e6)).toThrow(
      reason,
    );
  });

  it('refuses colours beyond the palette', () => {
    const bytes = bytesOf('8 bits, short palette');
    bytes[bytes.length - 1] = 3;
    expect(() => decodeBmp(bytes, 50e6)).toThrow('with a colour beyond its palette of 3');
  });

  it('takes no longer than its pixels for a file of runs alone', () => {
    const runs = Buffer.concat([
      bytesOf('8 bits, run lengths').subarray(0, 54 + 1024),
      Buffer.alloc(20e6, 255),
    ]);
    const start = performance.now();
    expect(() => decodeBmp(runs, 50e6)).toThrow(/ends early/);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { type Box, Thumbnailer, wholePicture } from './thumbnails.js';

const side = 12;
const to = 4;
const random = new Random(3);
const pixels = Uint8Array.from({ length: side * side }, () => random.integer(256));

/** The mean over a box whose edges may lie between pixels, pixel by pixel. */
function means({ share, left, top }: Box): number[] {
  const common = (a: number, b: number, pixel: number) =>
    Math.max(0, Math.min(b, pixel + 1) - Math.max(a, pixel));
  return Array.from({ length: to * to }, (_, i) => {
    const edge = (start: number, k: number) => (start + (share * k) / to) * side;
    const column = i % to;
    const row = Math.floor(i / to);
    let sum = 0;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        sum +=
          pixels[y * side + x]! *
          common(edge(left, column), edge(left, column + 1), x) *
          common(edge(top, row), edge(top, row + 1), y);
      }
    }
    return sum;
  });
}

function thumbnail(of: ArrayLike<number>, box: Box): Float32Array {
  const thumbnailer = new Thumbnailer(side, to);
  const target = new Float32Array(to * to);
  thumbnailer.load(of);
  thumbnailer.write(box, target);
  return target;
}

describe('Thumbnailer', () => {
  it.each<[string, Box]>([
    ['the whole picture', wholePicture],
    ['a part between pixels', { share: 0.83, left: 0.11, top: 0.04 }],
    ['a part at the far corner', { share: 0.9, left: 0.1, top: 0.1 }],
  ])('averages %s exactly, less the mean, at length 1', (_, box) => {
    const expected = means(box);
    const mean = expected.reduce((a, b) => a + b) / expected.length;
    const length = Math.hypot(...expected.map((value) => value - mean));
    thumbnail(pixels, box).forEach((value, i) => {
      expect(value).toBeCloseTo((expected[i]! - mean) / length, 5);
    });
  });

  it('does not depend on brightness and contrast', () => {
    const changed = Float32Array.from(pixels, (value) => 0.3 * value + 40);
    const [a, b] = [thumbnail(pixels, wholePicture), thumbnail(changed, wholePicture)];
    a.forEach((value, i) => {
      expect(value).toBeCloseTo(b[i]!, 4);
    });
  });

  it('is zero for a constant picture', () => {
    expect([...thumbnail(new Uint8Array(side * side).fill(200), wholePicture)].every((v) => v === 0)).toBe(
      true,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { toRgb } from '../../image/rgb.js';
import { Random } from '../../random/random.js';
import type { Face } from '../face.js';
import { appearanceDistance, appearanceOf } from './appearance.js';

/** A smooth pattern, turned by `roll` about (100, 100) and seen through a brightness and a contrast. */
function picture(seed: number, roll = 0, contrast = 1, brightness = 0) {
  const random = new Random(seed, 'appearance-test');
  const waves = Array.from({ length: 6 }, () => ({
    x: random.normal(0, 0.08),
    y: random.normal(0, 0.08),
    phase: random.uniform(0, 6),
  }));
  const pixels = Uint8Array.from({ length: 200 * 200 }, (_, i) => {
    const [dx, dy] = [(i % 200) + 0.5 - 100, Math.floor(i / 200) + 0.5 - 100];
    const x = dx * Math.cos(roll) + dy * Math.sin(roll);
    const y = dy * Math.cos(roll) - dx * Math.sin(roll);
    const level = waves.reduce((sum, w) => sum + 12 * Math.sin(w.x * x + w.y * y + w.phase), 110);
    return level * contrast + brightness;
  });
  return toRgb(pixels, 200, 200, 1);
}

function face(roll = 0, x = 100, size = 80): Face {
  const [dx, dy] = [15 * Math.cos(roll), 15 * Math.sin(roll)];
  return {
    box: { x: x - size / 2, y: 100 - size / 2, width: size, height: size },
    score: 1,
    points: [
      [x - dx, 100 - dy],
      [x + dx, 100 + dy],
      [x, 105],
      [x - 10, 115],
      [x + 10, 115],
    ],
  };
}

describe('appearanceOf', () => {
  const original = appearanceOf(picture(1), face())!;

  it('is nearly the same for another light, a turned head and a box that is a little off', () => {
    const changed = appearanceOf(picture(1, 0.5, 0.6, 40), face(0.5, 102, 83))!;
    expect(appearanceDistance(original, changed)).toBeLessThan(0.1);
    expect(appearanceDistance(original, original)).toBeCloseTo(0, 5);
  });

  it('is another for another face', () => {
    const others = [2, 3, 4, 5].map((seed) => appearanceOf(picture(seed), face())!);
    for (const other of others) expect(appearanceDistance(original, other)).toBeGreaterThan(0.4);
  });

  it('takes faces that leave the picture, and none where there is nothing to see', () => {
    expect(appearanceOf(picture(1), face(0, 0))).not.toBeNull();
    expect(appearanceOf(picture(1), face(0, 400))).toBeNull();
    expect(appearanceOf(toRgb(new Uint8Array(200 * 200).fill(90), 200, 200, 1), face())).toBeNull();
    expect(appearanceOf(picture(1), face(Number.NaN))).toBeNull();
  });
});

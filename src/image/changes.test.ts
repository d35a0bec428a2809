import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { imageChanges } from './changes.js';

const side = 40;
const size = { width: side, height: side };
const at = (x: number, y: number) => y * side + x;
const changes = new Map(imageChanges(size).map((change) => [change.id, change]));

function change(id: string, data: Uint8Array, index = 0): Uint8Array {
  const found = changes.get(id);
  if (!found) throw new Error(`no change ${id}, there are ${[...changes.keys()].join(', ')}`);
  return found.apply({ ...size, data }, index);
}

const noise = (seed = 1) => {
  const random = new Random(seed);
  return Uint8Array.from({ length: side * side }, () => random.integer(256));
};

/** Black, with a white square of 3 pixels around a place. */
function dot(x: number, y: number): Uint8Array {
  const data = new Uint8Array(side * side);
  for (let dy = -1; dy <= 1; dy++) data.fill(255, at(x - 1, y + dy), at(x + 2, y + dy));
  return data;
}

/** Centre of what is bright. */
function centre(data: Uint8Array): [x: number, y: number] {
  let [sum, sumX, sumY] = [0, 0, 0];
  data.forEach((level, i) => {
    sum += level;
    sumX += level * (i % side);
    sumY += level * Math.floor(i / side);
  });
  return [sumX / sum, sumY / sum];
}

describe('imageChanges', () => {
  it('has every change once, and leaves out sizes that are none', () => {
    const ids = imageChanges(size).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('shrunk-32');
    expect(imageChanges({ width: 24, height: 48 }).map(({ id }) => id)).not.toContain('shrunk-24');
  });

  for (const { id, apply } of changes.values()) {
    it(`${id} changes an image, the same each time, and leaves the source alone`, () => {
      const data = noise();
      const first = apply({ ...size, data }, 7);
      expect(data).toEqual(noise());
      expect(first).toHaveLength(data.length);
      expect(first).not.toEqual(data);
      expect(apply({ ...size, data }, 7)).toEqual(first);
      // A grey area stays what it is, but where its level is changed.
      const flat = apply({ ...size, data: new Uint8Array(side * side).fill(128) }, 7);
      expect(new Set(flat).size).toBe(1);
    });
  }

  it('turns clockwise and anticlockwise about the centre', () => {
    const middle = (side - 1) / 2;
    for (const angle of [-20, -10, 10, 20]) {
      const [x, y] = centre(change(`turned${angle < 0 ? '' : '+'}${angle}`, dot(20, 8)));
      // Clockwise as one sees it, y growing downwards.
      const [dx, dy, theta] = [20 - middle, 8 - middle, (angle * Math.PI) / 180];
      expect(x).toBeCloseTo(middle + dx * Math.cos(theta) - dy * Math.sin(theta), 0);
      expect(y).toBeCloseTo(middle + dx * Math.sin(theta) + dy * Math.cos(theta), 0);
    }
  });

  it('moves by a tenth', () => {
    const moved = (id: string) => centre(change(id, dot(20, 20)));
    expect(moved('moved-left')).toEqual([16, 20]);
    expect(moved('moved-right')).toEqual([24, 20]);
    expect(moved('moved-up')).toEqual([20, 16]);
    expect(moved('moved-down')).toEqual([20, 24]);
  });

  it('makes smaller and larger about the centre', () => {
    const middle = (side - 1) / 2;
    expect(centre(change('smaller', dot(5, 5)))[0]).toBeCloseTo(middle + (5 - middle) * 0.9, 1);
    expect(centre(change('larger', dot(8, 8)))[0]).toBeCloseTo(middle + (8 - middle) * 1.1, 1);
  });

  it('moves by pixels into all directions, by the index of the image', () => {
    for (const distance of [1, 2]) {
      const places = Array.from({ length: 200 }, (_, i) =>
        centre(change(`jitter-${distance}`, dot(20, 20), i)),
      );
      const found = new Set(places.map(([x, y]) => `${x - 20},${y - 20}`));
      const d = distance;
      const expected = [-d, 0, d].flatMap((x) => [-d, 0, d].map((y) => `${x},${y}`));
      expect([...found].sort()).toEqual(expected.filter((place) => place !== '0,0').sort());
    }
  });

  it('shrinks to means of areas, and interpolates between them', () => {
    // Columns of one pixel can't be seen at half the size or less; those of ten can.
    const stripes = (width: number) =>
      Uint8Array.from({ length: side * side }, (_, i) =>
        Math.floor((i % side) / width) % 2 === 0 ? 0 : 200,
      );
    for (const level of change('shrunk-20', stripes(1)).subarray(at(4, 9), at(36, 9))) {
      expect(Math.abs(level - 100)).toBeLessThanOrEqual(20);
    }
    const wide = change('shrunk-16', stripes(10));
    expect([wide[at(4, 3)], wide[at(14, 3)]]).toEqual([0, 200]);
  });

  it('multiplies levels, or their distance from the mean', () => {
    const data = Uint8Array.from({ length: side * side }, (_, i) => (i % 2 === 0 ? 100 : 200));
    expect([...change('brightness-0.7', data).subarray(0, 2)]).toEqual([70, 140]);
    expect([...change('brightness-1.3', data).subarray(0, 2)]).toEqual([130, 255]);
    expect([...change('contrast-0.7', data).subarray(0, 2)]).toEqual([115, 185]);
    expect([...change('contrast-1.3', data).subarray(0, 2)]).toEqual([85, 215]);
  });

  it('bends the tone curve between black and white', () => {
    const data = Uint8Array.from({ length: side * side }, (_, i) => [0, 64, 255][i % 3]!);
    expect([...change('gamma-0.8', data).subarray(0, 3)]).toEqual([
      0,
      Math.round(255 * (64 / 255) ** 0.8),
      255,
    ]);
    expect(change('gamma-1.25', data)[1]).toBe(Math.round(255 * (64 / 255) ** 1.25));
  });

  it('mirrors', () => {
    expect(centre(change('mirrored', dot(8, 12)))).toEqual([side - 1 - 8, 12]);
  });
});

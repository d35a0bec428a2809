import { describe, expect, it } from 'vitest';
import { Random } from '../../../random/random.js';
import { type PhotoLevel, renderTile } from './render-tile.js';
import type { Placement } from './tile-plan.js';

/** Red grows to the right, green downwards, blue is constant. */
function ramp(width: number, height: number): PhotoLevel {
  const data = new Uint8Array(width * height * 3 + 2);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set([x * 4, y * 4, 100], 2 + (y * width + x) * 3);
  return { data, offset: 2, width, height };
}

const side = 32;
const placement = (transform: Partial<Placement['transform']>, scale = 1): Placement => ({
  source: 0,
  cell: { x: 0, y: 0, width: side, height: side },
  transform: { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0, ...transform },
  scale,
  mirrored: false,
});

/** The tile in which colours are left as they are: found by trying seeds, since looks are random. */
function render(placements: Placement[], photos: PhotoLevel[][], seed: number): Float32Array {
  const into = new Float32Array(3 * side * side + 1);
  renderTile(placements, photos, side, new Random(seed), into, 1);
  return into.subarray(1);
}

const plane = (tile: Float32Array, channel: number) =>
  tile.subarray(channel * side * side, (channel + 1) * side * side);

describe('renderTile', () => {
  it('puts blue, green and red planes, which a photograph fills in order', () => {
    let coloured = 0;
    for (let seed = 0; seed < 20; seed++) {
      const tile = render([placement({})], [[ramp(32, 32)]], seed);
      expect(tile.every((value) => value >= 0 && value <= 255)).toBe(true);
      const [blue, , red] = [0, 1, 2].map((channel) => plane(tile, channel));
      const [left, right] = [red![5 * side + 4]!, red![5 * side + 24]!];
      if (Math.abs(blue![5 * side + 4]! - blue![5 * side + 24]!) < 30 && right > left + 20) coloured++;
    }
    expect(coloured).toBeGreaterThan(8); // the others are grey or noisy
  });

  it('resamples a smaller scale from the half, without aliasing', () => {
    const [large, half] = [ramp(64, 64), ramp(32, 32)];
    const dark = { ...half, data: new Uint8Array(half.data.length) };
    let fromHalf = 0;
    for (let seed = 0; seed < 20; seed++) {
      const tile = render([placement({ a: 0.5, d: 0.5 }, 0.5)], [[large, dark]], seed);
      const values = new Set(plane(tile, 2));
      if (values.size < 3 || Math.max(...values) - Math.min(...values) < 30) fromHalf++;
    }
    expect(fromHalf).toBe(20);
  });

  it('fills what lies around the photograph evenly, in every cell by itself', () => {
    const cells = [0, 16].map((x) => ({
      ...placement({ e: x + 1000 }),
      cell: { x, y: 0, width: 16, height: side },
    }));
    const tile = render(cells, [[ramp(8, 8)], [ramp(8, 8)]], 7);
    for (const from of [0, 16]) {
      const values = Array.from({ length: 16 }, (_, i) => plane(tile, 1)[3 * side + from + i]);
      expect(new Set(values).size).toBe(1);
    }
  });

  it('gives the same pixels for the same seed', () => {
    const photos = [[ramp(32, 32)]];
    expect(render([placement({})], photos, 5)).toEqual(render([placement({})], photos, 5));
    expect(render([placement({})], photos, 5)).not.toEqual(render([placement({})], photos, 6));
  });
});

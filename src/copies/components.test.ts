import { describe, expect, it } from 'vitest';
import { render, takePhotograph } from '../../test/audit/pictures.js';
import { Components, thumbnailOf, thumbnailSize } from './components.js';

const pictures = Array.from({ length: 120 }, (_, i) => takePhotograph(i));
const thumbnails = pictures.map((picture) => thumbnailOf(render(picture), 48));
const components = Components.fit(thumbnails, 24);

function coordinatesOf(
  thumbnail: Float32Array,
  of = components,
): { coordinates: Float32Array; left: number } {
  const coordinates = new Float32Array(of.count);
  const left = of.describe(thumbnail, coordinates);
  return { coordinates, left };
}

describe('Components', () => {
  it('mirrors coordinates as pictures are mirrored', () => {
    const { coordinates } = coordinatesOf(thumbnails[3]!);
    const mirrored = coordinatesOf(thumbnailOf(render(pictures[3]!, { mirrored: true }), 48)).coordinates;
    components.mirror(coordinates);
    expect(components.evenCount).toBeGreaterThan(4);
    expect(components.evenCount).toBeLessThan(20);
    coordinates.forEach((value, k) => {
      expect(value).toBeCloseTo(mirrored[k]!, 4);
    });
  });

  it('gives coordinates of length 1', () => {
    expect(Math.hypot(...coordinatesOf(thumbnails[0]!).coordinates)).toBeCloseTo(1, 5);
  });

  it('leaves out less with more components, and nothing with all of them', () => {
    const some = Components.fit(thumbnails, 4);
    const all = Components.fit(thumbnails, thumbnailSize);
    for (const thumbnail of thumbnails.slice(0, 10)) {
      const left = coordinatesOf(thumbnail).left;
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThan(coordinatesOf(thumbnail, some).left);
      expect(coordinatesOf(thumbnail, all).left).toBeCloseTo(0, 5);
    }
  });

  it('leaves most out of what is unlike the pictures that it was fitted to', () => {
    const stripes = new Uint8Array(48 * 48).map((_, i) => (Math.floor(i / 144) % 2 === 0 ? 0 : 255));
    const usual = thumbnails.map((thumbnail) => coordinatesOf(thumbnail).left);
    expect(coordinatesOf(thumbnailOf(stripes, 48)).left).toBeGreaterThan(Math.max(...usual));
  });

  it('takes pictures that are all the same', () => {
    const same = Components.fit([thumbnails[0]!, thumbnails[0]!], 3);
    expect(coordinatesOf(thumbnails[0]!, same).coordinates.every(Number.isFinite)).toBe(true);
  });
});

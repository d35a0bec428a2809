import { describe, expect, it } from 'vitest';
import { testTimeViews } from './views.js';

// Two images of 6x5, every pixel its own number.
const [width, height] = [6, 5];
const pixels = Float32Array.from({ length: 2 * width * height }, (_, i) => i);
const none = { x: 0, y: 0 };

/** The rectangle of each image as rows of numbers. */
function cut(batch: Float32Array, left: number, top: number, wide: number, tall: number): number[][] {
  const rows: number[][] = [];
  for (let start = 0; start < batch.length; start += width * height) {
    for (let y = top; y < top + tall; y++) {
      const from = start + y * width + left;
      rows.push([...batch.subarray(from, from + wide)]);
    }
  }
  return rows;
}

const mirrored = (rows: number[][]) => rows.map((row) => [...row].reverse());

describe('views', () => {
  it('are the batch alone, or the batch and its mirror images', () => {
    expect(testTimeViews(pixels, width, height, 'none', none)).toEqual([pixels]);
    const [first, second, ...rest] = testTimeViews(pixels, width, height, 'flip', none);
    expect(first).toBe(pixels);
    expect(cut(second!, 0, 0, width, height)).toEqual(mirrored(cut(pixels, 0, 0, width, height)));
    expect(rest).toEqual([]);
  });

  it('show a model that takes the centre five crops and their mirror images', () => {
    const margin = { x: 2, y: 1 };
    const [wide, tall] = [width - 2 * margin.x, height - 2 * margin.y];
    const seen = testTimeViews(pixels, width, height, 'ten-crop', margin).map((view) =>
      cut(view, margin.x, margin.y, wide, tall),
    );
    const expected = [
      [margin.x, margin.y],
      [0, 0],
      [width - wide, 0],
      [0, height - tall],
      [width - wide, height - tall],
    ].map(([left, top]) => cut(pixels, left!, top!, wide, tall));
    expect(seen).toEqual([...expected, ...expected.map(mirrored)]);
  });

  it('repeat the edges that a shift brings in', () => {
    const [, topLeft] = testTimeViews(pixels, width, height, 'ten-crop', { x: 1, y: 0 });
    expect(cut(topLeft!, 0, 0, 3, 1)[0]).toEqual([0, 0, 1]);
  });
});

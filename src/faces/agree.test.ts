import { describe, expect, it } from 'vitest';
import { agree } from './agree.js';
import type { Face, FacePoints } from './face.js';

const face = (x: number, score: number, side = 40): Face => ({
  box: { x, y: 10, width: side, height: side },
  score,
  points: Array.from({ length: 5 }, (_, i) => [x + i, 20] as const) as unknown as FacePoints,
});

describe('agree', () => {
  it('leaves a single look as it is', () => {
    expect(agree([[face(0, 0.5), face(3, 0.4)]])).toEqual([face(0, 0.5), face(3, 0.4)]);
  });

  it('joins what two looks found, weighted by their scores', () => {
    const [joined, ...others] = agree([[face(0, 0.9)], [face(8, 0.3)]]);
    expect(others).toEqual([]);
    expect(joined!.score).toBeCloseTo(0.6);
    expect(joined!.box.x).toBeCloseTo(2);
    expect(joined!.box.width).toBeCloseTo(40);
    expect(joined!.points[1]![0]).toBeCloseTo(3);
    expect(joined!.points[1]![1]).toBeCloseTo(20);
  });

  it('scores what one look alone found lower, by the root of its share', () => {
    const faces = agree([[face(0, 0.8), face(200, 0.8)], [face(2, 0.8)], []]);
    expect(faces.map(({ score }) => score)).toEqual([
      expect.closeTo(0.8 * Math.sqrt(2 / 3)),
      expect.closeTo(0.8 * Math.sqrt(1 / 3)),
    ]);
  });

  it('keeps neighbours apart, of one look and of two', () => {
    expect(agree([[face(0, 0.9), face(4, 0.8)], []]).length).toBe(2);
    expect(agree([[face(0, 0.9)], [face(25, 0.8)]]).length).toBe(2);
    // The nearer of two takes it.
    const faces = agree([[face(0, 0.5), face(14, 0.5)], [face(12, 0.5)]]);
    expect(faces.map(({ box }) => box.x)).toEqual([0, 13]);
  });

  it('is not confused by scores of 0', () => {
    expect(agree([[face(0, 0)], [face(2, 0)]])[0]).toMatchObject({ score: 0, box: { x: 1 } });
    expect(agree([[], []])).toEqual([]);
  });
});

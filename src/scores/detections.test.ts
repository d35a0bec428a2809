import { describe, expect, it } from 'vitest';
import { type ScoredPicture, scoreDetections } from './detections.js';

const box = (x: number, y = 0, side = 40) => ({ x, y, width: side, height: side });
const found = (score: number, ...place: Parameters<typeof box>) => ({ score, box: box(...place) });
const picture = (parts: Partial<ScoredPicture>): ScoredPicture => ({
  faces: [],
  ignore: [],
  found: [],
  ...parts,
});

describe('scoreDetections', () => {
  it('is the area below precision over recall, worked by hand', () => {
    // By falling score: right (1/1), wrong (1/2), right (2/3), wrong (2/4); a third face isn't found.
    const scores = scoreDetections([
      picture({ faces: [box(0), box(100)], found: [found(0.9, 2), found(0.8, 300), found(0.3, 200)] }),
      picture({ faces: [box(0)], found: [found(0.7, 1)] }),
    ]);
    expect(scores.averagePrecision).toBeCloseTo((1 / 3) * 1 + (1 / 3) * (2 / 3));
    expect(scores).toMatchObject({ faces: 3, recall: 2 / 3 });
    expect(scores.curve.map(({ precision }) => precision)).toEqual([1, 1 / 2, 2 / 3, 2 / 4]);
    expect(scores.curve.map(({ recall }) => recall)).toEqual([1 / 3, 1 / 3, 2 / 3, 2 / 3]);
  });

  it('gives a face to one detection, that of the highest score; the second counts against', () => {
    const scores = scoreDetections([picture({ faces: [box(0)], found: [found(0.5, 0), found(0.9, 1)] })]);
    expect(scores.curve.map(({ score, precision }) => [score, precision])).toEqual([
      [0.9, 1],
      [0.5, 0.5],
    ]);
    expect(scores.averagePrecision).toBe(1);
  });

  it('takes the face that overlaps most', () => {
    const scores = scoreDetections([
      picture({ faces: [box(0), box(10)], found: [found(0.9, 8), found(0.8, 1)] }),
    ]);
    expect(scores.averagePrecision).toBe(1);
  });

  it('wants half of the union', () => {
    // 40x40 moved by 13: 27/53 of the union; by 14: 26/54.
    expect(scoreDetections([picture({ faces: [box(0)], found: [found(1, 13)] })]).averagePrecision).toBe(1);
    expect(scoreDetections([picture({ faces: [box(0)], found: [found(1, 14)] })]).averagePrecision).toBe(0);
    expect(
      scoreDetections([picture({ faces: [box(0)], found: [found(1, 14)] })], { iou: 0.4 }).averagePrecision,
    ).toBe(1);
  });

  it('leaves out what lies in ignored regions, but not the faces labelled there', () => {
    const ignore = [{ x: 0, y: 0, width: 500, height: 500 }];
    const scores = scoreDetections([
      picture({ faces: [box(0)], ignore, found: [found(0.9, 200), found(0.8, 0), found(0.7, 470)] }),
      picture({ ignore: [box(0)], found: [found(0.6, 0, 0, 80)] }), // three quarters of it outside
    ]);
    expect(scores.curve.map(({ score }) => score)).toEqual([0.8, 0.6]);
    expect(scores.curve.at(-1)!.precision).toBe(1 / 2);
  });

  it('leaves out faces that are too small, found or not, and what is found smaller elsewhere', () => {
    const scores = scoreDetections([
      picture({
        faces: [box(0, 0, 19), box(100, 0, 18), box(200, 0, 20)],
        found: [found(0.9, 0, 0, 21), found(0.8, 200, 0, 20), found(0.7, 300, 0, 19), found(0.6, 400, 0, 20)],
      }),
    ]);
    expect(scores.faces).toBe(1);
    expect(scores.curve.map(({ score }) => score)).toEqual([0.8, 0.6]);
    expect(scoreDetections([picture({ faces: [box(0, 0, 10)] })], { minFace: 5 }).faces).toBe(1);
  });

  it('prefers a face that counts to a small one that overlaps more', () => {
    const scores = scoreDetections([
      picture({ faces: [box(0, 0, 19), box(0, 0, 24)], found: [found(0.9, 0, 0, 20)] }),
    ]);
    expect(scores.averagePrecision).toBe(1);
  });

  it('is 0 without faces or without detections, never NaN', () => {
    expect(scoreDetections([])).toMatchObject({ averagePrecision: 0, recall: 0, faces: 0 });
    expect(scoreDetections([picture({ found: [found(1, 0)] })]).averagePrecision).toBe(0);
    expect(scoreDetections([picture({ faces: [box(0)] })]).averagePrecision).toBe(0);
  });
});

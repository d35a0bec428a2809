import { expect, it } from 'vitest';
import type { StoredPicture } from '../../../data/faces/picture-store.js';
import type { FacePoints, Point } from '../../../faces/face.js';
import { type FoundPicture, pointError, steadyError } from './validation.js';

const box = { x: 0, y: 0, width: 30, height: 40 };
const labels: FacePoints = [
  [10, 15],
  [20, 15],
  [15, 22],
  [11, 30],
  [19, 30],
];

/** A face whose points were found so far to the right of their labels; of the mouth the middle alone is labelled. */
function found(right: readonly number[], mouth: Point | null = null): FoundPicture {
  const points = labels.map(([x, y], i): Point => [x + right[i]!, y]) as unknown as FacePoints;
  const known = mouth === null ? labels : [...labels.slice(0, 3), null, null];
  return {
    picture: { faces: [{ box, points: known, mouth }], ignore: [] } as unknown as StoredPicture,
    found: [{ box, score: 1, points }],
  };
}

it('measures points by the distance between the eyes, and the middle of the corners by that of the mouth', () => {
  expect(pointError([found([1, 1, 1, 1, 1])])).toBeCloseTo(0.1);
  expect(pointError([found([0, 0, 0, 4, 0], [15, 30])])).toBeCloseTo(0.2 / 4);
  expect(pointError([{ ...found([0, 0, 0, 0, 0]), found: [] }])).toBeNull();
  expect(steadyError([])).toBeNull();
});

it('leaves out what is off the same way in all faces, for each point apart', () => {
  expect(steadyError([found([1, 2, 3, 4, 5]), found([1, 2, 3, 4, 5])])).toBeCloseTo(0);
  // The nose is one pixel to each side of its mean.
  const two = [found([1, 2, 3, 4, 5]), found([1, 2, 5, 4, 5])];
  expect(pointError(two)).toBeCloseTo((15 + 17) / 10 / 10);
  expect(steadyError(two)).toBeCloseTo(0.1 / 5);
});

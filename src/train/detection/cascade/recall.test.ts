import { expect, it } from 'vitest';
import { addFound, nothingFound, recallCurve, thresholdFor } from './recall.js';

const face = (x: number, side = 30) => ({
  box: { x, y: 0, width: 0.8 * side, height: side },
  points: [null, null, null, null, null] as const,
  mouth: null,
});
const proposal = (x: number, score: number) => ({ box: { x, y: 0, width: 30, height: 30 }, score });

it('counts faces by their best proposal, and proposals by photograph', () => {
  const found = nothingFound();
  addFound(
    found,
    [face(0), face(100), face(200, 10)],
    [proposal(0, 0.4), proposal(2, 0.9), proposal(300, 0.6)],
    20,
  );
  addFound(found, [face(0)], [proposal(1, 0.5), proposal(25, 0.95)], 20);
  expect(found).toEqual({
    faces: [0.9, Number.NEGATIVE_INFINITY, 0.5],
    proposals: [0.4, 0.9, 0.6, 0.5, 0.95],
    photos: 2,
  });
  expect(recallCurve(found, [0.3, 0.6, 0.99])).toEqual([
    { threshold: 0.3, recall: 2 / 3, proposals: 2.5 },
    { threshold: 0.6, recall: 1 / 3, proposals: 1.5 },
    { threshold: 0.99, recall: 0, proposals: 0 },
  ]);
});

it('keeps a share of the faces that were found at all', () => {
  const faces = Array.from({ length: 100 }, (_, i) => 0.995 - i / 200);
  const found = { faces: [...faces, Number.NEGATIVE_INFINITY], proposals: [], photos: 1 };
  const threshold = thresholdFor(found, 0.9, 0.05);
  expect(threshold).toBeCloseTo(0.55);
  expect(faces.filter((score) => score >= threshold)).toHaveLength(90);
  expect(thresholdFor(found, 1, 0.05)).toBeLessThanOrEqual(0.5);
  expect(thresholdFor(found, 1, 0.7)).toBe(0.7);
  expect(thresholdFor({ ...found, faces: [] }, 0.9, 0.2)).toBe(0.2);
});

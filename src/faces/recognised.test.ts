import { describe, expect, it } from 'vitest';
import type { FacePoints } from './face.js';
import { faceJson, pictureFacesJson, type RecognisedFace } from './recognised.js';

const points: FacePoints = [
  [1.0012, 2],
  [3, 2],
  [2, 3.33333],
  [1, 4],
  [3, 4],
];
const place = {
  box: { x: -0.126, y: 1, width: 4.5, height: 5.25 },
  score: 0.987654,
  points,
  roll: -3.13,
  side: 5.5555,
};

describe('faces as JSON', () => {
  it('have boxes and points as lists, in pixels to a hundredth', () => {
    const { roll: _, side: __, ...face } = place;
    expect(faceJson(face)).toEqual({
      box: [-0.13, 1, 4.5, 5.25],
      score: 0.9877,
      points: [
        [expect.closeTo(1, 1), 2],
        [3, 2],
        [2, 3.33],
        [1, 4],
        [3, 4],
      ],
    });
  });

  it('have an expression with the probabilities as they are, or the reason for none', () => {
    const answer = {
      expression: 'sad',
      probabilities: { sad: 0.7512345678, happy: 0.2487654322 },
      ranking: [
        { label: 'sad', probability: 0.7512345678 },
        { label: 'happy', probability: 0.2487654322 },
      ],
    };
    const faces: RecognisedFace[] = [
      { ...place, ...answer },
      { ...place, reason: 'too small' },
    ];
    const { width, height, faces: written } = pictureFacesJson({ width: 40, height: 30, faces });
    expect([width, height]).toEqual([40, 30]);
    expect(written[0]).toEqual({ ...faceJson(place), roll: -3.1, side: 5.6, ...answer });
    expect(written[1]).toEqual({ ...faceJson(place), roll: -3.1, side: 5.6, reason: 'too small' });
    expect(Object.keys(written[1]!)).toEqual(['box', 'score', 'points', 'roll', 'side', 'reason']);
  });
});

import { describe, expect, it } from 'vitest';
import type { FacePoints, Point } from './face.js';
import { rollOf, turnOf } from './pose.js';

const front: FacePoints = [
  [30, 40],
  [70, 40],
  [50, 60],
  [36, 80],
  [64, 80],
];
const withNose = (x: number): FacePoints => [front[0], front[1], [x, 60], front[3], front[4]];

/** Turned about (50, 60), clockwise. */
function turned(points: FacePoints, degrees: number): FacePoints {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return points.map(([x, y]): Point => {
    const [dx, dy] = [x - 50, y - 60];
    return [50 + cos * dx - sin * dy, 60 + sin * dx + cos * dy];
  }) as unknown as FacePoints;
}

describe('pose', () => {
  it('tells the roll clockwise, upside-down faces too', () => {
    for (const degrees of [0, 12, -30, 90, 179])
      expect(rollOf(turned(front, degrees))).toBeCloseTo(degrees, 6);
  });

  it('tells how far the nose is beside the middle, whatever the roll and size', () => {
    expect(turnOf(front)).toBe(0);
    for (const x of [30, 70]) expect(turnOf(withNose(x))).toBeCloseTo(0.5, 6);
    for (const degrees of [45, -120]) expect(turnOf(turned(withNose(66), degrees))).toBeCloseTo(0.4, 6);
    const double = withNose(66).map(([x, y]) => [2 * x, 2 * y]) as unknown as FacePoints;
    expect(turnOf(double)).toBeCloseTo(0.4, 6);
  });

  it('takes points that are no face for one that is turned away', () => {
    const same = Array.from({ length: 5 }, () => [3, 3]) as unknown as FacePoints;
    expect(turnOf(same)).toBe(Number.POSITIVE_INFINITY);
    expect(turnOf(withNose(Number.NaN))).toBe(Number.POSITIVE_INFINITY);
  });
});

import { describe, expect, it } from 'vitest';
import { correct, expectedBox, motionCost, predict, startMotion } from './motion.js';

const box = (x: number, size = 60) => ({ x, y: 100, width: size, height: size * 1.2 });

/** Seen every 40 ms for a second, 100 pixels a second to the right. */
function walking() {
  let motion = startMotion(box(0));
  for (let frame = 1; frame <= 25; frame++) motion = correct(predict(motion, 0.04), box(frame * 4));
  return motion;
}

describe('motion', () => {
  it('learns a velocity, and forgets it while nothing is seen', () => {
    const motion = walking();
    const ahead = 100 + 100 * 0.7 * (1 - Math.exp(-0.2 / 0.7));
    expect(Math.abs(expectedBox(predict(motion, 0.2)).x - ahead)).toBeLessThan(3);
    expect(expectedBox(predict(motion, 60)).x).toBeCloseTo(expectedBox(predict(motion, 30)).x, 3);
  });

  it('keeps the shape of the box', () => {
    const { width, height } = expectedBox(walking());
    expect(width).toBeCloseTo(60, 6);
    expect(height).toBeCloseTo(72, 6);
  });

  it('predicts in two steps what it predicts in one', () => {
    const motion = walking();
    const once = predict(motion, 0.5);
    const twice = predict(predict(motion, 0.2), 0.3);
    for (const name of ['value', 'velocity', 'variance', 'covariance', 'velocityVariance'] as const)
      expect(twice.x[name] / once.x[name]).toBeCloseTo(1, 6);
    const short = predict(motion, 1e-5);
    expect(short.x.variance).toBeGreaterThanOrEqual(motion.x.variance);
  });

  it('costs more the farther away, the other the size, and the longer nothing was seen', () => {
    const motion = walking();
    const now = predict(motion, 0.04);
    const costs = [box(104), box(120), box(180), box(400)].map((there) => motionCost(now, there));
    expect(costs).toEqual([...costs].sort((a, b) => a - b));
    expect(motionCost(now, box(104, 90))).toBeGreaterThan(costs[0]! + 3);
    expect(motionCost(predict(motion, 5), box(165))).toBeGreaterThan(costs[0]! + 3);
  });
});

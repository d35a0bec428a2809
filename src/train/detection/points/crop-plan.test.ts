import { describe, expect, it } from 'vitest';
import type { LabelledFace } from '../../../data/faces/types.js';
import { Random } from '../../../random/random.js';
import {
  type CropPlan,
  drawCrop,
  labelledRoll,
  targetColumns,
  targetSize,
  writeTargets,
} from './crop-plan.js';

const face: LabelledFace = {
  box: { x: 20, y: 10, width: 30, height: 40 },
  points: [[28, 25], [42, 25], [35, 32], null, [41, 41]],
  mouth: null,
};

function targetsOf(of: LabelledFace, plan: CropPlan) {
  const data = new Float32Array(targetSize);
  writeTargets(of, plan, data, 0);
  return Object.fromEntries(
    Object.entries(targetColumns).map(([name, { at, size }]) => [name, [...data.subarray(at, at + size)]]),
  ) as Record<keyof typeof targetColumns, number[]>;
}

const square = { x: 35, y: 30, side: 50, roll: 0 };

describe('writeTargets', () => {
  it('places points from the centre in sides; what is not labelled counts nothing', () => {
    const { points, pointWeights, mouthWeight, unit } = targetsOf(face, { square, mirrored: false });
    expect(points[0]).toBeCloseTo(-7 / 50);
    expect(points[1]).toBeCloseTo(-5 / 50);
    expect(pointWeights).toEqual([1, 1, 1, 0, 1]);
    expect(mouthWeight).toEqual([0]);
    expect(unit[0]).toBeCloseTo(50 / 14);
  });

  it('exchanges left and right in mirrored crops', () => {
    const { points, pointWeights } = targetsOf(face, { square, mirrored: true });
    // The right corner of the mouth becomes the left one.
    expect(pointWeights).toEqual([1, 1, 1, 1, 0]);
    expect(points[6]).toBeCloseTo(-6 / 50);
    expect(points[0]).toBeCloseTo(-7 / 50);
  });

  it('has the middle of the mouth, where that is labelled', () => {
    const middle = { ...face, points: [...face.points.slice(0, 3), null, null], mouth: [35, 41] };
    const { mouth, mouthWeight } = targetsOf(middle as unknown as LabelledFace, { square, mirrored: true });
    expect(mouthWeight).toEqual([1]);
    expect(mouth[1]).toBeCloseTo(11 / 50);
  });

  it('measures faces without both eyes by their boxes', () => {
    const blind = { ...face, points: [null, ...face.points.slice(1)] } as unknown as LabelledFace;
    expect(targetsOf(blind, { square, mirrored: false }).unit[0]).toBeCloseTo(50 / 14);
  });
});

describe('drawCrop', () => {
  it('keeps the points of the face inside, upright or nearly, however the face is turned', () => {
    const turned: LabelledFace = { ...face, points: [[30, 20], [30, 34], [23, 27], null, null] };
    expect(labelledRoll(turned)).toBe(90);
    const random = new Random(1);
    for (let i = 0; i < 200; i++) {
      const plan = drawCrop(turned, random);
      expect(Math.abs(plan.square.roll - 90)).toBeLessThanOrEqual(50);
      const { points } = targetsOf(turned, plan);
      expect(Math.max(...points.slice(0, 6).map(Math.abs))).toBeLessThan(0.5);
    }
  });
});

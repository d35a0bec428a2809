import { describe, expect, it } from 'vitest';
import { initializeWeights, parameterCount } from '../engine/compile/network.js';
import { openSession } from '../engine/runtime/session.js';
import { tensorType } from '../engine/tensor/type.js';
import { encodeFacePoints, facePointNetwork, pointCropSide } from './face-points.js';

const network = facePointNetwork();
const area = 3 * pointCropSide ** 2;

describe('facePointNetwork', () => {
  it('is small: 300 KB as float16, four million multiply-adds a face', () => {
    expect(parameterCount(network)).toBeLessThan(150_000);
    expect(network.layer.describe(network.inputShape).multiplyAdds).toBeLessThan(4e6);
  });

  it('has a file that gives the points of any number of crops, each from its own pixels', async () => {
    const session = await openSession(encodeFacePoints(initializeWeights(network, 2)));
    const pixels = Float32Array.from({ length: 3 * area }, (_, i) => (i * 37 + (i % 101) * (i % 7)) % 256);
    const run = async (count: number, data: Float32Array) => {
      const { points } = await session.run({
        pixels: { type: tensorType('float32', [count, 3, pointCropSide, pointCropSide]), data },
      });
      expect(points!.type.shape).toEqual([count, 10]);
      return points!.data as Float32Array;
    };
    const all = await run(3, pixels);
    const second = await run(1, pixels.slice(area, 2 * area));
    expect(all.every(Number.isFinite)).toBe(true);
    second.forEach((value, i) => {
      expect(value).toBeCloseTo(all[10 + i]!, 4);
    });
    expect(Math.abs(second[0]! - all[0]!)).toBeGreaterThan(1e-4);
    await session.close();
  });
});

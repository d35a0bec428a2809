import { expect, it } from 'vitest';
import type { RgbImage } from '../../image/rgb.js';
import { Random } from '../../random/random.js';
import { isCut, sceneOf } from './scene.js';

/** Smooth shapes, moved to the right by some pixels. */
function view(seed: number, moved = 0, brightness = 0): RgbImage {
  const random = new Random(seed, 'scene-test');
  const waves = Array.from({ length: 8 }, () => [
    random.normal(0, 0.03),
    random.normal(0, 0.03),
    random.uniform(0, 6),
  ]);
  const data = new Uint8Array(160 * 90 * 3);
  for (let i = 0; i < 160 * 90; i++) {
    const [x, y] = [(i % 160) - moved, Math.floor(i / 160)];
    const level = waves.reduce(
      (sum, [a, b, c]) => sum + 12 * Math.sin(a! * x + b! * y + c!),
      110 + brightness,
    );
    data.fill(level, i * 3, i * 3 + 3);
  }
  return { width: 160, height: 90, data };
}

it('a cut is where the whole picture changes, not where something moves or a light goes on', () => {
  const before = sceneOf(view(1));
  expect(isCut(before, sceneOf(view(1, 4)), 0.04)).toBe(false);
  expect(isCut(before, sceneOf(view(1, 0, 60)), 0.04)).toBe(false);
  const others = [2, 3, 4, 5, 6].filter((seed) => isCut(before, sceneOf(view(seed)), 0.04));
  expect(others.length).toBeGreaterThanOrEqual(4);
});

it('somebody who leaves a dark stage is no cut', () => {
  const stage = (...lit: number[]): RgbImage => {
    const data = new Uint8Array(160 * 90 * 3);
    for (const x of lit)
      for (let y = 20; y < 60; y++) data.fill(220, (y * 160 + x) * 3, (y * 160 + x + 30) * 3);
    return { width: 160, height: 90, data };
  };
  expect(isCut(sceneOf(stage(10, 90)), sceneOf(stage(90)), 0.04)).toBe(false);
  expect(isCut(sceneOf(stage(10)), sceneOf(stage(90)), 0.04)).toBe(false);
});

it('frames far apart in time, and a black one, are no cuts', () => {
  const black = sceneOf({ width: 8, height: 8, data: new Uint8Array(192) });
  expect(isCut(sceneOf(view(1)), sceneOf(view(2)), 2)).toBe(false);
  expect(isCut(sceneOf(view(1)), black, 0.04)).toBe(false);
});

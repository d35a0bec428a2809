import { expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { notAFace } from './not-a-face.js';

for (const [width, height] of [
  [48, 48],
  [20, 36],
] as const) {
  it(`makes images of ${width}x${height} of many kinds, the same each time, and leaves the source alone`, () => {
    const data = Uint8Array.from({ length: width * height }, (_, i) => (i * 37 + (i >> 4) * 11) % 256);
    const copy = data.slice();
    const make = () =>
      Array.from({ length: 24 }, (_, i) => notAFace({ width, height, data }, new Random(1, i), i));
    const made = make();
    expect(made.every((image) => image.length === data.length)).toBe(true);
    // A face on its side may come twice.
    expect(new Set(made.map((image) => image.join())).size).toBeGreaterThan(20);
    for (const image of made) expect(image).not.toEqual(data);
    expect(make()).toEqual(made);
    expect(data).toEqual(copy);
  });
}

it('turns faces and puts their tiles in another order', () => {
  const side = 16;
  const data = Uint8Array.from({ length: side * side }, (_, i) => i % 256);
  const sorted = (image: Uint8Array) => [...image].sort((a, b) => a - b);
  // The fourth of six kinds.
  for (let seed = 0; seed < 6; seed++) {
    const turned = notAFace({ width: side, height: side, data }, new Random(seed), 3);
    expect(turned).not.toEqual(data);
    expect(sorted(turned)).toEqual(sorted(data));
  }
  const corners = new Set(
    [0, 1, 2, 3, 4, 5, 6, 7].map(
      (seed) => notAFace({ width: side, height: side, data }, new Random(seed), 3)[0],
    ),
  );
  // Clockwise, anticlockwise, upside down: another corner comes first.
  expect([...corners].every((level) => [15, 240, 255].includes(level!))).toBe(true);
  expect(corners.size).toBe(3);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cropFace, cropSide, cropSquare, defaultFaceCrop } from './crop.js';
import type { Face, FacePoints, Point } from './face.js';

/** A face around a centre, its points turned clockwise by some degrees. */
function faceAt(x: number, y: number, side: number, roll = 0): Face {
  const [cos, sin] = [Math.cos((roll * Math.PI) / 180), Math.sin((roll * Math.PI) / 180)];
  const places: Point[] = [
    [-0.2, -0.15],
    [0.2, -0.15],
    [0, 0.05],
    [-0.15, 0.25],
    [0.15, 0.25],
  ];
  const points = places.map(
    ([u, v]): Point => [x + side * (u * cos - v * sin), y + side * (u * sin + v * cos)],
  );
  return {
    box: { x: x - side * 0.4, y: y - side * 0.5, width: side * 0.8, height: side },
    score: 1,
    points: points as unknown as FacePoints,
  };
}

/** A picture whose red is the column and whose green is the row. */
function gradient(width: number, height: number) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [pixel % width, Math.floor(pixel / width), 0][i % 3]!;
  });
  return { width, height, data };
}

const crop = { side: 1.2, up: 0.1, roll: 12 };

describe('the crop of a face', () => {
  it('is a square around the box, whose proportions do not matter, a little above its centre', () => {
    const square = cropSquare(faceAt(100, 80, 60), crop);
    expect(square.side).toBeCloseTo(((48 + 60) / 2) * 1.2);
    expect([square.x, square.roll]).toEqual([100, 0]);
    expect(square.y).toBeCloseTo(80 - 0.1 * 54);
    expect(cropSide(faceAt(100, 80, 60), crop)).toBe(square.side);
  });

  it('is turned upright beyond some degrees, and moved up in the face', () => {
    expect(cropSquare(faceAt(100, 80, 60, 11), crop).roll).toBe(0);
    for (const roll of [13, -40, 90, 179]) {
      const square = cropSquare(faceAt(100, 80, 60, roll), crop);
      expect(square.roll).toBeCloseTo(roll);
      const up = (roll - 90) * (Math.PI / 180);
      expect(square.x - 100).toBeCloseTo(5.4 * Math.cos(up));
      expect(square.y - 80).toBeCloseTo(5.4 * Math.sin(up));
    }
    expect(cropSquare(faceAt(100, 80, 60, 90), { ...crop, roll: 180 }).roll).toBe(0);
  });

  it('has the eyes at the same place, however the face is turned', () => {
    const picture = gradient(240, 220);
    fc.assert(
      fc.property(fc.integer({ min: -179, max: 179 }), (roll) => {
        const face = faceAt(120, 110, 60, roll);
        const { data } = cropFace(picture, face, { side: 1, up: 0, roll: 0 }, { width: 54, height: 54 });
        // The left eye of an upright face is 12 pixels to the left of the centre, and 9 above.
        const at = ((27 - 9) * 54 + 27 - 12) * 3;
        const [x, y] = face.points[0];
        expect(Math.hypot(data[at]! + 0.5 - x, data[at + 1]! + 0.5 - y)).toBeLessThan(1.5);
      }),
      { numRuns: 40 },
    );
  });

  it('has any size, of faces that leave the picture too', () => {
    const picture = { width: 50, height: 40, data: new Uint8Array(50 * 40 * 3).fill(90) };
    for (const [x, y] of [
      [0, 0],
      [49, 39],
      [-30, 90],
    ] as const) {
      const image = cropFace(picture, faceAt(x, y, 30, 20), defaultFaceCrop, { width: 48, height: 40 });
      expect([image.width, image.height, image.data.length]).toEqual([48, 40, 48 * 40 * 3]);
      expect(new Set(image.data)).toEqual(new Set([90]));
    }
  });

  it('reads a bounded number of pixels of a face as large as a photograph', () => {
    let reads = 0;
    const data = new Proxy(new Uint8Array(0), {
      get(_, name) {
        if (typeof name === 'string' && /^\d+$/.test(name)) reads++;
        return 7;
      },
    });
    const image = cropFace({ width: 9000, height: 9000, data }, faceAt(4500, 4500, 8000, 30), crop, {
      width: 4,
      height: 4,
    });
    expect(new Set(image.data)).toEqual(new Set([7]));
    expect(reads / 16).toBeLessThanOrEqual(16 * 16 * 3 * 6);
  });
});

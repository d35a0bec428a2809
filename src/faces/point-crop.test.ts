import { describe, expect, it } from 'vitest';
import { cutPointCrop, fromSquare, mirrorRgb, pointSquare, toSquare } from './point-crop.js';

const square = { x: 50, y: 30, side: 40, roll: 33 };

describe('toSquare and fromSquare', () => {
  it('are each the other way round', () => {
    const [u, v] = toSquare(square, [57, 21]);
    const [x, y] = fromSquare(square, [u, v]);
    expect(x).toBeCloseTo(57, 10);
    expect(y).toBeCloseTo(21, 10);
  });

  it('say where the crop shows a point of the picture, turned too', () => {
    const image = { width: 100, height: 60, data: new Uint8Array(100 * 60 * 3) };
    image.data.fill(255, (20 * 100 + 60) * 3, (20 * 100 + 61) * 3);
    const size = 40;
    const crop = cutPointCrop(image, square, size);
    const brightest = crop.data.reduce((best, value, i) => (value > crop.data[best]! ? i : best), 0);
    const pixel = Math.floor(brightest / 3);
    const [u, v] = toSquare(square, [60.5, 20.5]);
    expect(Math.abs((pixel % size) + 0.5 - (u + 0.5) * size)).toBeLessThan(1);
    expect(Math.abs(Math.floor(pixel / size) + 0.5 - (v + 0.5) * size)).toBeLessThan(1);
  });
});

it('exchanges left and right of an image', () => {
  const row = (y: number) => [1, 2, 3, 4, 5, 6].map((value) => value + 10 * y);
  const image = { width: 2, height: 2, data: Uint8Array.from([...row(0), ...row(1)]) };
  expect([...mirrorRgb(image).data]).toEqual([4, 5, 6, 1, 2, 3, 14, 15, 16, 11, 12, 13]);
});

describe('pointSquare', () => {
  it('is as large for a face that lies as for one that stands', () => {
    const box = { x: 0, y: 0, width: 30, height: 40 };
    const lying = { x: 0, y: 0, width: 40, height: 30 };
    expect(pointSquare(box, [5, 6], 0)).toEqual({ ...pointSquare(lying, [5, 6], 0) });
    expect(pointSquare(box, [5, 6], 90)).toMatchObject({ x: 5, y: 6, roll: 90 });
  });
});

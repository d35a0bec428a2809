import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { cutRgb, turnRgb } from './cut-rgb.js';
import { resizeRgb } from './resize-rgb.js';
import { sampleRgb } from './sample-rgb.js';

function noise(width: number, height: number) {
  const random = new Random(5);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
}

const largestDifference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((most, level, i) => Math.max(most, Math.abs(level - b[i]!)), 0);

describe('sampleRgb', () => {
  const picture = noise(30, 20);

  it('is a window at the size that it has, outside too', () => {
    const square = { x: 8, y: 17, side: 12, roll: 0 };
    const window = { left: 2, top: 11, width: 12, height: 12 };
    for (const outside of ['black', 'edge'] as const) {
      const { data } = sampleRgb(picture, square, { width: 12, height: 12 }, outside);
      expect(largestDifference(data, cutRgb(picture, window, outside).data)).toBe(0);
    }
  });

  it('is a quarter turn of it', () => {
    // What is turned clockwise by 90 degrees in the picture stands upright after three more.
    const { data } = sampleRgb(picture, { x: 10, y: 10, side: 20, roll: 90 }, { width: 20, height: 20 });
    const window = cutRgb(picture, { left: 0, top: 0, width: 20, height: 20 });
    expect(largestDifference(data, turnRgb(window, 3).data)).toBeLessThanOrEqual(1);
  });

  it('takes the mean of areas where it becomes smaller', () => {
    const large = noise(120, 120);
    const { data } = sampleRgb(large, { x: 60, y: 60, side: 120, roll: 0 }, { width: 12, height: 12 });
    expect(largestDifference(data, resizeRgb(large, 12, 12).data)).toBeLessThanOrEqual(6);
    // Stripes of one pixel, at an angle: every part of them is grey.
    const stripes = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) };
    for (let i = 0; i < 64 * 64; i++) stripes.data.fill((i % 2) * 255, i * 3, i * 3 + 3);
    const middle = sampleRgb(stripes, { x: 32, y: 32, side: 30, roll: 30 }, { width: 3, height: 3 });
    for (const level of middle.data) expect(Math.abs(level - 127.5)).toBeLessThan(12);
  });

  it('interpolates where it becomes larger', () => {
    const { data } = sampleRgb(picture, { x: 15, y: 10, side: 8, roll: 0 }, { width: 24, height: 24 });
    const whole = resizeRgb(picture, 90, 60);
    const expected = cutRgb(whole, { left: 33, top: 18, width: 24, height: 24 });
    expect(largestDifference(data, expected.data)).toBeLessThanOrEqual(1);
  });

  it('keeps its proportions in a size that is not square', () => {
    const { data } = sampleRgb(picture, { x: 15, y: 10, side: 10, roll: 0 }, { width: 10, height: 16 });
    const window = cutRgb(picture, { left: 10, top: 2, width: 10, height: 16 });
    expect(largestDifference(data, window.data)).toBe(0);
  });
});

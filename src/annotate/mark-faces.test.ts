import { describe, expect, it } from 'vitest';
import type { RecognisedFace } from '../faces/recognised.js';
import type { RgbImage } from '../image/rgb.js';
import { labelOf, type Mark, MarkDrawer, markedPicture, marksOf } from './mark-faces.js';

const grey = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(90),
});
const pixel = ({ width, data }: RgbImage, x: number, y: number) =>
  [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)] as const;
const changed = (image: RgbImage) => image.data.some((value) => value !== 90);
const mark = (x: number, y: number, side: number, more: Partial<Mark> = {}): Mark => ({
  box: { x, y, width: side, height: side },
  label: 'happy 93%',
  answered: true,
  ...more,
});
const yellow = [240, 228, 66];

describe('labels', () => {
  const place = { box: { x: 1, y: 2, width: 3, height: 4 }, score: 1, roll: 0, side: 3 } as RecognisedFace;
  it('say the expression and how probable it is, or why there is none', () => {
    const ranking = [{ label: 'sad', probability: 0.926 }];
    const faces = [
      { ...place, expression: 'sad', ranking },
      { ...place, reason: 'too small' },
    ];
    expect(faces.map((face) => labelOf(face as RecognisedFace))).toEqual(['sad 93%', 'too small']);
    expect(marksOf(faces as RecognisedFace[]).map(({ answered }) => answered)).toEqual([true, false]);
  });
});

describe('marks', () => {
  it('are a light line between dark ones around the box, and a plate above it; inside nothing changes', async () => {
    const image = await markedPicture(grey(600, 400), [mark(200, 150, 100)]);
    expect([image.width, image.height]).toEqual([600, 400]);
    const row = Array.from({ length: 8 }, (_, i) => pixel(image, 194 + i, 200));
    expect(row).toContainEqual(yellow);
    expect(row).toContainEqual([16, 16, 16]);
    expect(pixel(image, 250, 200)).toEqual([90, 90, 90]);
    expect(pixel(image, 201, 149 - 18)).toEqual(yellow); // the plate's corner
  });

  it('leave the picture that was given as it is', async () => {
    const image = grey(500, 500);
    await markedPicture(image, [mark(10, 10, 50)]);
    expect(changed(image)).toBe(false);
  });

  it('without an answer are dashed and white', async () => {
    const image = await markedPicture(grey(600, 400), [mark(200, 150, 100, { answered: false })]);
    const column = Array.from({ length: 100 }, (_, i) => pixel(image, 199, 150 + i).join());
    expect(new Set(column)).toEqual(new Set(['255,255,255', '90,90,90']));
  });

  it('keep labels apart where boxes touch', async () => {
    const plates = async (marks: Mark[]) => {
      const image = await markedPicture(grey(600, 400), marks);
      let count = 0;
      for (let i = 0; i < image.data.length; i += 3) if (image.data[i] === yellow[0]) count++;
      return count;
    };
    const alone = await plates([mark(200, 150, 40)]);
    const both = await plates([mark(200, 150, 40), mark(206, 150, 40)]);
    expect(both).toBeGreaterThan(1.75 * alone);
  });

  it('of boxes that leave the picture keep their label in it', async () => {
    for (const box of [mark(-80, -80, 100), mark(580, 380, 100), mark(-50, -50, 5000)]) {
      const image = grey(600, 400);
      await new MarkDrawer().draw(image, [box]);
      expect(changed(image)).toBe(true);
    }
  });

  it('end with boxes that are no boxes', async () => {
    const image = grey(40, 30);
    const boxes = [mark(Number.NaN, 3, 5), mark(-1e12, 5, 2e12, { answered: false }), mark(9, 9, -5)];
    await new MarkDrawer().draw(image, boxes);
  });

  it('enlarge a small picture for the letters, by a whole number', async () => {
    const { width, height } = await markedPicture(grey(48, 40), [mark(0, 0, 48)]);
    expect([width, height]).toEqual([48 * 9, 40 * 9]);
  });
});

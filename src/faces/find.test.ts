import { expect, it } from 'vitest';
import type { Face } from './face.js';
import { detectorOf, type Search } from './find.js';

const face: Face = {
  box: { x: 10, y: 10, width: 180, height: 220 },
  score: 0.9,
  points: [
    [60, 90],
    [140, 90],
    [100, 130],
    [70, 170],
    [130, 170],
  ],
};

/** A detector that sees large faces only where nothing smaller is looked for. */
function farSighted(from: number) {
  const searches: Search[] = [];
  const detector = detectorOf(
    {
      async find(_, search) {
        searches.push(search);
        return search.minFace >= from ? [face] : [];
      },
      close: async () => {},
    },
    'far-sighted',
    0.5,
  );
  return { detector, searches };
}

const picture = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3),
});

it('searches a picture without faces once more for one that fills it', async () => {
  const { detector, searches } = farSighted(60);
  expect(await detector.detect(picture(200, 240))).toEqual([face]);
  expect(searches.map(({ minFace }) => minFace)).toEqual([20, 84]);
});

it('searches once where there are faces, or where none but such are asked for', async () => {
  const near = farSighted(0);
  expect(await near.detector.detect(picture(200, 240))).toEqual([face]);
  expect(near.searches).toHaveLength(1);
  const large = farSighted(1000);
  expect(await large.detector.detect(picture(200, 240), { minFace: 90 })).toEqual([]);
  expect(large.searches).toHaveLength(1);
});

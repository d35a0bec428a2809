import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type RedDetectorOptions,
  redDetector,
  redFace,
  redPicture,
  redPoints,
} from '../../test/data/red-detector.js';
import type { DetectOptions } from './detector.js';
import { openFaceDetector } from './open-detector.js';

/** Shown at its own size where faces from 32 pixels are asked for. */
const settings = { threshold: 0.5, smallest: 32, largest: 320 };

async function open(options: RedDetectorOptions = {}) {
  const detector = await openFaceDetector(redDetector({ settings, ...options }), {
    name: 'red.onnx',
    threads: 1,
  });
  onTestFinished(() => detector.close());
  return detector;
}

const atOwnSize: DetectOptions = { minFace: 32 };

describe('a detector in the form of YuNet', () => {
  it('has faces and their points where the cells are, in a picture that is not square', async () => {
    const detector = await open();
    const faces = await detector.detect(redPicture(150, 70, [[104, 16]]), atOwnSize);
    expect(faces).toHaveLength(1);
    const [{ box, score, points }] = faces as [(typeof faces)[0]];
    expect(score).toBeCloseTo(1, 5);
    expect(box.x).toBeCloseTo(108 - redFace.width / 2, 3);
    expect(box.y).toBeCloseTo(20 - redFace.height / 2, 3);
    expect([box.width, box.height].map(Math.round)).toEqual([24, 32]);
    for (const [i, [x, y]] of redPoints.entries()) {
      expect(points[i]![0]).toBeCloseTo(108 + x, 3);
      expect(points[i]![1]).toBeCloseTo(20 + y, 3);
    }
  });

  it('gives the same for every size of picture, at the border too: what is added around is black', async () => {
    const detector = await open();
    for (const [width, height] of [
      [64, 64],
      [65, 97],
      [321, 40],
    ] as const) {
      const faces = await detector.detect(redPicture(width, height, [[0, 0]]), atOwnSize);
      expect(faces.map(({ box }) => [Math.round(box.x), Math.round(box.y)])).toEqual([[4 - 12, 4 - 16]]);
    }
    expect(await detector.detect(redPicture(20, 20, []), { minFace: 20 })).toEqual([]);
  });

  it('gives the strongest first, each face once, and leaves out what was not asked for', async () => {
    const detector = await open();
    const picture = redPicture(400, 100, [
      [40, 40, 120],
      [48, 40, 140], // the neighbouring cell, of the same face
      [200, 40],
      [320, 40, 215],
    ]);
    const places = async (options: DetectOptions) =>
      (await detector.detect(picture, { ...atOwnSize, ...options })).map(({ box }) => Math.round(box.x + 12));
    expect(await places({})).toEqual([204, 44]);
    expect(await places({ threshold: 0.3 })).toEqual([204, 44, 324]);
    expect(await places({ threshold: 0.9 })).toEqual([204]);
    expect(await places({ maxFaces: 1 })).toEqual([204]);
    expect(await places({ minFace: 33 })).toEqual([]);
  });

  it('sees small faces enlarged, and large ones in a smaller picture', async () => {
    const detector = await open();
    // 16 pixels are shown as 32: a cell of 4 pixels.
    const small = redPicture(120, 80, []);
    for (let y = 40; y < 44; y++)
      for (let x = 60; x < 64; x++) small.data.set([255, 0, 0], (y * 120 + x) * 3);
    const [face] = await detector.detect(small, { minFace: 16 });
    expect(face!.box.x).toBeCloseTo(62 - 6, 0);
    expect(face!.box.height).toBeCloseTo(16, 1);
    // A picture of 1,200 pixels is looked at a second time, at a quarter: a cell of 32 pixels.
    const large = redPicture(1200, 800, []);
    for (let y = 320; y < 352; y++)
      for (let x = 640; x < 672; x++) large.data.set([255, 0, 0], (y * 1200 + x) * 3);
    const found = await detector.detect(large, atOwnSize);
    const largest = found.filter(({ box }) => box.height > 100);
    expect(largest).toHaveLength(1);
    expect(largest[0]!.box.x).toBeCloseTo(656 - 48, 0);
    expect(largest[0]!.box.y).toBeCloseTo(336 - 64, 0);
  });

  it('looks further only at small pictures', async () => {
    const twice = await open({ settings: { ...settings, looks: [1, 2] } });
    // At the double size a red cell is four of 8 pixels, and what both looks find is surer than what one does.
    const scoreIn = async (width: number, height: number) =>
      (await twice.detect(redPicture(width, height, [[40, 40, 160]]), { ...atOwnSize, threshold: 0.1 }))[0]!
        .score;
    const once = await open();
    const alone = (
      await once.detect(redPicture(700, 400, [[40, 40, 160]]), { ...atOwnSize, threshold: 0.1 })
    )[0]!.score;
    expect(await scoreIn(700, 400)).toBeCloseTo(alone, 5);
    expect(Math.abs((await scoreIn(300, 400)) - alone)).toBeGreaterThan(0.01);
  });

  it.each([
    ['of any size', {}, 25],
    ['of one size', { size: { width: 320, height: 192 } }, 8],
  ])(
    'looks at large pictures in tiles, and has faces on their edges once; a file %s',
    async (_, options, columns) => {
      const detector = await open(options);
      const cells = Array.from(
        { length: columns * 8 },
        (_, i) => [(i % columns) * 96 + 8, Math.floor(i / columns) * 96 + 8] as const,
      );
      const faces = await detector.detect(redPicture(columns * 96, 768, cells), atOwnSize);
      const found = faces.map(({ box }) => `${Math.round(box.x + 12)},${Math.round(box.y + 16)}`).sort();
      expect(found).toEqual(cells.map(([x, y]) => `${x + 4},${y + 4}`).sort());
    },
  );

  it('turns the picture, and has the faces where they lie', async () => {
    const detector = await open();
    const picture = redPicture(160, 96, [[104, 16]]);
    const faces = await detector.detect(picture, { ...atOwnSize, rotations: true });
    // The red cell looks the same in all turns: a box that lies, one that stands, and others like them.
    expect(faces.map(({ box }) => [box.x + box.width / 2, box.y + box.height / 2].map(Math.round))).toEqual([
      [108, 20],
    ]);
  });

  it('answers a threshold of 0 in bounded time', async () => {
    const detector = await open();
    const faces = await detector.detect(redPicture(2000, 2000, [[104, 16]]), { ...atOwnSize, threshold: 0 });
    expect(faces.length).toBeLessThanOrEqual(4096);
    expect(faces[0]!.score).toBeCloseTo(1, 5);
  });

  it('refuses networks whose answers are no numbers', async () => {
    const detector = await open({ bias: Number.NaN });
    await expect(detector.detect(redPicture(64, 64, []))).rejects.toThrow(
      /red.onnx: expected a face detector .* answers with values that are not numbers/,
    );
  });

  it('ends what runs before it closes, and runs nothing afterwards', async () => {
    const detector = await openFaceDetector(redDetector({ settings }), { threads: 1 });
    const running = detector.detect(redPicture(64, 64, [[16, 16]]), atOwnSize);
    await detector.close();
    expect(await running).toHaveLength(1);
    await detector.close();
    await expect(detector.detect(redPicture(64, 64, []))).rejects.toThrow(/one that was closed/);
  });

  it('refuses wrong options', async () => {
    const detector = await open();
    const picture = redPicture(64, 64, []);
    for (const options of [{ threshold: 1.5 }, { minFace: 0 }, { maxFaces: 0 }, { minface: 3 }] as object[])
      await expect(detector.detect(picture, options)).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('a file that is no such detector', () => {
  it.each<[string, () => Uint8Array, RegExp]>([
    ['text', () => new TextEncoder().encode('not a model at all'), /it can't be parsed/],
    ['nothing', () => new Uint8Array(0), /it has no graph/],
    [
      'a model of expressions',
      () => readFileSync(new URL('../../models/expression.onnx', import.meta.url)),
      /a model that recognises expressions, which finds no faces/,
    ],
    [
      'other outputs',
      () => redDetector({ rename: { kps_16: 'landmarks' } }),
      /its outputs are cls_8, .*landmarks/,
    ],
    [
      'a size that is no multiple of 32',
      () => redDetector({ size: { width: 100, height: 80 } }),
      /100 x 80, not mul/,
    ],
    [
      'settings of another form',
      () => redDetector({ settings: { threshold: 'low' } }),
      /ferlab.detector can't be used/,
    ],
    ['settings out of range', () => redDetector({ settings: { ...settings, largest: 40 } }), /out of range/],
    ['half of a file', () => redDetector().subarray(0, 3000), /it can't be parsed/],
  ])('is refused: %s', async (_, bytes, reason) => {
    const failure = await openFaceDetector(bytes(), { name: 'x.onnx' }).then(
      () => null,
      (error: unknown) => error as Error,
    );
    expect(failure).toMatchObject({ kind: 'model' });
    expect(failure!.message).toMatch(/^x.onnx: expected a face detector/);
    expect(failure!.message).toMatch(reason);
  });
});

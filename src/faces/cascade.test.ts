import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type RedCascadeOptions,
  redCascade,
  redCascadePoints,
  redSquares,
} from '../../test/data/red-cascade.js';
import { redDetector } from '../../test/data/red-detector.js';
import { overlap, pointRelative } from './boxes.js';
import { openFaceDetector } from './open-detector.js';

/** Its networks answer exactly by how well a square fits, which proposals hardly do. */
const thresholds = { pnet: 0.4, rnet: 0.4, onet: 0.4 };

async function open(options: RedCascadeOptions = {}) {
  const detector = await openFaceDetector(redCascade({ thresholds, ...options }), {
    name: 'red',
    threads: 1,
  });
  onTestFinished(() => detector.close());
  return detector;
}

/** The face around a red square. */
const around = ([left, top, side]: readonly [number, number, number]) => ({
  x: left - side / 2,
  y: top - side / 2,
  width: 2 * side,
  height: 2 * side,
});

describe('a cascade', () => {
  it('finds faces of several sizes, each once, in a picture that is not square', async () => {
    const detector = await open();
    const squares = [
      [30, 40, 16],
      [150, 50, 40],
      [300, 20, 12],
    ] as const;
    const faces = await detector.detect(redSquares(360, 140, squares), { minFace: 20 });
    expect(faces).toHaveLength(3);
    for (const square of squares)
      expect(Math.max(...faces.map(({ box }) => overlap(box, around(square)))), `${square}`).toBeGreaterThan(
        0.6,
      );
    expect(faces.map(({ score }) => score)).toEqual(faces.map(({ score }) => score).sort((a, b) => b - a));
  });

  it('takes points from the square that O-Net saw, and the box from its offsets', async () => {
    const square = [60, 40, 24] as const;
    const picture = redSquares(160, 120, [square]);
    const [plain] = await (await open()).detect(picture);
    const [moved] = await (await open({ offsets: [0.25, 0.1, 0, -0.1] })).detect(picture);
    expect(moved!.points).toEqual(plain!.points);
    const { x, y, width, height } = plain!.box;
    expect(width).toBeCloseTo(height);
    expect(moved!.box.x).toBeCloseTo(x + 0.25 * width);
    expect(moved!.box.y).toBeCloseTo(y + 0.1 * height);
    expect(moved!.box.width).toBeCloseTo(0.75 * width);
    expect(moved!.box.height).toBeCloseTo(0.8 * height);
    for (const [i, point] of redCascadePoints.entries())
      for (const k of [0, 1] as const)
        expect(pointRelative(plain!.box, plain!.points[i]!)[k]).toBeCloseTo(point[k]);
  });

  it('sees black where a face leaves the picture', async () => {
    // P-Net, which sees what is inside alone, proposes squares further up and to the left.
    const proposal = [-0.22, -0.22, -0.22, -0.22] as const;
    const detector = await open({ proposal, thresholds: { pnet: 0.1, rnet: 0.4, onet: 0.4 } });
    const square = [2, 3, 30] as const;
    const [face] = await detector.detect(redSquares(100, 70, [square]));
    expect(face!.box.x).toBeLessThan(-5);
    expect(face!.box.y).toBeLessThan(-5);
    expect(overlap(face!.box, around(square))).toBeGreaterThan(0.6);
  });

  it('finds the same in a large picture, which P-Net sees in strips', async () => {
    const detector = await open();
    const squares = Array.from({ length: 24 }, (_, i) => [40 + (i % 2) * 30, 20 + i * 72, 8] as const);
    // At their own size, strips of 1,538 rows.
    const faces = await detector.detect(redSquares(1300, 1760, squares), { minFace: 12 });
    expect(faces).toHaveLength(24);
    for (const square of squares)
      expect(Math.max(...faces.map(({ box }) => overlap(box, around(square)))), `${square}`).toBeGreaterThan(
        0.5,
      );
  });

  it('answers thresholds of 0 in bounded time, and pictures that are too small with nothing', async () => {
    const none = { pnet: 0, rnet: 0, onet: 0 };
    const detector = await open({ thresholds: none });
    const faces = await detector.detect(redSquares(300, 200, [[60, 40, 20]]), { threshold: 0 });
    expect(faces.length).toBeLessThanOrEqual(1024);
    expect(await detector.detect(redSquares(11, 200, []), { threshold: 0 })).toEqual([]);
  });

  it('refuses networks whose answers are no numbers', async () => {
    for (const stage of ['pnet', 'rnet', 'onet'] as const) {
      const detector = await open({ bias: { [stage]: Number.NaN } });
      await expect(detector.detect(redSquares(120, 80, [[30, 30, 20]]))).rejects.toThrow(
        new RegExp(`red: ${stage}.onnx: .*answers with values that are not numbers`),
      );
    }
  });
});

describe('files that are no cascade', () => {
  const files = redCascade();
  it.each<[string, object, RegExp]>([
    [
      'another network',
      { ...files, rnet: files.onet },
      /x: rnet.onnx: expected the refining .* its input is pixels \[N, 3, 48, 48\]/,
    ],
    ['a single-stage detector', { ...files, pnet: redDetector() }, /x: pnet.onnx: .* its input is input/],
    ['text', { ...files, onet: new TextEncoder().encode('text') }, /x: onet.onnx: .* can't be parsed/],
    [
      'other thresholds',
      redCascade({ thresholds: { pnet: 2 } }),
      /x: onet.onnx: .*ferlab.cascade can't be used/,
    ],
  ])('are refused: %s', async (_, model, message) => {
    const failure = await openFaceDetector(model as typeof files, { name: 'x' }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ kind: 'model' });
    expect((failure as Error).message).toMatch(message);
  });

  it('are refused: less than three', async () => {
    await expect(openFaceDetector({ pnet: files.pnet } as typeof files)).rejects.toMatchObject({
      kind: 'usage',
    });
  });
});

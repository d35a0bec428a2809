import { describe, expect, it, onTestFinished } from 'vitest';
import { constantPoints } from '../../test/data/point-network.js';
import { redDetector, redPicture } from '../../test/data/red-detector.js';
import type { Face, FacePoints, Point } from './face.js';
import { openFaceDetector } from './open-detector.js';
import { fromSquare, pointSquare } from './point-crop.js';
import { openPointRefiner } from './refine-points.js';

const answer = [-0.2, -0.1, 0.2, -0.1, 0, 0.05, -0.15, 0.2, 0.15, 0.2];
const image = { width: 80, height: 60, data: new Uint8Array(80 * 60 * 3) };

const face = (x: number, y: number): Face => ({
  box: { x, y, width: 20, height: 28 },
  score: 0.9,
  points: [
    [x + 5, y + 10],
    [x + 15, y + 10],
    [x + 10, y + 15],
    [x + 6, y + 22],
    [x + 14, y + 22],
  ],
});

async function open(values: readonly number[]) {
  const refiner = await openPointRefiner(constantPoints(values), 'points.onnx', { threads: 1 });
  onTestFinished(() => refiner.close());
  return refiner;
}

/** Where the constant answer is in a crop. */
const placed = (box: Face['box'], middle: Point, roll: number): FacePoints =>
  [0, 2, 4, 6, 8].map((i) =>
    fromSquare(pointSquare(box, middle, roll), [answer[i]!, answer[i + 1]!]),
  ) as unknown as FacePoints;

describe('a refiner of points', () => {
  it('gives the points of a second look at four places, which are placed by those of the first', async () => {
    const refiner = await open(answer);
    const [refined] = await refiner.refine(image, [face(20, 10)]);
    const first = placed(face(20, 10).box, [30, 24], 0);
    // In labels, the mean of the points is below the middle of the box.
    const side = 24 * 1.3;
    const middle: Point = [30, first.reduce((sum, [, y]) => sum + y, 0) / 5 - 0.078 * side];
    const expected = placed(face(20, 10).box, middle, 0);
    expect(refined).toMatchObject({ box: face(20, 10).box, score: 0.9 });
    refined!.points.flat().forEach((value, i) => {
      expect(value).toBeCloseTo(expected.flat()[i]!, 3);
    });
  });

  it('looks at faces as they lie, by the line between their eyes', async () => {
    const refiner = await open(answer);
    const lying: Face = {
      ...face(20, 10),
      points: face(20, 10).points.map(([x, y]): Point => [54 - y, x - 6]) as unknown as FacePoints,
    };
    const [{ points }] = (await refiner.refine(image, [lying])) as [Face];
    // Turned clockwise by 90 degrees: the second eye is below the first.
    expect(points[1][1] - points[0][1]).toBeCloseTo(0.4 * 24 * 1.3, 3);
    expect(points[1][0]).toBeCloseTo(points[0][0], 3);
  });

  it.each([
    ['far outside', [9, ...answer.slice(1)]],
    ['no number', [Number.NaN, ...answer.slice(1)]],
  ])('leaves a face its own points where a refined one is %s', async (_, values) => {
    const refiner = await open(values);
    expect(await refiner.refine(image, [face(20, 10)])).toEqual([face(20, 10)]);
  });

  it('exchanges left and right again where it was shown a mirrored crop', async () => {
    // A face that is seen askew: whatever is shown, the answer is the same, so that mirrored ones lean the other way.
    const askew = answer.map((value, i) => (i % 2 === 0 ? value + 0.1 : value));
    const refiner = await open(askew);
    const [{ points }] = (await refiner.refine(image, [face(20, 10)])) as [Face];
    const [plain] = await (await open(answer)).refine(image, [face(20, 10)]);
    const side = 24 * 1.3;
    // The first look moves the crops by a tenth to the right; of the four of the second, two lean each way.
    for (const [i, [x]] of points.entries()) expect(x - plain!.points[i]![0]).toBeCloseTo(0.1 * side, 3);
  });

  it('takes no faces, and more than it shows the network at once, also outside the picture', async () => {
    const refiner = await open(answer);
    expect(await refiner.refine(image, [])).toEqual([]);
    const many = Array.from({ length: 70 }, (_, i) => face(i * 5 - 100, 10));
    const refined = await refiner.refine(image, many);
    expect(refined).toHaveLength(70);
    expect(refined[69]!.points[0][0] - refined[0]!.points[0][0]).toBeCloseTo(69 * 5, 3);
  });

  it('is made of files of points alone', async () => {
    await expect(openPointRefiner(Uint8Array.of(1, 2, 3), 'x.onnx', {})).rejects.toThrow(
      /x\.onnx: expected a network that refines points of faces/,
    );
    await expect(openPointRefiner(redDetector({}), 'x.onnx', {})).rejects.toThrow(/it has no pixels/);
  });
});

describe('openFaceDetector with a network of points', () => {
  it('refines the points of the faces that are found, and closes both', async () => {
    const settings = { threshold: 0.5, smallest: 32, largest: 320 };
    const picture = redPicture(150, 70, [[104, 16]]);
    const alone = await openFaceDetector(redDetector({ settings }), { threads: 1 });
    const [found] = (await alone.detect(picture, { minFace: 32 })) as [Face];
    await alone.close();
    const points = constantPoints(answer);
    const detector = await openFaceDetector(redDetector({ settings }), { threads: 1, points });
    const [refined] = (await detector.detect(picture, { minFace: 32 })) as [Face];
    expect(refined.box).toEqual(found.box);
    expect(refined.points).not.toEqual(found.points);
    // Its noses are placed lower: they move less as a face turns.
    expect([alone.largestTurn, detector.largestTurn]).toEqual([undefined, 0.15]);
    await detector.close();
    await expect(detector.detect(picture)).rejects.toMatchObject({ kind: 'usage' });
  });
});

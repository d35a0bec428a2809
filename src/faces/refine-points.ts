// Refines the points of faces that a detector found: a small network looks at crops of each face. Detectors of any kind
// place points by coarse cells; the box and the turn of their faces say where to look closer. A first crop, placed by the
// detector, says where the face really is; what the network says of four crops about that place is averaged.

import { checkGraph } from '../engine/onnx/check.js';
import { openSession, type Session } from '../engine/runtime/session.js';
import type { HostTensor } from '../engine/tensor/array.js';
import { tensorType } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import type { RgbImage } from '../image/rgb.js';
import type { TurnedSquare } from '../image/sample-rgb.js';
import type { LoadOptions } from '../predict/model.js';
import { firstLine } from '../predict/model-file.js';
import { centre } from './boxes.js';
import type { FaceDetector } from './detector.js';
import type { Box, Face, FacePoints, Point } from './face.js';
import { cutPointCrop, fromSquare, mirrorRgb, pointSquare } from './point-crop.js';
import { rollOf } from './pose.js';
import { writePlanes } from './tensor.js';

export interface PointRefiner {
  /**
   * The same faces with better points; a face whose refined points can't be right keeps its own.
   *
   * @throws FerlabError `model` where the network can't be run.
   */
  refine(image: RgbImage, faces: readonly Face[]): Promise<Face[]>;
  close(): Promise<void>;
}

/** Faces of which the network sees all views in one call. */
const facesAtOnce = 16;

/** A crop that the network is shown: a square, moved by some of its sides, as it is or mirrored. */
interface View {
  readonly right: number;
  readonly down: number;
  readonly mirrored: boolean;
}

const plainView: View = { right: 0, down: 0, mirrored: false };

/** By how much the crops of the last look are moved, in sides. */
const moved = 0.03;

/**
 * The views of the looks at a face; the second is placed and turned by the points of the first. Means of answers are more
 * exact than each: on 288 web photographs the error of the points is .0707 with one plain view, .0694 with it and its
 * mirror, .0662 with these four and .0656 with eight.
 */
const looks: readonly (readonly View[])[] = [
  [plainView],
  [
    { right: moved, down: 0, mirrored: false },
    { right: -moved, down: 0, mirrored: true },
    { right: 0, down: moved, mirrored: true },
    { right: 0, down: -moved, mirrored: false },
  ],
];

/** In mirrored crops the left eye is the right one. */
const mirroredOrder = [1, 0, 2, 4, 3] as const;

/** Points farther from the middle of the square, in its sides, are no face's. */
const farthest = 0.75;

/** The largest side of crops that is accepted. */
const mostSide = 256;

const needed =
  'expected a network that refines points of faces, as an ONNX file of the input pixels [N, 3, side, side] and the output ' +
  'points [N, 10]';

const notAPointNetwork = (where: string, found: string, cause?: unknown): FerlabError =>
  new FerlabError(
    'model',
    `${where}: ${needed}; ${found}. Give the file of a run of "ferlab faces points".`,
    {
      cause,
    },
  );

/** The side of the network's crops. */
function readSide(bytes: Uint8Array, where: string): number {
  let checked: ReturnType<typeof checkGraph>;
  try {
    checked = checkGraph(bytes);
  } catch (error) {
    throw notAPointNetwork(where, `it can't be parsed (${firstLine(error)})`, error);
  }
  if ('problem' in checked) throw notAPointNetwork(where, checked.problem);
  const { inputs, outputs } = checked.outline;
  const [input, output] = [inputs.pixels, outputs.points];
  const shown = (name: string, shape: readonly unknown[] | undefined): string =>
    shape === undefined ? `no ${name}` : `${name} [${shape.join(', ')}]`;
  const [, channels, side, width] = input ?? [];
  const fits =
    input?.length === 4 &&
    channels === 3 &&
    typeof side === 'number' &&
    side === width &&
    side >= 8 &&
    side <= mostSide &&
    output?.length === 2 &&
    output[1] === 10 &&
    Object.keys(inputs).length === 1;
  if (!fits) throw notAPointNetwork(where, `it has ${shown('pixels', input)} and ${shown('points', output)}`);
  return side;
}

/**
 * Opens a network of points from the bytes of its file.
 *
 * @param where names the file in messages.
 * @throws FerlabError `model` where it isn't one, `device` where the device can't be used.
 */
export async function openPointRefiner(
  bytes: Uint8Array,
  where: string,
  { threads, device }: LoadOptions,
): Promise<PointRefiner> {
  const side = readSide(bytes, where);
  let session: Session;
  try {
    session = await openSession(bytes, {
      quiet: true,
      ...(threads === undefined ? {} : { threads }),
      ...(device === undefined ? {} : { device }),
    });
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    throw notAPointNetwork(where, `ONNX Runtime refused it (${firstLine(error)})`, error);
  }
  return new Refiner(session, side, where);
}

class Refiner implements PointRefiner {
  constructor(
    private readonly session: Session,
    private readonly side: number,
    private readonly where: string,
  ) {}

  async refine(image: RgbImage, faces: readonly Face[]): Promise<Face[]> {
    const refined: Face[] = [];
    for (let first = 0; first < faces.length; first += facesAtOnce) {
      let batch = faces.slice(first, first + facesAtOnce);
      let squares = batch.map(({ box, points }) => pointSquare(box, centre(box), turnOf(points)));
      for (const views of looks) {
        const answers = await this.look(image, squares, views);
        batch = batch.map((face, i) => {
          const points = answers[i]!;
          return points === null ? face : { ...face, points };
        });
        squares = batch.map(({ box, points }) => secondSquare(box, points));
      }
      refined.push(...batch);
    }
    return refined;
  }

  close(): Promise<void> {
    return this.session.close();
  }

  /** The points of the face in each square, as the network sees them on average; null where they can't be right. */
  private async look(
    image: RgbImage,
    squares: readonly TurnedSquare[],
    views: readonly View[],
  ): Promise<(FacePoints | null)[]> {
    const shown = squares.flatMap((square) => views.map((view) => ({ view, square: movedBy(square, view) })));
    const answers = await this.answer(image, shown);
    return squares.map((_, i) => {
      const sums = Array.from({ length: 5 }, (): [number, number] => [0, 0]);
      for (let at = i * views.length; at < (i + 1) * views.length; at++) {
        const answer = answers.subarray(at * 10, at * 10 + 10);
        // NaN is farther, too.
        if (!answer.every((value) => Math.abs(value) <= farthest)) return null;
        const { square, view } = shown[at]!;
        for (const [point, sum] of sums.entries()) {
          const from = view.mirrored ? mirroredOrder[point]! : point;
          const u = answer[2 * from]!;
          const [x, y] = fromSquare(square, [view.mirrored ? -u : u, answer[2 * from + 1]!]);
          sum[0] += x / views.length;
          sum[1] += y / views.length;
        }
      }
      return sums as unknown as FacePoints;
    });
  }

  /** What the network says of each crop: [crops, 10]. */
  private async answer(
    image: RgbImage,
    shown: readonly { view: View; square: TurnedSquare }[],
  ): Promise<Float32Array> {
    const { side } = this;
    const size = 3 * side * side;
    const pixels = new Float32Array(shown.length * size);
    const whole = { left: 0, top: 0, width: side, height: side };
    for (const [i, { square, view }] of shown.entries()) {
      const cut = cutPointCrop(image, square, side);
      const crop = view.mirrored ? mirrorRgb(cut) : cut;
      writePlanes(crop, whole, { order: 'rgb', mean: 0, scale: 1 }, pixels, i * size);
    }
    let outputs: Record<string, HostTensor>;
    try {
      outputs = await this.session.run({
        pixels: { type: tensorType('float32', [shown.length, 3, side, side]), data: pixels },
      });
    } catch (error) {
      throw notAPointNetwork(this.where, `ONNX Runtime can't run it (${firstLine(error)})`, error);
    }
    const { data } = outputs.points!;
    if (data instanceof Float32Array && data.length === shown.length * 10) return data;
    throw notAPointNetwork(this.where, `it gives ${data.length} values for ${shown.length} crops`);
  }
}

function movedBy(square: TurnedSquare, { right, down }: View): TurnedSquare {
  const [x, y] = fromSquare(square, [right, down]);
  return { ...square, x, y };
}

/** How far the mean of the points is below the middle of the box, in sides of the square, in labels of 20,700 faces. */
const below = 0.078;

/** A square whose points lie where those of a box that fits do. */
function secondSquare(box: Box, points: FacePoints): TurnedSquare {
  const mean: Point = [
    points.reduce((sum, [x]) => sum + x, 0) / points.length,
    points.reduce((sum, [, y]) => sum + y, 0) / points.length,
  ];
  const square = pointSquare(box, mean, turnOf(points));
  return pointSquare(box, fromSquare(square, [0, -below]), square.roll);
}

const turnOf = (points: FacePoints): number => {
  const roll = rollOf(points);
  return Number.isFinite(roll) ? roll : 0;
};

/**
 * The network places noses between the nostrils, as its web photographs were labelled, not at their tip: they move less as a
 * face turns away. Of 23 faces whose labelled tip is 0.4 and more beside the middle, 6 are beyond this, of 99 from 0.3 to 0.4
 * four, and of 805 below 0.1 none.
 */
const largestTurn = 0.15;

/** A detector whose faces' points are refined. Closing it closes both. */
export function withRefinedPoints(detector: FaceDetector, refiner: PointRefiner): FaceDetector {
  const close = async (): Promise<void> => {
    await detector.close();
    await refiner.close();
  };
  return {
    name: detector.name,
    largestTurn,
    detect: async (image, options) => refiner.refine(image, await detector.detect(image, options)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

// Refines the points of faces that a detector found: a small network looks at a crop of each face. Detectors of any kind
// place points by coarse cells; the box and the turn of their faces say where to look closer.

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
import { cutPointCrop, fromSquare, pointSquare } from './point-crop.js';
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

/** Faces per call of the network. */
const batchSize = 64;

/** Looks at each face: the second is placed and turned by the points of the first. */
const looks = 2;

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
    for (let first = 0; first < faces.length; first += batchSize) {
      let batch = faces.slice(first, first + batchSize);
      let squares = batch.map(({ box, points }) => pointSquare(box, centre(box), turnOf(points)));
      for (let look = 1; look <= looks; look++) {
        const answers = await this.look(image, squares);
        batch = batch.map((face, i) => withPoints(face, squares[i]!, answers.subarray(i * 10, i * 10 + 10)));
        squares = batch.map(({ box, points }) => secondSquare(box, points));
      }
      refined.push(...batch);
    }
    return refined;
  }

  close(): Promise<void> {
    return this.session.close();
  }

  /** What the network says of each square: [squares, 10]. */
  private async look(image: RgbImage, squares: readonly TurnedSquare[]): Promise<Float32Array> {
    const { side } = this;
    const size = 3 * side * side;
    const pixels = new Float32Array(squares.length * size);
    const whole = { left: 0, top: 0, width: side, height: side };
    for (const [i, square] of squares.entries())
      writePlanes(
        cutPointCrop(image, square, side),
        whole,
        { order: 'rgb', mean: 0, scale: 1 },
        pixels,
        i * size,
      );
    let outputs: Record<string, HostTensor>;
    try {
      outputs = await this.session.run({
        pixels: { type: tensorType('float32', [squares.length, 3, side, side]), data: pixels },
      });
    } catch (error) {
      throw notAPointNetwork(this.where, `ONNX Runtime can't run it (${firstLine(error)})`, error);
    }
    const { data } = outputs.points!;
    if (data instanceof Float32Array && data.length === squares.length * 10) return data;
    throw notAPointNetwork(this.where, `it gives ${data.length} values for ${squares.length} faces`);
  }
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

/** The face with the points that an answer says, or as it was where they can't be right. */
function withPoints(face: Face, square: TurnedSquare, answer: Float32Array): Face {
  // NaN is farther, too.
  if (!answer.every((value) => Math.abs(value) <= farthest)) return face;
  const points = Array.from({ length: 5 }, (_, i) =>
    fromSquare(square, [answer[2 * i]!, answer[2 * i + 1]!]),
  ) as unknown as FacePoints;
  return { ...face, points };
}

/** A detector whose faces' points are refined. Closing it closes both. */
export function withRefinedPoints(detector: FaceDetector, refiner: PointRefiner): FaceDetector {
  const close = async (): Promise<void> => {
    await detector.close();
    await refiner.close();
  };
  return {
    name: detector.name,
    detect: async (image, options) => refiner.refine(image, await detector.detect(image, options)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

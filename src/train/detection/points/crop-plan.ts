// What a training crop shows: a labelled face, cut out of its photograph as a detector would have placed it, with mistakes
// of place, size and turn drawn at random, and where its points are. Pixels follow from it (render-crop.ts).

import type { LabelledFace } from '../../../data/faces/types.js';
import { centre } from '../../../faces/boxes.js';
import type { FacePoints, Point } from '../../../faces/face.js';
import { pointSquare, toSquare } from '../../../faces/point-crop.js';
import { rollOf } from '../../../faces/pose.js';
import type { TurnedSquare } from '../../../image/sample-rgb.js';
import type { Random } from '../../../random/random.js';

export interface CropPlan {
  square: TurnedSquare;
  mirrored: boolean;
}

/** Mistakes of a detector: most of the factor of the side, of the shift in sides, of the turn in degrees. */
interface Mistakes {
  scale: number;
  shift: number;
  turn: number;
}

/** Of a detector, and of crops that were placed by points that this network found. */
const mistakes: readonly Mistakes[] = [
  { scale: 0.18, shift: 0.08, turn: 20 },
  { scale: 0.12, shift: 0.05, turn: 8 },
];
/** How often the turn is drawn from a wider range, in degrees. */
const wideTurn = { share: 0.05, most: 50 };

/** Eyes nearer each other, in widths of the box, are seen from the side: they don't say how the face is turned. */
const leastEyes = 0.15;

/** The distance between the eyes, in pixels of the picture; null where they don't give one. */
export function eyeDistance({ box, points: [left, right] }: LabelledFace): number | null {
  if (left === null || right === null) return null;
  const distance = Math.hypot(right[0] - left[0], right[1] - left[1]);
  return distance < leastEyes * box.width ? null : distance;
}

export const hasPoints = ({ points, mouth }: LabelledFace): boolean =>
  mouth !== null || points.some((point) => point !== null);

/** The turn of a labelled face in degrees; 0 where its eyes don't say. */
export const labelledRoll = (face: LabelledFace): number =>
  eyeDistance(face) === null ? 0 : rollOf(face.points as FacePoints);

export function drawCrop(face: LabelledFace, random: Random): CropPlan {
  const { scale, shift, turn } = mistakes[random.integer(mistakes.length)]!;
  const degrees = random.uniform() < wideTurn.share ? wideTurn.most : turn;
  const roll = labelledRoll(face) + random.uniform(-degrees, degrees);
  const square = pointSquare(face.box, centre(face.box), roll);
  const moved = (at: number): number => at + random.uniform(-shift, shift) * square.side;
  const [x, y] = [moved(square.x), moved(square.y)];
  const side = square.side * Math.exp(random.uniform(-scale, scale));
  return { square: { x, y, side, roll }, mirrored: random.uniform() < 0.5 };
}

/** The columns of a crop's targets: points, how much each counts, the middle of the mouth, how much that counts, sides of the
 * crop in the distance between the eyes. */
export const targetColumns = {
  points: { at: 0, size: 10 },
  pointWeights: { at: 10, size: 5 },
  mouth: { at: 15, size: 2 },
  mouthWeight: { at: 17, size: 1 },
  unit: { at: 18, size: 1 },
} as const;
export const targetSize = 19;

/** The distance between the eyes, in means of the box's sides, where they don't give one. */
const usualEyes = 0.4;

/** Writes the targets of a crop. Points are from its centre, in its sides; what isn't labelled counts nothing. */
export function writeTargets(
  face: LabelledFace,
  { square, mirrored }: CropPlan,
  into: Float32Array,
  start: number,
): void {
  const place = (point: Point): Point => {
    const [u, v] = toSquare(square, point);
    return [mirrored ? -u : u, v];
  };
  const order = mirrored ? [1, 0, 2, 4, 3] : [0, 1, 2, 3, 4];
  into.fill(0, start, start + targetSize);
  order.forEach((from, i) => {
    const point = face.points[from]!;
    if (point === null) return;
    into.set(place(point), start + targetColumns.points.at + 2 * i);
    into[start + targetColumns.pointWeights.at + i] = 1;
  });
  if (face.mouth !== null) {
    into.set(place(face.mouth), start + targetColumns.mouth.at);
    into[start + targetColumns.mouthWeight.at] = 1;
  }
  const { width, height } = face.box;
  const eyes = eyeDistance(face) ?? (usualEyes * (width + height)) / 2;
  into[start + targetColumns.unit.at] = square.side / eyes;
}

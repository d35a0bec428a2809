// How well points are refined on faces that training leaves out: their labelled boxes and points are moved as a detector
// would, always by the same amounts, and what the network makes of them is compared with the labels.

import type { PictureStore } from '../../../data/faces/picture-store.js';
import type { LabelledFace } from '../../../data/faces/types.js';
import { centre } from '../../../faces/boxes.js';
import type { Face, FacePoints, Point } from '../../../faces/face.js';
import { fromSquare, pointSquare } from '../../../faces/point-crop.js';
import type { PointRefiner } from '../../../faces/refine-points.js';
import { Random } from '../../../random/random.js';
import { type FoundPicture, pointError } from '../single-stage/validation.js';
import { eyeDistance, labelledRoll } from './crop-plan.js';

/** Standard deviations of a detector's mistakes: shift and size in sides of the box, turn in degrees. */
const mistakes = { shift: 0.04, size: 0.06, turn: 8 };

/** Where points usually are, in sides of the square from its centre. */
const usual: FacePoints = [
  [-0.16, -0.08],
  [0.16, -0.08],
  [0, 0.08],
  [-0.13, 0.22],
  [0.13, 0.22],
];

/** A labelled face as a detector might find it. */
function mistakenFace(face: LabelledFace, random: Random): Face {
  const { box } = face;
  const factor = Math.exp(random.normal(0, mistakes.size));
  const [width, height] = [box.width * factor, box.height * factor];
  const [x, y] = centre(box);
  const middle: Point = [
    x + random.normal(0, mistakes.shift) * width,
    y + random.normal(0, mistakes.shift) * height,
  ];
  const moved = { x: middle[0] - width / 2, y: middle[1] - height / 2, width, height };
  const square = pointSquare(moved, middle, labelledRoll(face) + random.normal(0, mistakes.turn));
  const points = usual.map((point) => fromSquare(square, point)) as unknown as FacePoints;
  return { box: moved, score: 1, points };
}

/** Mean distance of refined points over that of the labelled eyes. */
export async function refinedError(
  refiner: PointRefiner,
  store: PictureStore,
  onPicture: (done: number) => void,
): Promise<number> {
  const all: FoundPicture[] = [];
  for (const [i, picture] of store.pictures.entries()) {
    const faces = picture.faces.filter((face) => eyeDistance(face) !== null);
    const mistaken = faces.map((face, j) => mistakenFace(face, new Random(0, 'mistakes', i, j)));
    // Each as if found exactly, so that labels are matched with their own faces.
    const refined = await refiner.refine(store.image(i), mistaken);
    const found = refined.map((face, j) => ({ ...face, box: faces[j]!.box }));
    all.push({ picture: { ...picture, faces }, found });
    onPicture(i + 1);
  }
  return pointError(all) ?? 1;
}

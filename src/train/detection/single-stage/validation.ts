// How well a detector finds the faces of whole photographs: average precision, and how far its points are from the labels.

import type { PictureStore, StoredPicture } from '../../../data/faces/picture-store.js';
import { overlap } from '../../../faces/boxes.js';
import type { FaceDetector } from '../../../faces/detector.js';
import type { Face, Point } from '../../../faces/face.js';
import { type DetectionScores, type ScoredPicture, scoreDetections } from '../../../scores/detections.js';

/** What was found in a picture. */
export interface FoundPicture {
  picture: StoredPicture;
  found: readonly Face[];
}

/** Scores below are left out: the precision there is too low to change the average by much. */
const leastScore = 0.02;

/** Runs a detector over the pictures of a store, one after another. */
export async function detectAll(
  detector: FaceDetector,
  store: PictureStore,
  onPicture: (done: number) => void,
): Promise<FoundPicture[]> {
  const all: FoundPicture[] = [];
  for (const [i, picture] of store.pictures.entries()) {
    const found = await detector.detect(store.image(i), { threshold: leastScore });
    all.push({ picture, found });
    onPicture(i + 1);
  }
  return all;
}

const scored = ({ picture: { faces, ignore }, found }: FoundPicture): ScoredPicture => ({
  faces: faces.map(({ box }) => box),
  ignore,
  found,
});

export const scoreFound = (all: readonly FoundPicture[]): DetectionScores => scoreDetections(all.map(scored));

/** The scores of each label file's pictures. */
export function scoresBySource(all: readonly FoundPicture[]) {
  const sources = new Map<string, FoundPicture[]>();
  for (const found of all) {
    const { source } = found.picture;
    sources.set(source, [...(sources.get(source) ?? []), found]);
  }
  return [...sources].map(([source, pictures]) => {
    const { curve, ...scores } = scoreFound(pictures);
    return { source, pictures: pictures.length, scores, pointError: pointError(pictures) };
  });
}

const distance = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** A point that was found: which, and where from its label, in distances between the eyes. */
interface PointOffset {
  readonly point: number;
  readonly right: number;
  readonly down: number;
}

const middleOfMouth = 5;

/**
 * Mean distance of points over the distance between the labelled eyes, of faces that were found; null where no face with
 * labelled eyes was. Where the middle of the mouth is labelled, that of the corners counts.
 */
export const pointError = (all: readonly FoundPicture[]): number | null => meanLength(offsetsOf(all));

/** As pointError, without the mean offset of each point: what is off the same way in all faces. */
export function steadyError(all: readonly FoundPicture[]): number | null {
  const offsets = offsetsOf(all);
  const means = Array.from({ length: middleOfMouth + 1 }, (_, point) => {
    const own = offsets.filter((offset) => offset.point === point);
    const mean = (axis: 'right' | 'down') => own.reduce((sum, offset) => sum + offset[axis], 0) / own.length;
    return { right: mean('right'), down: mean('down') };
  });
  return meanLength(
    offsets.map(({ point, right, down }) => ({
      point,
      right: right - means[point]!.right,
      down: down - means[point]!.down,
    })),
  );
}

const meanLength = (offsets: readonly PointOffset[]): number | null =>
  offsets.length === 0
    ? null
    : offsets.reduce((sum, { right, down }) => sum + Math.hypot(right, down), 0) / offsets.length;

function offsetsOf(all: readonly FoundPicture[]): PointOffset[] {
  return all.flatMap(({ picture, found }) =>
    picture.faces.flatMap(({ box, points, mouth }) => {
      const [left, right] = points;
      const best = found.find((face) => overlap(face.box, box) >= 0.5);
      if (best === undefined || left === null || right === null) return [];
      const unit = distance(left, right);
      // Of faces in profile the eyes are too near each other to measure by.
      if (unit < 0.15 * box.width) return [];
      const [, , , leftCorner, rightCorner] = best.points;
      const middle: Point = [(leftCorner[0] + rightCorner[0]) / 2, (leftCorner[1] + rightCorner[1]) / 2];
      const labels = [...points, mouth];
      return [...best.points, middle].flatMap((place, point): PointOffset[] => {
        const label = labels[point]!;
        return label === null
          ? []
          : [{ point, right: (place[0] - label[0]) / unit, down: (place[1] - label[1]) / unit }];
      });
    }),
  );
}

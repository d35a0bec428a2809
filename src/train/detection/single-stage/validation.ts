// How well a detector finds the faces of whole photographs: average precision, and how far its points are from the labels.

import type { PictureStore, StoredPicture } from '../../../data/faces/picture-store.js';
import { overlap } from '../../../faces/boxes.js';
import type { FaceDetector } from '../../../faces/detector.js';
import type { Face, FacePoints, Point } from '../../../faces/face.js';
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

const distance = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

/**
 * Mean distance of points over the distance between the labelled eyes, of faces that were found; null where no face with
 * labelled eyes was. Where the middle of the mouth is labelled, that of the corners counts.
 */
export function pointError(all: readonly FoundPicture[]): number | null {
  let [sum, count] = [0, 0];
  for (const { picture, found } of all) {
    for (const { box, points, mouth } of picture.faces) {
      const [left, right] = points;
      const best = found.find((face) => overlap(face.box, box) >= 0.5);
      if (best === undefined || left === null || right === null) continue;
      const unit = distance(left, right);
      // Of faces in profile the eyes are too near each other to measure by.
      if (unit < 0.15 * box.width) continue;
      for (const error of pointErrors(best.points, points, mouth)) {
        sum += error / unit;
        count++;
      }
    }
  }
  return count === 0 ? null : sum / count;
}

function pointErrors(found: FacePoints, points: readonly (Point | null)[], mouth: Point | null): number[] {
  const errors = points.flatMap((point, i) => (point === null ? [] : [distance(found[i]!, point)]));
  if (mouth === null) return errors;
  const [, , , left, right] = found;
  return [...errors, distance([(left[0] + right[0]) / 2, (left[1] + right[1]) / 2], mouth)];
}

// How a face lies, by its five points: turned in the picture's plane (roll), and turned away from the camera.

import type { FacePoints, Point } from './face.js';

/** Degrees by which the line between the eyes is turned, clockwise above 0; from -180 to 180. */
export function rollOf([[leftX, leftY], [rightX, rightY]]: FacePoints): number {
  return (Math.atan2(rightY - leftY, rightX - leftX) * 180) / Math.PI;
}

const middle = ([ax, ay]: Point, [bx, by]: Point): Point => [(ax + bx) / 2, (ay + by) / 2];

/**
 * How far a face is turned away: the distance of the nose from the line between the middle of the eyes and that of the
 * mouth, over the length of that line. 0 for a face seen from the front, about 0.5 for a profile; Infinity for points
 * that are no face's.
 */
export function turnOf(points: FacePoints): number {
  const [leftEye, rightEye, nose, leftMouth, rightMouth] = points;
  const eyes = middle(leftEye, rightEye);
  const mouth = middle(leftMouth, rightMouth);
  const [downX, downY] = [mouth[0] - eyes[0], mouth[1] - eyes[1]];
  const length = Math.hypot(downX, downY);
  const away = Math.abs((nose[0] - eyes[0]) * downY - (nose[1] - eyes[1]) * downX) / length ** 2;
  return Number.isFinite(away) ? away : Number.POSITIVE_INFINITY;
}

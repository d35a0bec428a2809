// The one crop of a face, for training data, command line, service and page: a square that is never stretched, cut out with
// what lies outside the picture filled up, and turned upright where the face is turned by more than some degrees. Scale and
// place come from the box, which jitters less than the points; the turn comes from the eyes.

import type { RgbImage } from '../image/rgb.js';
import { sampleRgb, type TurnedSquare } from '../image/sample-rgb.js';
import type { ImageSize } from '../image/size.js';
import type { FaceCrop } from '../predict/metadata.js';
import { centre } from './boxes.js';
import type { Face } from './face.js';
import { rollOf } from './pose.js';

export type { FaceCrop };

/** Fitted to the faces that an MTCNN finds in 584 images of FER2013, whose crops these are like. */
export const defaultFaceCrop: FaceCrop = { side: 1.07, up: 0.03, roll: 12 };

const meanSide = ({ box }: Face): number => (box.width + box.height) / 2;

/** Side of the square that is cut out, in pixels of the picture. */
export function cropSide(face: Face, crop: FaceCrop): number {
  return meanSide(face) * crop.side;
}

/** The square of a face, in pixels of the picture. */
export function cropSquare(face: Face, crop: FaceCrop): TurnedSquare {
  const [x, y] = centre(face.box);
  const turned = rollOf(face.points);
  const roll = Math.abs(turned) > crop.roll ? turned : 0;
  // Up is up in the face.
  const up = meanSide(face) * crop.up;
  const angle = (roll * Math.PI) / 180;
  return { x: x + up * Math.sin(angle), y: y - up * Math.cos(angle), side: cropSide(face, crop), roll };
}

/**
 * Cuts a face out, at the size that is asked for. Outside the picture its outermost pixels are repeated.
 *
 * @param size where it isn't square, its shorter side is the square's and the longer one shows more of the picture.
 */
export function cropFace(image: RgbImage, face: Face, crop: FaceCrop, size: ImageSize): RgbImage {
  return sampleRgb(image, cropSquare(face, crop), size);
}

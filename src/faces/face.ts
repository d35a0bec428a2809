// What a detector finds. Coordinates are pixels of the upright picture, with fractions: (0, 0) is the outer corner of the
// first pixel, whose centre is (0.5, 0.5). Boxes are half-open: x <= column < x + width. They may reach outside the picture.

export interface Box {
  /** Of the left edge. */
  readonly x: number;
  /** Of the upper edge. */
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Point = readonly [x: number, y: number];

/** Five points of a face. Left and right are those of the picture, not of the person. */
export type FacePoints = readonly [
  leftEye: Point,
  rightEye: Point,
  nose: Point,
  leftMouthCorner: Point,
  rightMouthCorner: Point,
];

export interface Face {
  readonly box: Box;
  /** How sure the detector is, from 0 to 1. Comparable between pictures, not between detectors. */
  readonly score: number;
  readonly points: FacePoints;
}

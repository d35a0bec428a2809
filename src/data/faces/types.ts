// Photographs with labelled faces: what the reader of label files gives, and what training and scoring read.

import type { Box, Point } from '../../faces/face.js';

/** One face that somebody marked. Points that weren't marked are null. */
export interface LabelledFace {
  readonly box: Box;
  /** Left eye, right eye, nose, left and right corner of the mouth; left is the picture's. */
  readonly points: readonly [Point | null, Point | null, Point | null, Point | null, Point | null];
  /** Middle of the mouth, where that was marked instead of the corners. */
  readonly mouth: Point | null;
}

/** One photograph. A picture without any face is one of the background. */
export interface LabelledPicture {
  /** As the label file names it; backgrounds by their path within their folder. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  /** The label file's or background folder's name without its ending: scores are told apart by it. */
  readonly source: string;
  readonly faces: readonly LabelledFace[];
  /** Regions in which faces may lie that nobody marked: neither positive nor negative. */
  readonly ignore: readonly Box[];
}

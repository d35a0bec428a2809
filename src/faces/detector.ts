// What every detector of faces can do, whichever network it has.

import { flag, having, type OptionRule, type OptionRules, wholeNumber } from '../check-options.js';
import type { RgbImage } from '../image/rgb.js';
import type { Face } from './face.js';

export interface DetectOptions {
  /** Faces of a lower score are left out, from 0 to 1. Default: the detector's own. */
  threshold?: number | undefined;
  /** Faces whose longer side is smaller, in pixels of the picture, are left out. Default: 20. */
  minFace?: number | undefined;
  /** At most so many faces, those of the highest scores. Default: all. */
  maxFaces?: number | undefined;
  /** Whether faces that lie sideways or upside down are looked for, too, in four turns of the picture. Default: no. */
  rotations?: boolean | undefined;
}

export interface FaceDetector extends AsyncDisposable {
  /** For people: which detector it is. */
  readonly name: string;
  /**
   * Faces that are turned away further, by the points of this detector, deserve no answer: the distance of the nose from the
   * middle of the face, over that of eyes and mouth. Default: 0.45, where noses are placed at their tip.
   */
  readonly largestTurn?: number | undefined;
  /**
   * Faces of a picture, highest score first. Equal pictures give equal faces.
   *
   * @throws FerlabError `usage` for wrong options and a closed detector; `model` where the network answers with what are no
   *   numbers.
   */
  detect(image: RgbImage, options?: DetectOptions): Promise<Face[]>;
  /** Frees the engine's memory, after what runs has ended. May be called again. */
  close(): Promise<void>;
}

/** Of the longer side of a face, in pixels, where the caller doesn't say. */
export const defaultMinFace = 20;

export const detectRules: OptionRules<DetectOptions> = {
  threshold: {
    expected: 'a number from 0 to 1',
    accepts: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
  minFace: {
    expected: 'a number of pixels, 1 or more',
    accepts: (value) => Number.isFinite(value) && Number(value) >= 1,
  },
  maxFaces: wholeNumber(1, Number.MAX_SAFE_INTEGER),
  rotations: flag,
};

/** An open detector, of ferlab or made by the caller. */
export const faceDetector: OptionRule = having(
  'an open face detector (of openFaceDetector)',
  'detect',
  'close',
);

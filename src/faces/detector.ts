// What every detector of faces can do, whichever network it has.

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
  /** Faces of a picture, highest score first. Equal pictures give equal faces. */
  detect(image: RgbImage, options?: DetectOptions): Promise<Face[]>;
  close(): Promise<void>;
}

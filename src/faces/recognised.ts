// What is said of the faces of a picture: where each is, and its expression, or why there is none. The command line, the
// service and the page write the same JSON of it.

import type { Prediction } from '../predict/model.js';
import type { Face } from './face.js';

/**
 * Why a face gets no expression. `too small`: the network would see a blur. `too turned`: the face looks away so far, or
 * its points lie so, that it can't be brought into the position of the faces that the network learned from.
 */
export type NoAnswer = 'too small' | 'too turned';

/** A face, with what decides whether its expression can be recognised. */
export interface PlacedFace extends Face {
  /** Degrees by which the line between the eyes is turned, clockwise above 0; from -180 to 180. */
  readonly roll: number;
  /** Side of the square that is cut out for the network, in pixels of the picture. */
  readonly side: number;
}

/** A face and its expression; or, where `reason` says why, none. */
export type RecognisedFace<Class extends string = string> = PlacedFace &
  (Prediction<Class> | { readonly reason: NoAnswer });

/** The faces of one picture. */
export interface PictureFaces<Class extends string = string> {
  /** Of the upright picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Highest score of the detector first; empty where there is none. */
  readonly faces: RecognisedFace<Class>[];
}

/** A face as JSON: boxes and points as lists, in pixels to a hundredth. */
export interface FaceJson {
  box: [x: number, y: number, width: number, height: number];
  score: number;
  /** Eyes, nose, corners of the mouth; left and right as in the picture. */
  points: [x: number, y: number][];
}

/** A recognised face as JSON. */
export type RecognisedFaceJson<Class extends string = string> = FaceJson & { roll: number; side: number } & (
    | Prediction<Class>
    | { reason: NoAnswer }
  );

/** What a picture that was searched for faces looks like as JSON. */
export interface PictureFacesJson<Class extends string = string> {
  width: number;
  height: number;
  faces: RecognisedFaceJson<Class>[];
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** A face of a detector as JSON. */
export function faceJson({ box, score, points }: Face): FaceJson {
  const { x, y, width, height } = box;
  const place = ([px, py]: readonly [number, number]): [number, number] => [rounded(px, 2), rounded(py, 2)];
  return {
    box: [rounded(x, 2), rounded(y, 2), rounded(width, 2), rounded(height, 2)],
    score: rounded(score, 4),
    points: points.map(place),
  };
}

/** What a prediction has beside the place of its face. */
function predictionOf<Class extends string>(face: Prediction<Class>): Prediction<Class> {
  const { expression, probabilities, ranking, uncertain } = face;
  return { expression, probabilities, ranking, ...(uncertain === undefined ? {} : { uncertain }) };
}

/** The faces of a picture as JSON. Probabilities are as the model gives them. */
export function pictureFacesJson<Class extends string>({
  width,
  height,
  faces,
}: PictureFaces<Class>): PictureFacesJson<Class> {
  return {
    width,
    height,
    faces: faces.map((face) => {
      const answer = 'reason' in face ? { reason: face.reason } : predictionOf(face);
      return { ...faceJson(face), roll: rounded(face.roll, 1), side: rounded(face.side, 1), ...answer };
    }),
  };
}

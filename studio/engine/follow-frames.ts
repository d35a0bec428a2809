// Frames of a webcam or a film, one after the other: faces are found and recognised, people followed, and what was seen is
// kept as rows, until it is exported or thrown away.

import { answerFaces, cutFound, findInImage } from '../../src/faces/recognise.js';
import type { NoAnswer, PlacedFace, RecognisedFace } from '../../src/faces/recognised.js';
import { People } from '../../src/follow/people.js';
import type { Picture } from '../../src/image/rgb.js';
import type { Prediction } from '../../src/predict/model.js';
import { framePicture } from './frame-picture.js';
import { modelOf, theDetector } from './open-models.js';
import type { SeenFace } from './recognise-picture.js';
import { Recording } from './recording.js';
import type { TaskContext } from './tasks.js';

export interface FrameQuestion {
  frame: ImageBitmap;
  /** In seconds, after that of the last frame. */
  time: number;
  /** Id of the model. */
  model: string;
  /** Faces whose longer side is smaller, in pixels of the frame, are left out. */
  minFace: number;
  rotations: boolean;
}

export interface FrameFace {
  place: PlacedFace;
  /** From 1; null until the face was seen a second time. */
  person: number | null;
  /** Of this frame alone; null where `reason` says why. */
  prediction: Prediction | null;
  /** Over time. */
  smoothed: Prediction | null;
  reason: NoAnswer | null;
  seen: SeenFace | null;
}

export interface FollowedFrame {
  time: number;
  /** Of the frame, in pixels. */
  width: number;
  height: number;
  classes: readonly string[];
  /** From the left to the right. */
  faces: FrameFace[];
  /** Milliseconds in the worker. */
  timing: { read: number; find: number; recognise: number };
  /** Rows that are kept, and whether there is room for more. */
  recorded: { rows: number; full: boolean };
}

/** Time constant of the smoothing in seconds, as in `ferlab video`. */
const smoothing = 0.5;

interface Following {
  model: string;
  people: People;
  recording: Recording;
}

let following: Following | null = null;

function predictionOf(face: RecognisedFace): Prediction | null {
  if ('reason' in face) return null;
  const { expression, probabilities, ranking } = face;
  return { expression, probabilities, ranking };
}

/** Begins anew: people get new numbers, and what was recorded is thrown away. */
export function restart(): void {
  following = null;
}

export const currentRecording = (): Recording | null => following?.recording ?? null;

export async function followFrame(
  { frame, time, model: id, minFace, rotations }: FrameQuestion,
  { threads }: TaskContext,
): Promise<FollowedFrame> {
  const begin = performance.now();
  const image = framePicture(frame);
  const picture: Picture = { width: image.width, height: image.height, image };
  const { model } = await modelOf(id, threads);
  if (following?.model !== id) {
    const recording = new Recording(model.classes);
    following = { model: id, people: new People(model.classes, smoothing), recording };
  }
  const { people, recording } = following;
  const afterRead = performance.now();
  const found = await findInImage(picture, theDetector(), { minFace, rotations });
  const afterFind = performance.now();
  const cut = cutFound(picture, found, { detector: theDetector(), model });
  const [answered] = await answerFaces(model, [cut]);
  const followed = people.add(time, picture, answered!);
  recording.add(time, followed);
  const faces = followed.map(({ face, track, smoothed }, i): FrameFace => {
    const { box, score, points, roll, side } = face;
    const shown = cut.faces[i]!;
    return {
      place: { box, score, points, roll, side },
      person: track.person,
      prediction: predictionOf(face),
      smoothed,
      reason: 'reason' in face ? face.reason : null,
      seen: 'reason' in shown ? null : { ...model.inputSize, data: Uint8Array.from(shown.pixels) },
    };
  });
  const timing = {
    read: afterRead - begin,
    find: afterFind - afterRead,
    recognise: performance.now() - afterFind,
  };
  const { width, height } = picture;
  faces.sort((a, b) => a.place.box.x - b.place.box.x);
  return { time, width, height, classes: model.classes, faces, timing, recorded: recording.size() };
}

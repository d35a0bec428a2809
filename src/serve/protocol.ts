// What the service and its worker processes say to each other. Messages travel by structured cloning, so bytes stay bytes.

import type { Device } from '../engine/runtime/device.js';
import type { ErrorKind } from '../errors.js';
import type { FacesChoice } from '../faces/faces-choice.js';
import type { FaceJson, RecognisedFaceJson } from '../faces/recognised.js';
import type { Prediction } from '../predict/model.js';
import type { TestTimeKind } from '../predict/views.js';
import type { DetectorBytes } from '../predict-files/open-face-detector.js';

/** A file of a network. Its bytes are read once, so that every worker, a later one too, has the same. */
export interface ServedFile {
  name: string;
  bytes: Uint8Array;
}

/** The first message to a worker. */
export interface OpenMessage {
  type: 'open';
  models: ServedFile[];
  /** What finds faces. */
  detector: DetectorBytes;
  device: Device;
  /** Larger images are refused by their header. */
  maxPixels: number;
  /** Decoding one image is given up after so long. */
  decodeSeconds: number;
}

/** One image of a request, and what is asked of it. */
export interface Job {
  bytes: Uint8Array;
  /** Null: its faces are found, and no expression is asked for. */
  recognise: { model: string; tta: TestTimeKind; faces: FacesChoice } | null;
  minFace: number;
  maxFaces: number;
}

export interface BatchMessage {
  type: 'batch';
  jobs: { id: number; faces: number; job: Job }[];
}

export type ToWorker = OpenMessage | BatchMessage;

/** What a worker knows of a model once it is open. */
export interface ServedModel {
  name: string;
  classes: readonly string[];
  input: { width: number; height: number };
  /** Test-time augmentation that it can be used with. */
  tta: TestTimeKind[];
}

/** What an image shows: the faces that were found; of an image that was taken whole one prediction, without a place. */
interface Picture {
  /** Of the upright picture, in pixels. */
  width: number;
  height: number;
  faces: (RecognisedFaceJson | FaceJson | Prediction)[];
  /** Why the answer may mean nothing. */
  warning?: string;
}

/** What became of an image: an answer, or why it can't be used. */
export type Outcome = { picture: Picture } | { error: string };

export type FromWorker =
  | { type: 'ready'; models: ServedModel[] }
  | { type: 'failed'; kind: ErrorKind; message: string }
  | { type: 'answers'; answers: { id: number; outcome: Outcome }[] }
  /** The batch is done, and the next may come. Seconds of decoding and finding (all images together) and of the network. */
  | { type: 'idle'; decodeSeconds: number; computeSeconds: number };

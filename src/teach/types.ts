/// <reference lib="esnext.disposable" preserve="true" />
// What is taught, and what comes of it.

import type { ImageInput } from '../predict/image-input.js';
import type { Hooks } from '../progress.js';
import type { EvaluationResult } from '../scores/types.js';

/** A picture of a face that shows something. */
export interface TeachingSample {
  /** One of the lesson's classes. */
  readonly label: string;
  /** A face crop of any size; the whole image is taken as the face. */
  readonly image: ImageInput;
  /**
   * The recording that it is a frame of. Frames of one recording follow each other in the lesson and are alike by nature;
   * pictures that were taken one by one have none.
   */
  readonly take?: string | undefined;
}

/** Own classes, with samples of each. */
export interface Lesson {
  /** Two to 50 names, which are those of the model's classes, in this order. */
  readonly classes: readonly string[];
  /** At least five different pictures of each class. */
  readonly samples: readonly TeachingSample[];
  /** What the samples are called in the model file. Default: `own samples`. */
  readonly name?: string | undefined;
  /** The same seed and samples give the same model. Default: 0. */
  readonly seed?: number | undefined;
}

/** Features of samples that were computed, of those that are needed; or an epoch that ended. */
export type TeachEvent =
  | { type: 'features'; done: number; total: number }
  | {
      type: 'epoch';
      epoch: number;
      epochs: number;
      /** Of the samples that are trained on: mean cross-entropy with smoothed labels, and share of right answers. */
      loss: number;
      accuracy: number;
      /** Of those that were held back. */
      heldBackLoss: number;
      heldBackAccuracy: number;
    };

/** Samples that show one picture: exactly, or nearly. */
export interface SampleCopies {
  /** Their places in the lesson, at least two. */
  readonly samples: readonly number[];
  /** Whether all have one label. */
  readonly sameLabel: boolean;
}

/** A sample that wasn't trained on, and what the model answers. */
export interface HeldBackAnswer {
  /** Its place in the lesson. */
  readonly sample: number;
  /** In the order of the classes. */
  readonly probabilities: readonly number[];
}

/** A model of own classes. */
export interface TaughtModel {
  /** Its file: the parent's layers with a new last one, self-describing as all model files of ferlab. */
  readonly bytes: Uint8Array;
  readonly classes: readonly string[];
  /** On the samples that were held back. */
  readonly evaluation: EvaluationResult;
  readonly heldBack: readonly HeldBackAnswer[];
  /** What the probabilities were calibrated with; null where the held-back samples don't suffice for that. */
  readonly temperature: number | null;
  readonly copies: readonly SampleCopies[];
  /** What has to be known before the model is trusted, in sentences; empty where nothing has. */
  readonly warnings: readonly string[];
}

/** A model that can be taught own classes. `await using` closes it at the end of a block. */
export interface Teacher extends AsyncDisposable {
  /** In pixels; samples are resized to this. */
  readonly inputSize: { readonly width: number; readonly height: number };
  /**
   * Trains a new last layer on the samples of a lesson; the layers before it stay. Features of samples are kept for the
   * next lesson. One lesson at a time.
   *
   * @throws FerlabError `usage` for wrong arguments and while another lesson runs; `data` for fewer than two classes,
   *   doubled names, a class with too few samples, images that can't be decoded; `interrupted` where the signal was
   *   aborted.
   */
  teach(lesson: Lesson, hooks?: Hooks<TeachEvent>): Promise<TaughtModel>;
  /** Groups of samples that show one picture, as `teach` finds them, without teaching. */
  findCopies(samples: readonly TeachingSample[], hooks?: Hooks<never>): Promise<SampleCopies[]>;
  /** Frees the engine's memory, after what runs has ended. May be called again. */
  close(): Promise<void>;
}

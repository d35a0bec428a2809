// Who is who in the frames of a film or a webcam: faces are given to the people whose they are, and their probabilities smoothed
// over time. In Node and in pages alike; knows nothing of films.

import { scaledFace } from '../faces/find-faces.js';
import type { PictureFaces, RecognisedFace } from '../faces/recognised.js';
import { appearanceOf } from '../faces/track/appearance.js';
import { isCut, type Scene, sceneOf } from '../faces/track/scene.js';
import { Smoother } from '../faces/track/smooth.js';
import { PeopleTracker, type Track } from '../faces/track/tracker.js';
import type { Picture } from '../image/rgb.js';
import { type Prediction, toPredictions } from '../predict/model.js';

/** A face in a frame of a film, and whose it is. */
export type FilmFace<Class extends string = string> = RecognisedFace<Class> & {
  /** From 1, the same through the whole film; null for a face that was seen once only. */
  readonly person: number | null;
  /** The person's probabilities smoothed over time; null where the face has no expression. */
  readonly smoothed: Prediction<Class> | null;
};

/** What a frame shows. */
export interface VideoFrame<Class extends string = string> {
  /** Seconds from the start of the film. */
  readonly time: number;
  /** Of the film's upright pictures, in pixels. */
  readonly width: number;
  readonly height: number;
  /** From the left to the right; empty where nobody is seen. */
  readonly faces: readonly FilmFace<Class>[];
}

/** A face that was followed. Whose it is may be known only later: `track.person`. */
export interface FollowedFace<Class extends string = string> {
  readonly face: RecognisedFace<Class>;
  readonly track: Track;
  readonly smoothed: Prediction<Class> | null;
}

/** The faces of a frame from the left to the right, with what is known now of whose they are. */
export function filmFaces<Class extends string>(faces: readonly FollowedFace<Class>[]): FilmFace<Class>[] {
  const given = faces.map(({ face, track, smoothed }) => ({ ...face, person: track.person, smoothed }));
  return given.sort((a, b) => a.box.x - b.box.x);
}

/** Everybody who has been seen so far, in frames that are given in order. */
export class People<Class extends string = string> {
  private readonly tracker = new PeopleTracker();
  private readonly smoothers = new WeakMap<Track, Smoother>();
  private scene: Scene | null = null;
  private time = Number.NEGATIVE_INFINITY;

  /** @param smoothing time constant in seconds; see Smoother. */
  constructor(
    private readonly classes: readonly Class[],
    private readonly smoothing: number,
  ) {}

  /**
   * Takes in a frame.
   *
   * @param time in seconds, after that of the last frame.
   * @param picture in which the faces were found, in its pixels.
   */
  add(time: number, picture: Picture, { faces }: PictureFaces<Class>): FollowedFace<Class>[] {
    const scene = sceneOf(picture.image);
    const cut = isCut(this.scene, scene, time - this.time);
    this.scene = scene;
    this.time = time;
    const sightings = faces.map((face) => ({
      face,
      appearance: appearanceOf(picture.image, scaledFace(face, picture.image.width / picture.width)),
    }));
    const tracks = this.tracker.update(time, sightings, cut);
    return faces.map((face, i) => ({
      face,
      track: tracks[i]!,
      smoothed: this.smooth(time, face, tracks[i]!),
    }));
  }

  /** After the last frame: faces that only it shows are people, too. */
  finish(): void {
    this.tracker.finish();
  }

  private smooth(time: number, face: RecognisedFace<Class>, track: Track): Prediction<Class> | null {
    if ('reason' in face) return null;
    let smoother = this.smoothers.get(track);
    if (smoother === undefined) {
      smoother = new Smoother(this.smoothing);
      this.smoothers.set(track, smoother);
    }
    const values = smoother.add(
      time,
      this.classes.map((name) => face.probabilities[name]),
    );
    return toPredictions(this.classes, Float32Array.from(values))[0]!;
  }
}

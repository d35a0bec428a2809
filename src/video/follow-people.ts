// People through the frames of a film: faces are recognised in each, given to the people whose they are, and their
// probabilities smoothed over time. Knows nothing of files.

import type { PictureFaces } from '../faces/recognised.js';
import type { Film, FrameChoice } from '../film/film.js';
import { chooser } from '../film/film.js';
import { type FollowedFace, filmFaces, People, type VideoFrame } from '../follow/people.js';
import { resizeRgb } from '../image/resize-rgb.js';
import { keptSize, type Picture } from '../image/rgb.js';
import type { ImageSize } from '../image/size.js';
import { throwIfAborted } from '../predict/model.js';

/** A frame with its pixels; `frame` is null for one that wasn't looked at. */
export interface ShownFrame<Class extends string = string> {
  readonly time: number;
  readonly picture: Picture;
  readonly frame: VideoFrame<Class> | null;
}

export interface FollowSettings {
  /** Seconds; see Smoother. */
  smoothing: number;
  choice: FrameChoice;
  /** In pixels of the film. */
  minFace: number | undefined;
  /** Frames that aren't looked at, and all pixels of the others, are asked for, too. */
  whole: boolean;
  signal: AbortSignal | undefined;
}

/** Finds and recognises the faces of one picture. */
export type FrameRecogniser<Class extends string> = (picture: Picture) => Promise<PictureFaces<Class>>;

/** Larger pictures are looked at in a smaller size, unless smaller faces are asked for. */
const mostPixels = 1_300_000;
/** In pixels of what is looked at. */
export const smallestFace = 20;

/** The size in which pictures are looked at. */
export function searchedSize(size: ImageSize, minFace: number | undefined): ImageSize {
  const usual = keptSize(size, mostPixels);
  const least = minFace === undefined ? Number.POSITIVE_INFINITY : Math.max(1, minFace / smallestFace);
  if (size.width / usual.width <= least) return usual;
  return { width: Math.round(size.width / least), height: Math.round(size.height / least) };
}

/** The next value is asked for while the one before is worked on. */
async function* ahead<T>(values: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = values.next();
  next.catch(() => {}); // awaited below
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = values.next();
      next.catch(() => {});
      yield value;
    }
  } finally {
    await values.return(undefined);
  }
}

interface Followed<Class extends string> {
  time: number;
  picture: Picture;
  /** Null for frames that aren't looked at. */
  faces: FollowedFace<Class>[] | null;
}

/**
 * Follows the people of a film. A frame is given when the next one has been looked at: a face is somebody's once it was
 * seen twice.
 *
 * @throws FerlabError as the film's frames and the recogniser do, and `interrupted` where the signal was aborted; what was
 *   seen until then has been given.
 */
export async function* followPeople<Class extends string>(
  film: Film,
  classes: readonly Class[],
  recogniseFrame: FrameRecogniser<Class>,
  { smoothing, choice, minFace, whole, signal }: FollowSettings,
): AsyncGenerator<ShownFrame<Class>, void, undefined> {
  const size = searchedSize(film, minFace);
  const { every, ...part } = choice;
  const frames = whole ? film.frames(film, part) : film.frames(size, choice);
  const isChosen = whole ? chooser({ every }) : () => true;
  const people = new People<Class>(classes, smoothing);
  /** The last frame that was looked at, and those after it. */
  let held: Followed<Class>[] = [];
  let index = 0;
  let failure: unknown = null;
  try {
    for await (const { time, picture } of ahead(frames)) {
      throwIfAborted(signal);
      const searched = isChosen(index++, time) ? searchedPicture(picture, size) : null;
      const faces = searched && people.add(time, searched, await recogniseFrame(searched));
      if (faces) {
        for (const frame of held) yield shown(frame);
        held = [];
      }
      // Frames that aren't looked at needn't wait, unless one before them does.
      if (faces || held.length > 0) held.push({ time, picture, faces });
      else yield { time, picture, frame: null };
      while (held.length > mostHeld) yield shown(held.shift()!);
    }
  } catch (error) {
    failure = error;
  }
  people.finish();
  for (const frame of held) yield shown(frame);
  if (failure !== null) throw failure;
}

/** Frames between two that are looked at that wait in memory. */
const mostHeld = 8;

function searchedPicture(picture: Picture, { width, height }: ImageSize): Picture {
  return { ...picture, image: resizeRgb(picture.image, width, height) };
}

function shown<Class extends string>({ time, picture, faces }: Followed<Class>): ShownFrame<Class> {
  const { width, height } = picture;
  return { time, picture, frame: faces && { time, width, height, faces: filmFaces(faces) } };
}

// Recognises the expressions of the people in a film, frame by frame.

import {
  checkArgument,
  checkHooks,
  checkOptions,
  loadedModel,
  type OptionRule,
  type OptionRules,
  path as pathRule,
} from '../check-options.js';
import { FerlabError } from '../errors.js';
import { type DetectOptions, detectRules, faceDetector } from '../faces/detector.js';
import { answerFaces, cutFaces, type Recogniser } from '../faces/recognise.js';
import type { Film, FrameChoice } from '../film/film.js';
import { openFilm } from '../film/open-film.js';
import type { VideoFrame } from '../follow/people.js';
import type { Hooks } from '../progress.js';
import { followPeople, type ShownFrame, smallestFace } from './follow-people.js';

/** Which frames of a film are looked at, and how. */
export interface VideoOptions extends FrameChoice, DetectOptions {
  /**
   * Time constant of the smoothing, in seconds: what lies so far back counts 37% of what is new. 0 smooths nothing. Default:
   * 0.5.
   */
  smoothing?: number | undefined;
}

/** How far the film has been watched. */
export interface VideoEvent {
  type: 'video';
  /** Of the last frame, in seconds from the start of the film. */
  time: number;
  /** The time that is watched; the end is null where the film doesn't say how long it is. */
  from: number;
  to: number | null;
  /** How many frames were looked at. */
  frames: number;
}

const seconds: OptionRule = {
  expected: 'a number of seconds, 0 or more',
  accepts: (value) => typeof value === 'number' && value >= 0 && Number.isFinite(value),
};

export const videoRules: OptionRules<VideoOptions> = {
  ...detectRules,
  start: seconds,
  end: seconds,
  every: {
    expected: '{ frames: 5 } or { seconds: 0.5 }, above 0',
    accepts: (value) => {
      if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false;
      const { frames, seconds: period } = value as Record<string, unknown>;
      if (frames !== undefined) return Number.isSafeInteger(frames) && Number(frames) >= 1;
      return typeof period === 'number' && period > 0 && Number.isFinite(period);
    },
  },
  smoothing: seconds,
};

/**
 * The people in a film and their expressions, frame by frame, in memory that doesn't grow with the film. A person keeps the
 * number through crossings, missed frames and up to ten seconds of absence, if the face then resembles what it was.
 *
 * @param path of a film that the machine's ffmpeg can read, or of an animated GIF or WebP file, which needs no ffmpeg.
 * @param recogniser finds and recognises the faces; it stays open.
 * @returns the frames that were looked at, in order, also those without a face. Each is given when the next has been looked at.
 * @throws FerlabError `usage`, at once, for arguments of the wrong form; `data` where the file is no film; `io` where ffmpeg
 *   is missing or ends before the film does; `interrupted` where the signal was aborted. What was seen until then has been
 *   given.
 */
export function recogniseVideo<Class extends string>(
  path: string,
  recogniser: Recogniser<Class>,
  options: VideoOptions = {},
  hooks: Hooks<VideoEvent> = {},
): AsyncGenerator<VideoFrame<Class>, void, undefined> {
  checkVideo('recogniseVideo', path, recogniser, hooks);
  checkOptions('recogniseVideo', options, videoRules);
  return lookedAt(path, recogniser, options, hooks);
}

/** The arguments of calls that watch films. */
export function checkVideo(where: string, path: unknown, recogniser: unknown, hooks: unknown): void {
  checkArgument(`${where}: path`, path, pathRule);
  checkOptions(`${where}: recogniser`, recogniser, { detector: faceDetector, model: loadedModel });
  checkHooks(where, hooks);
}

async function* lookedAt<Class extends string>(
  path: string,
  recogniser: Recogniser<Class>,
  options: VideoOptions,
  hooks: Hooks<VideoEvent>,
): AsyncGenerator<VideoFrame<Class>, void, undefined> {
  const film = await openFilm(path);
  for await (const { frame } of watch(film, recogniser, options, hooks, false)) if (frame) yield frame;
}

/**
 * Watches an open film.
 *
 * @param whole whether frames that aren't looked at are given, too, and all in the film's own size.
 */
export async function* watch<Class extends string>(
  film: Film,
  recogniser: Recogniser<Class>,
  { start, end, every, smoothing = 0.5, ...detect }: VideoOptions,
  { signal, onProgress }: Hooks<VideoEvent>,
  whole: boolean,
): AsyncGenerator<ShownFrame<Class>, void, undefined> {
  if (end !== undefined && end <= (start ?? 0)) {
    throw new FerlabError(
      'usage',
      `${film.path}: expected an end after the start, ${start ?? 0} s, got ${end} s.`,
    );
  }
  if (film.seconds !== null && start !== undefined && start >= film.seconds) {
    throw new FerlabError(
      'usage',
      `${film.path}: expected a start before the end of the film, ${film.seconds.toFixed(2)} s, got ${start} s.`,
    );
  }
  const to = film.seconds === null ? (end ?? null) : Math.min(end ?? film.seconds, film.seconds);
  const shown = followPeople(
    film,
    recogniser.model.classes,
    async (picture) => {
      // Faces that are small in what is looked at, not in a film of many pixels.
      const minFace = detect.minFace ?? Math.ceil((smallestFace * picture.width) / picture.image.width);
      const cut = await cutFaces(picture, recogniser, { ...detect, minFace });
      return (await answerFaces(recogniser.model, [cut]))[0]!;
    },
    { smoothing, choice: { start, end, every }, minFace: detect.minFace, whole, signal },
  );
  let frames = 0;
  for await (const next of shown) {
    if (next.frame) frames++;
    onProgress?.({ type: 'video', time: next.time, from: start ?? 0, to, frames });
    yield next;
  }
}

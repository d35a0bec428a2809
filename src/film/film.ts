// What a film is to the rest of the program: its size and length, and its frames one after the other, whether ffmpeg or
// sharp reads them.

import type { Picture } from '../image/rgb.js';

/** One picture of a film. */
export interface FilmFrame {
  /** Seconds from the start of the film. */
  readonly time: number;
  /** Upright. Its width and height are the film's; its pixels may be fewer. */
  readonly picture: Picture;
}

/** Which frames are read. */
export interface FrameChoice {
  /** Frames before this time are left out, in seconds. Default: 0. */
  start?: number | undefined;
  /** Frames from this time on are left out, in seconds. Default: all are read. */
  end?: number | undefined;
  /** Of how many frames, or of how many seconds, one is read. Default: every frame. */
  every?: { readonly frames: number } | { readonly seconds: number } | undefined;
}

/** A film that was opened. Nothing is held open between two uses. */
export interface Film {
  readonly path: string;
  /** Of the upright picture, in pixels; where a film changes size, of the first pictures. */
  readonly width: number;
  readonly height: number;
  /** Length; null where the file doesn't say. */
  readonly seconds: number | null;
  /** Frames per second on average; null where the file doesn't say. */
  readonly frameRate: number | null;
  /** Whether there is sound. */
  readonly sound: boolean;
  /** For people: the container and the codec. */
  readonly format: string;
  /**
   * Reads frames in order, a few at a time in memory however long the film is. Ending the iteration ends the reading.
   *
   * @param size of the pixels that frames come in.
   * @throws FerlabError `data` where no frame can be read; `io` where ffmpeg ends before the film does.
   */
  frames(
    size: { width: number; height: number },
    choice?: FrameChoice,
  ): AsyncGenerator<FilmFrame, void, undefined>;
  /** What was wrong with the film as far as it was read, for people. */
  readonly damage: readonly string[];
}

/** Of frames at irregular times, which are read: the first in each period of `every` seconds, or each `every`th. */
export function chooser({ start = 0, end, every }: FrameChoice): (index: number, time: number) => boolean {
  let period = Number.NEGATIVE_INFINITY;
  return (index, time) => {
    if (time < start || (end !== undefined && time >= end)) return false;
    if (every === undefined) return true;
    if ('frames' in every) return index % every.frames === 0;
    const current = Math.floor(time / every.seconds + 1e-6);
    if (current === period) return false;
    period = current;
    return true;
  };
}

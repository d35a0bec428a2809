// Frames of a playing video, one at a time: while one is worked on, the newest of those that come waits, and older ones are let
// go. So what is shown is never behind by more than two frames, however slow the engine is.

export interface Frame {
  image: ImageBitmap;
  /** Of the film, in seconds. */
  mediaTime: number;
  /** When it was shown, by performance.now(). */
  shownAt: number;
}

/** Calls back at each frame that is shown, or 60 times a second where the browser can't say. */
function onFrame(video: HTMLVideoElement, back: (mediaTime: number) => void): () => void {
  if ('requestVideoFrameCallback' in video) {
    const handle = video.requestVideoFrameCallback((_, { mediaTime }) => back(mediaTime));
    return () => video.cancelVideoFrameCallback(handle);
  }
  const handle = requestAnimationFrame(() => back((video as HTMLVideoElement).currentTime));
  return () => cancelAnimationFrame(handle);
}

/**
 * Gives `work` the frames of a video, the newest first, until it is stopped.
 *
 * @returns what stops it.
 */
export function followVideo(video: HTMLVideoElement, work: (frame: Frame) => Promise<void>): () => void {
  let waiting: Frame | null = null;
  let isWorking = false;
  let isStopped = false;
  let cancel = () => {};

  const next = async () => {
    if (isWorking) return;
    isWorking = true;
    while (waiting !== null && !isStopped) {
      const frame: Frame = waiting;
      waiting = null;
      await work(frame);
    }
    isWorking = false;
  };

  const take = async (mediaTime: number) => {
    const shownAt = performance.now();
    try {
      const image = await createImageBitmap(video);
      if (isStopped) image.close();
      else {
        waiting?.image.close();
        waiting = { image, mediaTime, shownAt };
        void next();
      }
    } catch {
      // The video has no picture yet.
    }
    if (!isStopped) cancel = onFrame(video, (time) => void take(time));
  };

  cancel = onFrame(video, (time) => void take(time));
  return () => {
    isStopped = true;
    cancel();
    waiting?.image.close();
    waiting = null;
  };
}

/** How many frames a second, and how old they are when they are shown, over the last seconds. */
export class Pace {
  private readonly done: { at: number; latency: number }[] = [];

  add(at: number, latency: number): void {
    this.done.push({ at, latency });
    while (this.done.length > 2 && at - this.done[0]!.at > 2000) this.done.shift();
  }

  /** Null before the second frame. */
  now(): { perSecond: number; latency: number } | null {
    const [first, last] = [this.done[0], this.done.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return null;
    const latency = this.done.reduce((sum, frame) => sum + frame.latency, 0) / this.done.length;
    return { perSecond: (1000 * (this.done.length - 1)) / (last.at - first.at), latency };
  }
}

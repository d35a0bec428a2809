// A webcam or a film that is followed: whether it runs, what its last frame shows, how fast it goes, and its timeline.

import { batch, signal } from '@preact/signals';
import { call } from '../../engine/client.js';
import type { FollowedFrame } from '../../engine/follow-frames.js';
import type { TimelineData } from '../../engine/recording.js';
import { chosenModel } from '../../engine/studio.js';
import { type Frame, followVideo, Pace } from '../../media/frames.js';
import { asFailure } from '../../words/failures.js';
import { rotations } from './pictures-state.js';

export const liveFrame = signal<FollowedFrame | null>(null);
export const livePace = signal<{ perSecond: number; latency: number } | null>(null);
export const liveTimeline = signal<TimelineData | null>(null);
export const liveFailure = signal<string | null>(null);
/** Parts of the timeline, by the width at which it is shown. */
export const timelineWidth = signal(240);

/** Milliseconds between two timelines, and between two numbers of the pace. */
const timelineEvery = 1000;
const paceEvery = 500;
/** Of the frame's height: smaller faces are left out, for speed. */
const smallestShare = 1 / 12;

let lastTime = Number.NEGATIVE_INFINITY;
let pace = new Pace();
let paceShownAt = 0;
let timelineAskedAt = 0;

/** Throws away what was seen so far. */
export async function beginAnew(): Promise<void> {
  lastTime = Number.NEGATIVE_INFINITY;
  pace = new Pace();
  batch(() => {
    liveFrame.value = null;
    livePace.value = null;
    liveTimeline.value = null;
    liveFailure.value = null;
  });
  await call('restartFollowing', null);
}

async function askTimeline(): Promise<void> {
  liveTimeline.value = await call('timelineOf', { parts: timelineWidth.value });
}

function showPace(shownAt: number): void {
  const now = performance.now();
  pace.add(now, now - shownAt);
  if (now - paceShownAt < paceEvery) return;
  paceShownAt = now;
  livePace.value = pace.now();
}

async function recogniseFrame({ image, shownAt }: Frame, time: number): Promise<void> {
  // The film went back, by its reader or because it began again.
  if (time <= lastTime) await beginAnew();
  lastTime = time;
  const question = {
    frame: image,
    time,
    model: chosenModel.value!,
    minFace: Math.max(24, Math.round(image.height * smallestShare)),
    rotations: rotations.value,
  };
  liveFrame.value = await call('followFrame', question, { transfer: [image] });
  showPace(shownAt);
  if (performance.now() - timelineAskedAt > timelineEvery) {
    timelineAskedAt = performance.now();
    await askTimeline();
  }
}

/**
 * Follows a playing video until the function that it returns is called.
 *
 * @param timeOf seconds of a frame: later for later ones.
 */
export function follow(video: HTMLVideoElement, timeOf: (frame: Frame) => number): () => void {
  const stop = followVideo(video, async (frame) => {
    try {
      await recogniseFrame(frame, timeOf(frame));
    } catch (error) {
      liveFailure.value = asFailure(error).message;
      stop();
    }
  });
  return () => {
    stop();
    void askTimeline().catch(() => {});
  };
}

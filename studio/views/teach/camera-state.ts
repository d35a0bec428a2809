// The camera of the Teach view: one preview for recording samples and for trying the model.

import { signal } from '@preact/signals';
import { call } from '../../engine/client.js';
import { closeStream, openCamera } from '../../media/camera.js';
import { asFailure } from '../../words/failures.js';
import { addSample, describeReason, parentId } from './lesson-state.js';

export const stream = signal<MediaStream | null>(null);
export const cameraFailure = signal<string | null>(null);
/** The class that is being recorded; null for none. */
export const recordedClass = signal<number | null>(null);
/** Why the last frame gave no sample; null where it gave one. */
export const recordProblem = signal<string | null>(null);
/** The element that shows the camera. */
export const preview: { video: HTMLVideoElement | null } = { video: null };

/** Milliseconds between two samples: people move little in less. */
const between = 120;

export async function startCamera(): Promise<boolean> {
  cameraFailure.value = null;
  try {
    stream.value = await openCamera(null);
    return true;
  } catch (error) {
    cameraFailure.value = (error as Error).message;
    return false;
  }
}

export function stopCamera(): void {
  stopRecording();
  closeStream(stream.value);
  stream.value = null;
}

/** The frame that the camera shows now; null before the first. */
export async function currentFrame(): Promise<ImageBitmap | null> {
  const { video } = preview;
  if (video === null || video.videoWidth === 0) return null;
  return createImageBitmap(video);
}

let takes = 0;
/** The recording that runs; one that was stopped ends after its frame. */
let running: object | null = null;

/** Takes samples until recording stops; one at least. */
export async function record(classId: number): Promise<void> {
  const own = {};
  running = own;
  recordedClass.value = classId;
  const take = `take-${Date.now().toString(36)}-${++takes}`;
  try {
    do {
      const begin = performance.now();
      await takeOne(classId, take);
      const left = between - (performance.now() - begin);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
    } while (running === own);
  } catch (error) {
    recordProblem.value = asFailure(error).message;
    if (running === own) stopRecording();
  }
}

async function takeOne(classId: number, take: string): Promise<void> {
  const frame = await currentFrame();
  if (frame === null) return;
  const taken = await call('takeFrame', { frame, model: parentId.value! }, { transfer: [frame] });
  if (taken.sample === null) {
    recordProblem.value = describeReason(taken.reason);
    return;
  }
  recordProblem.value = null;
  addSample(taken.sample, { classId, name: 'recorded', take });
}

export function stopRecording(): void {
  running = null;
  recordedClass.value = null;
}

// What the threads that make training crops do: cut faces out of photographs into the pixels of a batch.

import type { PictureLevel } from '../../../data/faces/picture-store.js';
import { Random } from '../../../random/random.js';
import type { CropPlan } from './crop-plan.js';
import { renderCrop } from './render-crop.js';

export interface CropTask {
  side: number;
  seed: number;
  epoch: number;
  crops: readonly {
    /** Number within the epoch, from which its colours and noise derive. */
    number: number;
    plan: CropPlan;
    photo: readonly PictureLevel[];
  }[];
  /** Receives `[crops, 3, side, side]`, float32; handed over and back. */
  pixels: ArrayBuffer;
}

export function runCropTask({ side, seed, epoch, crops, pixels }: CropTask): ArrayBuffer {
  const into = new Float32Array(pixels);
  crops.forEach(({ number, plan, photo }, i) => {
    const levels = photo.map(({ memory, offset, width, height }) => ({
      width,
      height,
      data: new Uint8Array(memory, offset, width * height * 3),
    }));
    const random = new Random(seed, 'crop pixels', epoch, number);
    renderCrop(plan, levels, side, random, into, i * 3 * side * side);
  });
  return pixels;
}

// The work that image workers do, as plain functions over messages: decode a run of samples, or make the pixels of one
// batch. Workers keep no state between tasks, so any worker can do any task and the result is the same.

import { createHash } from 'node:crypto';
import { forEachAtOnce } from '../../at-once.js';
import { decodeGray } from '../../decode/decode.js';
import { DecodeError } from '../../decode/decode-error.js';
import type { SampleSource } from '../../decode/sample-source.js';
import {
  type AugmentOptions,
  applyAugmentation,
  augmentedSize,
  drawAugmentation,
} from '../../image/augment.js';
import { resizeGray } from '../../image/resize.js';
import { Random } from '../../random/random.js';

/** Bytes of one digest (SHA-256). */
export const digestBytes = 32;

/** Decode `sources`; image i goes to slot `firstSlot + i` of `kept` where that is given. */
export interface DecodeTask {
  kind: 'decode';
  sources: SampleSource[];
  width: number;
  height: number;
  maxPixels: number;
  /** The store's memory, `width * height` bytes per slot. */
  kept: SharedArrayBuffer | null;
  firstSlot: number;
}

export interface DecodeResult {
  /** SHA-256 of every image's size and pixels as decoded, before resizing; zeros for bad ones. */
  digests: Uint8Array;
  /** `index` counts from the task's first source. */
  bad: { index: number; reason: string }[];
}

/** Make the pixels of one batch, from memory (`slots` of `kept`) or by decoding `sources` again. */
export interface BatchTask {
  kind: 'batch';
  /** Of the images, before augmentation. */
  width: number;
  height: number;
  images:
    | { kind: 'kept'; kept: SharedArrayBuffer; slots: Int32Array }
    | { kind: 'sources'; sources: SampleSource[]; maxPixels: number };
  /** Null leaves images as they are. */
  augment: AugmentOptions | null;
  /** Side of the squares that augmented images are resized to; null for their own size. */
  side: number | null;
  seed: number;
  epoch: number;
  /** The images' places in the store, from which their augmentation derives. */
  indices: Int32Array;
  /** Receives the pixels, float32 `[N, 1, height, width]` of the augmented (and resized) images; handed over and back. */
  pixels: ArrayBuffer;
}

export interface BatchResult {
  pixels: ArrayBuffer;
}

export type ImageTask = DecodeTask | BatchTask;

/** Files in flight per worker: while one is decoded, the next is read. More would only take memory. */
const inFlight = 2;

export async function runDecodeTask(task: DecodeTask): Promise<DecodeResult> {
  const { sources, width, height, kept } = task;
  const digests = new Uint8Array(sources.length * digestBytes);
  const bad: DecodeResult['bad'] = [];
  await forEachAtOnce(sources.length, inFlight, async (index) => {
    try {
      const image = await decodeGray(sources[index]!, task.maxPixels);
      const hash = createHash('sha256').update(Uint32Array.of(image.width, image.height)).update(image.data);
      digests.set(hash.digest(), index * digestBytes);
      if (kept) {
        const size = width * height;
        const slot = new Uint8Array(kept, (task.firstSlot + index) * size, size);
        slot.set(resizeGray(image, width, height).data);
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      bad.push({ index, reason: error.reason });
    }
  });
  bad.sort((a, b) => a.index - b.index);
  return { digests, bad };
}

/** Decodes one image at the batch's size. */
export async function decodeResized(
  source: SampleSource,
  width: number,
  height: number,
  maxPixels: number,
): Promise<Uint8Array> {
  return resizeGray(await decodeGray(source, maxPixels), width, height).data;
}

export async function runBatchTask(task: BatchTask): Promise<BatchResult> {
  const { width, height, images, augment, side, indices } = task;
  const size = width * height;
  const made = side === null ? augmentedSize(augment, task) : { width: side, height: side };
  const madeSize = made.width * made.height;
  const target = new Float32Array(task.pixels, 0, indices.length * madeSize);
  const place = (position: number, image: Uint8Array) => {
    if (!augment) {
      target.set(image, position * madeSize);
      return;
    }
    const random = new Random(task.seed, 'augment', task.epoch, indices[position]!);
    const drawn = drawAugmentation(augment, random, { width, height }, side);
    applyAugmentation(image, width, height, drawn, target, position * madeSize);
  };
  if (images.kind === 'kept') {
    const kept = new Uint8Array(images.kept);
    for (let i = 0; i < indices.length; i++) {
      const from = images.slots[i]! * size;
      place(i, kept.subarray(from, from + size));
    }
  } else {
    await forEachAtOnce(indices.length, inFlight, async (i) => {
      const source = images.sources[i]!;
      try {
        place(i, await decodeResized(source, width, height, images.maxPixels));
      } catch (error) {
        if (!(error instanceof DecodeError) || source.kind === 'pixels') throw error;
        throw new DecodeError(
          `${error.reason}. It could be read at the start: leave files as they are.`,
          source.path,
        );
      }
    });
  }
  return { pixels: task.pixels };
}

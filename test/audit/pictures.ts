// Made-up photographs for the tests of the audit: smooth random patterns that can be rendered at any crop, so that two
// renderings of one are near copies of each other, and renderings of different ones are not.

import type { Sample } from '../../src/data/dataset/types.js';
import type { ImageStore } from '../../src/data/store/store.js';
import { openImages } from '../../src/data/store/store.js';
import { Random } from '../../src/random/random.js';

/** Brightness, about -1 to 1, at a place from 0 to 1 across and down. */
export type Photograph = (x: number, y: number) => number;

/** What is done to a photograph; by default the whole of it as it is. */
export interface Rendering {
  side?: number;
  /** Part of the width and height that is shown, and where it begins. */
  share?: number;
  left?: number;
  top?: number;
  mirrored?: boolean;
  gain?: number;
  bias?: number;
  /** Standard deviation of added noise, in grey levels. */
  noise?: number;
}

export function takePhotograph(seed: number): Photograph {
  const random = new Random(seed, 'photograph');
  const waves = Array.from({ length: 40 }, () => {
    const angle = random.uniform(0, 2 * Math.PI);
    const frequency = random.uniform(0.4, 7);
    return {
      x: 2 * Math.PI * frequency * Math.cos(angle),
      y: 2 * Math.PI * frequency * Math.sin(angle),
      phase: random.uniform(0, 2 * Math.PI),
      height: 0.5 / (0.6 + frequency),
    };
  });
  return (x, y) =>
    waves.reduce((sum, wave) => sum + wave.height * Math.cos(wave.x * x + wave.y * y + wave.phase), 0);
}

export function render(photograph: Photograph, rendering: Rendering = {}): Uint8Array {
  const {
    side = 48,
    share = 1,
    left = 0,
    top = 0,
    mirrored = false,
    gain = 1,
    bias = 0,
    noise = 0,
  } = rendering;
  const random = new Random(1, 'noise');
  const pixels = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = mirrored ? side - 1 - x : x;
      const value = photograph(left + (share * (at + 0.5)) / side, top + (share * (y + 0.5)) / side);
      const grey = 128 + gain * 60 * value + bias + (noise > 0 ? random.normal(0, noise) : 0);
      pixels[y * side + x] = Math.min(255, Math.max(0, Math.round(grey)));
    }
  }
  return pixels;
}

/** A store of square pictures in memory. */
export function storeOf(
  pictures: readonly { pixels: Uint8Array; label?: number; file?: string }[],
  options: { memoryBudget?: number } = {},
): Promise<ImageStore> {
  const samples = pictures.map(({ pixels, label = 0, file }, i): Sample => {
    const side = Math.sqrt(pixels.length);
    return {
      file: file ?? `${i}.png`,
      label,
      source: { kind: 'pixels', pixels, width: side, height: side },
    };
  });
  return openImages(samples, { width: 48, height: 48, workers: 1, ...options });
}

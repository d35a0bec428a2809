// What the threads that make training tiles do: resample photographs into the pixels of a batch.

import type { PictureLevel } from '../../../data/faces/picture-store.js';
import { Random } from '../../../random/random.js';
import { renderTile } from './render-tile.js';
import type { Placement } from './tile-plan.js';

export interface TileTask {
  side: number;
  seed: number;
  epoch: number;
  tiles: readonly {
    /** Number within the epoch, from which its colours and noise derive. */
    number: number;
    placements: readonly Placement[];
    /** Of each placement. */
    photos: readonly (readonly PictureLevel[])[];
  }[];
  /** Receives `[tiles, 3, side, side]`, float32; handed over and back. */
  pixels: ArrayBuffer;
}

export function runTileTask({ side, seed, epoch, tiles, pixels }: TileTask): ArrayBuffer {
  const into = new Float32Array(pixels);
  tiles.forEach(({ number, placements, photos }, i) => {
    const levels = photos.map((photo) =>
      photo.map(({ memory, ...level }) => ({ ...level, data: new Uint8Array(memory) })),
    );
    const random = new Random(seed, 'tile pixels', epoch, number);
    renderTile(placements, levels, side, random, into, i * 3 * side * side);
  });
  return pixels;
}

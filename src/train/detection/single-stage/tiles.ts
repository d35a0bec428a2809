// Batches of training tiles. What a batch holds depends on the seed, the epoch and its number alone: places and targets are
// drawn here, pixels are made by threads ahead of the step that uses them.

import type { StoredPicture } from '../../../data/faces/picture-store.js';
import { ThreadPool } from '../../../data/store/thread-pool.js';
import { Random } from '../../../random/random.js';
import { type AheadLoader, batchesAhead } from '../batches-ahead.js';
import { assignTargets, cellCount, columnCount } from './assign.js';
import { drawTile, type Placement, placeLabels } from './tile-plan.js';
import type { TileTask } from './tile-tasks.js';

export interface TileOptions {
  /** Of the square tiles in pixels, a multiple of 32. */
  side: number;
  batchSize: number;
  /** Tiles of an epoch. */
  tiles: number;
  seed: number;
  /** Batches that are made ahead. */
  ahead: number;
  workers: number;
}

class TilePool extends ThreadPool {
  constructor(workers: number) {
    super('dist/train/detection/single-stage/tile-worker.js', workers);
  }

  run(task: TileTask): Promise<ArrayBuffer> {
    return this.post(task, [task.pixels]);
  }
}

/** How often a picture without a face is drawn, where there are any: few are labelled so, and they show what is no face. */
const emptyShare = 0.12;

/** Draws one of some pictures: the longer a picture's side, the more there is to see in it, so the more often. */
function bySide(pictures: readonly StoredPicture[], places: readonly number[]): (random: Random) => number {
  const ends: number[] = [];
  let total = 0;
  for (const place of places) {
    const { width, height } = pictures[place]!;
    total += Math.max(width, height);
    ends.push(total);
  }
  return (random) => {
    const at = random.uniform(0, total);
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! > at) high = middle;
      else low = middle + 1;
    }
    return places[low]!;
  };
}

/** Draws the places of pictures. */
export function chooser(pictures: readonly StoredPicture[]): (random: Random) => number {
  const isEmpty = ({ faces, ignore }: StoredPicture): boolean => faces.length === 0 && ignore.length === 0;
  const places = [...pictures.keys()];
  const empty = places.filter((place) => isEmpty(pictures[place]!));
  const others = places.filter((place) => !isEmpty(pictures[place]!));
  const [drawEmpty, drawOther] = [bySide(pictures, empty), bySide(pictures, others)];
  return (random) =>
    empty.length > 0 && random.uniform() < emptyShare ? drawEmpty(random) : drawOther(random);
}

function drawer(pictures: readonly StoredPicture[], side: number, seed: number) {
  const choose = chooser(pictures);
  return (epoch: number, number: number): Placement[] =>
    drawTile(side, (i) => pictures[i]!, choose, new Random(seed, 'tile', epoch, number));
}

function taskOf(
  pictures: readonly StoredPicture[],
  plans: readonly Placement[][],
  side: number,
  seed: number,
  epoch: number,
  first: number,
  pixels: ArrayBuffer,
): TileTask {
  const tiles = plans.map((placements, i) => ({
    number: first + i,
    placements,
    photos: placements.map(({ source }) => pictures[source]!.levels),
  }));
  return { side, seed, epoch, tiles, pixels };
}

export function createTileLoader(pictures: readonly StoredPicture[], options: TileOptions): AheadLoader {
  const { side, batchSize, tiles, seed, ahead, workers } = options;
  const pool = new TilePool(workers);
  const draw = drawer(pictures, side, seed);
  const cells = cellCount(side);
  return batchesAhead(pool, { total: tiles, batchSize, ahead }, (epoch, first, size) => {
    const plans = Array.from({ length: size }, (_, i) => draw(epoch, first + i));
    const targets = new Float32Array(size * cells * columnCount);
    plans.forEach((plan, i) => {
      assignTargets(
        placeLabels(plan, (place) => pictures[place]!),
        side,
        targets,
        i * cells * columnCount,
      );
    });
    const memory = new ArrayBuffer(size * 3 * side * side * Float32Array.BYTES_PER_ELEMENT);
    const pixels = pool.run(taskOf(pictures, plans, side, seed, epoch, first, memory));
    return { size, targets, pixels };
  });
}

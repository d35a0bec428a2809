// Crops with their targets in memory, as bytes, and the order in which steps take them: so many of each kind a batch.

import { createHash } from 'node:crypto';
import { type BoxOffsets, offsetsTo, pointRelative } from '../../../faces/boxes.js';
import { Random } from '../../../random/random.js';
import { type Crop, type CropKind, cropKinds } from './sample-crops.js';

/** What a stage is to say of a crop: box and points as shares of the crop's side. */
export interface CropTargets {
  /** Left, top, right and bottom edge of the face, each from the same edge of the crop. */
  readonly box: BoxOffsets;
  /** x and y of five points, from the crop's upper left corner; 0 where one isn't known. */
  readonly points: readonly number[];
  /** 1 for each point that is known, else 0. */
  readonly known: readonly number[];
}

/** Targets of a crop; zeros for one without a face. */
export function targetsOf({ x, y, side, face }: Crop): CropTargets {
  if (face === null) return { box: [0, 0, 0, 0], points: new Array(10).fill(0), known: [0, 0, 0, 0, 0] };
  const square = { x, y, width: side, height: side };
  return {
    box: offsetsTo(square, face.box),
    points: face.points.flatMap((point) => (point === null ? [0, 0] : pointRelative(square, point))),
    known: face.points.map((point) => (point === null ? 0 : 1)),
  };
}

/** Crops of one size. */
export interface CropSet {
  /** Side in pixels. */
  readonly size: number;
  readonly count: number;
  /** Places of the crops of each kind. */
  readonly places: Readonly<Record<CropKind, Int32Array>>;
  /** Red, green and blue plane, `3 * size * size` values from 0 to 255. */
  pixels(place: number): Uint8Array;
  kind(place: number): CropKind;
  targets(place: number): CropTargets;
  /** SHA-256 of all of it. */
  readonly fingerprint: string;
}

/** Crops of one block of memory: sets grow by blocks, so that nothing is copied. */
const blockCrops = 4096;
/** Numbers of a crop's targets: box, points, known points. */
const targetSize = 4 + 10 + 5;

interface Block {
  pixels: Uint8Array;
  kinds: Uint8Array;
  targets: Float32Array;
}

/** Collects crops one by one. */
export class CropSetBuilder {
  private readonly blocks: Block[] = [];
  private readonly hash = createHash('sha256');
  private readonly bytes: number;
  private count = 0;

  constructor(private readonly size: number) {
    this.bytes = 3 * size * size;
  }

  /** @param write puts the crop's pixels, planes of red, green and blue, into memory that is all zeros. */
  add(crop: Crop, write: (pixels: Uint8Array) => void): void {
    const at = this.count % blockCrops;
    if (at === 0) {
      this.blocks.push({
        pixels: new Uint8Array(blockCrops * this.bytes),
        kinds: new Uint8Array(blockCrops),
        targets: new Float32Array(blockCrops * targetSize),
      });
    }
    const block = this.blocks.at(-1)!;
    const pixels = block.pixels.subarray(at * this.bytes, (at + 1) * this.bytes);
    const targets = block.targets.subarray(at * targetSize, (at + 1) * targetSize);
    write(pixels);
    const { box, points, known } = targetsOf(crop);
    targets.set([...box, ...points, ...known]);
    block.kinds[at] = cropKinds.indexOf(crop.kind);
    this.hash
      .update(pixels)
      .update(targets)
      .update(block.kinds.subarray(at, at + 1));
    this.count++;
  }

  finish(): CropSet {
    const { blocks, bytes, size, count } = this;
    const block = (place: number): Block => blocks[Math.floor(place / blockCrops)]!;
    const kindAt = (place: number): CropKind => cropKinds[block(place).kinds[place % blockCrops]!]!;
    const all = Array.from({ length: count }, (_, place) => place);
    return {
      size,
      count,
      places: Object.fromEntries(
        cropKinds.map((kind) => [kind, Int32Array.from(all.filter((place) => kindAt(place) === kind))]),
      ) as Record<CropKind, Int32Array>,
      pixels: (place) => {
        const at = place % blockCrops;
        return block(place).pixels.subarray(at * bytes, (at + 1) * bytes);
      },
      kind: kindAt,
      targets: (place) => {
        const at = (place % blockCrops) * targetSize;
        const values = [...block(place).targets.subarray(at, at + targetSize)];
        const [left, top, right, bottom] = values as [number, number, number, number];
        return { box: [left, top, right, bottom], points: values.slice(4, 14), known: values.slice(14) };
      },
      fingerprint: this.hash.digest('hex'),
    };
  }
}

/** Crops of each kind in a batch: three negatives for each part, positive and crop for points, as in the paper. */
const mixture: Readonly<Record<CropKind, number>> = { negative: 3, part: 1, positive: 1, points: 1 };

/** How a set is divided into batches. */
export interface BatchPlan {
  /** Crops of each kind in a batch; none of a kind that the set lacks. */
  readonly mix: Readonly<Record<CropKind, number>>;
  /** Crops of a batch. */
  readonly size: number;
  readonly batchesPerEpoch: number;
}

/**
 * @param batchSize crops of a batch of a set that has all kinds, a multiple of six.
 * @param most batches an epoch; by default an epoch takes every positive crop once.
 */
export function planBatches(set: CropSet, batchSize: number, most: number): BatchPlan {
  const unit = batchSize / 6;
  const mix = Object.fromEntries(
    cropKinds.map((kind) => [kind, set.places[kind].length === 0 ? 0 : mixture[kind] * unit]),
  ) as Record<CropKind, number>;
  const size = cropKinds.reduce((sum, kind) => sum + mix[kind], 0);
  const once = Math.ceil(set.places.positive.length / unit);
  return { mix, size, batchesPerEpoch: Math.max(1, Math.min(most, once)) };
}

/** Hands out the crops of a set in batches. Every crop of a kind comes once before one comes again. */
export class CropOrder {
  private readonly shuffled = new Map<CropKind, { pass: number; places: Int32Array }>();

  constructor(
    private readonly set: CropSet,
    private readonly plan: BatchPlan,
    private readonly seed: number,
  ) {}

  /** Places of the crops of a batch, by its number over all epochs, from 0. The same number gives the same batch. */
  batch(number: number): Int32Array {
    const batch = new Int32Array(this.plan.size);
    let filled = 0;
    for (const kind of cropKinds) {
      const share = this.plan.mix[kind];
      const count = this.set.places[kind].length;
      for (let i = 0; i < share; i++) {
        const turn = number * share + i;
        batch[filled++] = this.order(kind, Math.floor(turn / count))[turn % count]!;
      }
    }
    return batch;
  }

  private order(kind: CropKind, pass: number): Int32Array {
    const kept = this.shuffled.get(kind);
    if (kept?.pass === pass) return kept.places;
    const places = new Random(this.seed, 'order', kind, pass).shuffle(this.set.places[kind].slice());
    this.shuffled.set(kind, { pass, places });
    return places;
  }
}

// The images of all splits of a dataset as one numbered list, read at one small size. Not the dataset itself: labels and
// files are those of the stores.

import { setImmediate } from 'node:timers/promises';
import type { Sample } from '../data/dataset/types.js';
import { sequentialBatches } from '../data/store/batches.js';
import { digestBytes } from '../data/store/image-tasks.js';
import { fingerprintOf, type ImageStore } from '../data/store/store.js';
import { onlyImages } from '../data/store/subset.js';
import { FerlabError } from '../errors.js';

/** One image by its name. */
export interface ImageReference {
  /** Path relative to the dataset's folder; for CSV rows `fer2013.csv:123`. */
  file: string;
  /** As found on disk: `train`, `validation`, ... */
  split: string;
  /** Class name. */
  label: string;
}

/** One split with its decoded images. */
export interface AuditSplit {
  name: string;
  store: ImageStore;
}

/** How long work on images goes on, in milliseconds, before Ctrl-C is heard. */
const breathEvery = 50;
const imagesPerBatch = 256;

/** Lets long loops stop and show their progress. */
export class Pace {
  private last = performance.now();

  constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly onProgress: (done: number) => void = () => {},
  ) {}

  /** Waits for a moment now and then; true where the caller has to `await` it. */
  due(): boolean {
    return performance.now() - this.last > breathEvery;
  }

  async breathe(done: number): Promise<void> {
    this.onProgress(done);
    await setImmediate();
    if (this.signal?.aborted) throw new FerlabError('interrupted', 'Stopped; nothing was written.');
    this.last = performance.now();
  }
}

/** Every usable image of every split: those of the first split first. */
export class AuditImages {
  readonly count: number;
  /** Side of the images in pixels; they are square. */
  readonly side: number;
  readonly labels: Int32Array;
  /** Place of every image's split in `splits`. */
  readonly splitOf: Uint8Array;
  private readonly firsts: number[] = [];

  constructor(
    readonly splits: readonly AuditSplit[],
    readonly classes: readonly string[],
  ) {
    const [first] = splits;
    if (!first) throw new RangeError('AuditImages: expected at least one split');
    this.side = first.store.width;
    for (const { name, store } of splits) {
      if (store.width !== this.side || store.height !== this.side) {
        throw new RangeError(
          `AuditImages: expected ${this.side}x${this.side}, found ${store.width}x${store.height} in ${name}`,
        );
      }
    }
    this.count = splits.reduce((sum, { store }) => sum + store.count, 0);
    this.labels = new Int32Array(this.count);
    this.splitOf = new Uint8Array(this.count);
    let next = 0;
    splits.forEach(({ store }, s) => {
      this.firsts.push(next);
      this.labels.set(store.labels, next);
      this.splitOf.fill(s, next, next + store.count);
      next += store.count;
    });
  }

  private place(i: number): { store: ImageStore; index: number } {
    const split = this.splitOf[i]!;
    return { store: this.splits[split]!.store, index: i - this.firsts[split]! };
  }

  /** Image i as its dataset has it. */
  sample(i: number): Sample {
    const { store, index } = this.place(i);
    return store.samples[index]!;
  }

  /** File, split and class of image i. */
  reference(i: number): ImageReference {
    return {
      file: this.sample(i).file,
      split: this.splits[this.splitOf[i]!]!.name,
      label: this.classes[this.labels[i]!]!,
    };
  }

  /** Grey values of image i, row by row; not to be changed. */
  bytes(i: number): Promise<Uint8Array> {
    const { store, index } = this.place(i);
    return store.bytes(index);
  }

  /** Grey values of some images by their numbers; each is decoded once, in the workers, where it isn't kept. */
  async load(numbers: Iterable<number>): Promise<Map<number, Uint8Array>> {
    const wanted: number[][] = this.splits.map(() => []);
    for (const i of numbers) wanted[this.splitOf[i]!]!.push(i);
    const loaded = new Map<number, Uint8Array>();
    for (const [s, { store }] of this.splits.entries()) {
      if (store.kept) {
        for (const i of wanted[s]!) loaded.set(i, await this.bytes(i));
        continue;
      }
      const places = wanted[s]!.map((i) => i - this.firsts[s]!);
      for await (const batch of sequentialBatches(onlyImages(store, places), imagesPerBatch)) {
        const size = this.side * this.side;
        batch.indices.forEach((index, k) => {
          loaded.set(wanted[s]![index]!, Uint8Array.from(batch.pixels.subarray(k * size, (k + 1) * size)));
        });
        batch.release();
      }
    }
    return loaded;
  }

  /** SHA-256 (hex) over names, labels and pixels, as an image store of all of them has. */
  fingerprint(): string {
    const samples = this.splits.flatMap(({ store }) => [...store.samples]);
    return fingerprintOf({ samples, digest: (i) => this.digest(i) });
  }

  /** Equal for images of the same size and pixels. */
  digest(i: number): Uint8Array {
    const { store, index } = this.place(i);
    return store.digest(index);
  }

  /** Calls `work` for every image in order; `pixels` is only good until `work` returns. */
  async forEach(work: (i: number, pixels: Uint8Array) => void, pace: Pace): Promise<void> {
    const scratch = new Uint8Array(this.side * this.side);
    for (const [s, { store }] of this.splits.entries()) {
      const first = this.firsts[s]!;
      if (store.kept) {
        const memory = new Uint8Array(store.kept.memory);
        for (let i = 0; i < store.count; i++) {
          const from = store.kept.slots[i]! * scratch.length;
          work(first + i, memory.subarray(from, from + scratch.length));
          if (pace.due()) await pace.breathe(first + i + 1);
        }
        continue;
      }
      for await (const batch of sequentialBatches(store, imagesPerBatch)) {
        for (let k = 0; k < batch.size; k++) {
          scratch.set(batch.pixels.subarray(k * scratch.length, (k + 1) * scratch.length));
          work(first + batch.indices[k]!, scratch);
        }
        const done = first + batch.indices[batch.size - 1]! + 1;
        batch.release();
        if (pace.due()) await pace.breathe(done);
      }
    }
  }

  /**
   * For every image, the first image of the same pixels: itself where there is none before it. One pass, by a hash
   * table with open addressing over the digests.
   */
  firstCopies(): Int32Array {
    const firsts = Int32Array.from({ length: this.count }, (_, i) => i);
    let places = 16;
    while (places < this.count * 2) places *= 2;
    const table = new Int32Array(places).fill(-1);
    for (let i = 0; i < this.count; i++) {
      const digest = this.digest(i);
      let place = (digest[0]! | (digest[1]! << 8) | (digest[2]! << 16) | (digest[3]! << 24)) & (places - 1);
      for (; table[place]! >= 0; place = (place + 1) & (places - 1)) {
        if (equalDigests(this.digest(table[place]!), digest)) break;
      }
      if (table[place]! >= 0) firsts[i] = table[place]!;
      else table[place] = i;
    }
    return firsts;
  }
}

function equalDigests(a: Uint8Array, b: Uint8Array): boolean {
  for (let k = 0; k < digestBytes; k++) if (a[k] !== b[k]) return false;
  return true;
}

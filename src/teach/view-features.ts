// Features of pictures and of slightly changed views of them, computed once: teaching again, after a few samples were added
// or deleted, computes those of the new ones alone.
//
// Views are shifted, turned and zoomed a little. They aren't mirrored: looking left and looking right may be two classes.

import { applyAugmentation, drawAugmentation, noAugmentation } from '../image/augment.js';
import type { GrayImage } from '../image/gray.js';
import { Random } from '../random/random.js';
import { pictureKey } from './find-copies.js';
import type { Trunk } from './trunk.js';

/** Of a picture that is trained on: itself, and three changed ones. */
export const trainingViews = 4;
const changes = {
  ...noAugmentation,
  zoom: 0.1,
  isotropicZoom: true,
  rotation: 10,
  widthShift: 0.06,
  heightShift: 0.06,
};
/** Pictures that go through the network together. */
const batchSize = 32;

/** A picture, in one of its views: 0 is the picture itself. */
interface ViewOf {
  readonly picture: GrayImage;
  readonly view: number;
}

export class ViewFeatures {
  private known = new Map<string, Float32Array>();

  constructor(private readonly trunk: Trunk) {}

  /**
   * Features of views [n, size], in their order. What an earlier call computed and this one doesn't ask for is forgotten.
   *
   * @param onBatch is called before every batch with what is done and what there is to do; throws to stop.
   */
  async compute(
    views: readonly ViewOf[],
    onBatch: (done: number, total: number) => Promise<void>,
  ): Promise<Float32Array> {
    const keys = views.map(({ picture, view }) => `${view} ${pictureKey(picture)}`);
    const used = new Map<string, Float32Array>();
    const missing = new Map<string, ViewOf>();
    keys.forEach((key, i) => {
      const known = this.known.get(key);
      if (known === undefined) missing.set(key, views[i]!);
      else used.set(key, known);
    });
    const entries = [...missing];
    for (let first = 0; first < entries.length; first += batchSize) {
      await onBatch(first, entries.length);
      const batch = entries.slice(first, first + batchSize);
      const features = await this.trunk.features(pixelsOf(batch));
      batch.forEach(([key], i) => {
        const row = features.slice(i * this.trunk.size, (i + 1) * this.trunk.size);
        used.set(key, row);
        this.known.set(key, row); // kept where a later batch is stopped
      });
    }
    await onBatch(entries.length, entries.length);
    this.known = used;
    const rows = new Float32Array(views.length * this.trunk.size);
    keys.forEach((key, i) => {
      rows.set(used.get(key)!, i * this.trunk.size);
    });
    return rows;
  }
}

function pixelsOf(batch: readonly (readonly [string, ViewOf])[]): Float32Array {
  const { width, height } = batch[0]![1].picture;
  const pixels = new Float32Array(batch.length * width * height);
  batch.forEach(([key, { picture, view }], i) => {
    const offset = i * width * height;
    if (view === 0) pixels.set(picture.data, offset);
    else {
      // By the picture, not by its place: the same view when others are deleted.
      const drawn = drawAugmentation(changes, new Random('teach-view', key), { width, height });
      applyAugmentation(picture.data, width, height, drawn, pixels, offset);
    }
  });
  return pixels;
}

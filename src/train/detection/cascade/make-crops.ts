// Cuts the crops of a stage out of photographs, one photograph after the other.

import type { PictureStore } from '../../../data/faces/picture-store.js';
import { cascadePyramid } from '../../../faces/cascade.js';
import { writeSquare } from '../../../faces/pyramid.js';
import { cutRgb } from '../../../image/cut-rgb.js';
import { resizeRgb } from '../../../image/resize-rgb.js';
import type { RgbImage } from '../../../image/rgb.js';
import { Random } from '../../../random/random.js';
import { type CropSet, CropSetBuilder } from './crop-set.js';
import type { Mined } from './mine.js';
import {
  type Crop,
  type CropKind,
  cropKinds,
  isIgnoredWhole,
  isLearnt,
  judgeCrop,
  limitCrops,
  type SampleOptions,
  type Scene,
  sampleCrops,
  squareAt,
} from './sample-crops.js';

/** Squares at random and near faces, for a stage that has no earlier one to learn from, and beside mined ones. */
const samples: Readonly<Record<'alone' | 'besideMined', Omit<SampleOptions, 'minFace'>>> = {
  alone: { negatives: 50, nearNegatives: 5, tries: 20, pointTries: 8 },
  besideMined: { negatives: 0, nearNegatives: 2, tries: 14, pointTries: 8 },
};

export interface CropChoice {
  seed: number;
  /** Names the random stream: a stage, and training or validation. */
  label: string;
  /** Longer side of the smallest face that is learnt, in pixels. */
  minFace: number;
  /** Side of the crops, in pixels. */
  size: number;
  /** Crops of each kind in all, at most. */
  most: Readonly<Record<CropKind, number>>;
  /** Squares that the stages before took for faces, by photograph; null for the first stage. */
  mined: Mined | null;
}

/** How often an event loop that others wait for gets its turn, in photographs. */
const turnEvery = 16;

/** The crops of all photographs. Null where it was interrupted. */
export async function makeCrops(
  photos: PictureStore,
  choice: CropChoice,
  signal: AbortSignal | undefined,
): Promise<CropSet | null> {
  const builder = new CropSetBuilder(choice.size);
  const { pictures } = photos;
  const quota = quotas(pictures, choice);
  for (const [place, scene] of pictures.entries()) {
    if (place % turnEvery === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    if (signal?.aborted) return null;
    const image = photos.image(place);
    const cut = cutter(image, choice);
    for (const crop of cropsOf(scene, place, quota(scene), choice))
      builder.add(crop, (pixels) => cut(crop, pixels));
  }
  return builder.finish();
}

function cropsOf(
  scene: Scene,
  place: number,
  quota: Readonly<Record<CropKind, number>>,
  { seed, label, minFace, mined }: CropChoice,
): Crop[] {
  const random = new Random(seed, 'crops', label, place);
  const sampled = sampleCrops(
    scene,
    { ...samples[mined === null ? 'alone' : 'besideMined'], minFace },
    random,
  );
  if (mined === null) return limitCrops(sampled, quota, random);
  const squares = mined[place] ?? [];
  const crops: Crop[] = [];
  for (let i = 0; i + 2 < squares.length; i += 3) {
    const crop = judgeCrop(scene, squareAt(squares[i]!, squares[i + 1]!, squares[i + 2]!), minFace);
    if (crop !== null) crops.push(crop);
  }
  return limitCrops([...crops, ...sampled], quota, random);
}

/**
 * A photograph's share of the most crops: negatives by photograph, the others by face. Mined negatives are no more than that
 * already.
 */
function quotas(
  pictures: readonly Scene[],
  { most, minFace, mined }: CropChoice,
): (scene: Scene) => Record<CropKind, number> {
  const facesIn = ({ faces }: Scene): number => faces.filter((face) => isLearnt(face, minFace)).length;
  const faces = pictures.reduce((sum, scene) => sum + facesIn(scene), 0);
  const labelled = pictures.filter((scene) => !isIgnoredWhole(scene)).length;
  const negatives = mined === null ? most.negative / Math.max(1, labelled) : Number.MAX_SAFE_INTEGER;
  return (scene) =>
    Object.fromEntries(
      cropKinds.map((kind) => [
        kind,
        kind === 'negative' ? negatives : (most[kind] * facesIn(scene)) / Math.max(1, faces),
      ]),
    ) as Record<CropKind, number>;
}

/**
 * Writes planes of red, green and blue of a crop, black where it leaves the photograph, as the cascade itself sees it: P-Net a
 * picture that was made smaller, the others samples of the nearest size.
 */
function cutter(
  image: RgbImage,
  { size, minFace, mined }: CropChoice,
): (crop: Crop, pixels: Uint8Array) => void {
  if (mined === null) {
    return ({ x, y, side }, pixels) => {
      const { data } = resizeRgb(cutRgb(image, { left: x, top: y, width: side, height: side }), size, size);
      const plane = size * size;
      for (let i = 0, from = 0; i < plane; i++, from += 3) {
        pixels[i] = data[from]!;
        pixels[plane + i] = data[from + 1]!;
        pixels[2 * plane + i] = data[from + 2]!;
      }
    };
  }
  const { all } = cascadePyramid(image, minFace);
  const levels = new Float32Array(3 * size * size);
  return ({ x, y, side }, pixels) => {
    writeSquare(all, { x, y, width: side, height: side }, size, levels, 0);
    for (let i = 0; i < levels.length; i++) pixels[i] = levels[i]! + 0.5;
  };
}

// Square crops of a photograph with what a stage of the cascade is to say of each, chosen by their overlap with the labelled
// faces (Zhang, Zhang, Li and Qiao 2016): at random, near faces, and where the cascade so far sees a face.

import type { LabelledFace, LabelledPicture } from '../../../data/faces/types.js';
import { intersection, overlap, squared } from '../../../faces/boxes.js';
import type { Box } from '../../../faces/face.js';
import type { Random } from '../../../random/random.js';

/** A photograph's size and labels. */
export interface Scene extends Pick<LabelledPicture, 'faces' | 'ignore'> {
  readonly width: number;
  readonly height: number;
}

/** What a crop teaches. `points` crops count for the points alone. */
export const cropKinds = ['negative', 'part', 'positive', 'points'] as const;
export type CropKind = (typeof cropKinds)[number];

/** A square of whole pixels of a photograph, and the face that it shows most of; no face for negatives. */
export interface Crop {
  readonly kind: CropKind;
  /** Left, top and side, in pixels of the photograph; it may reach outside. */
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly face: LabelledFace | null;
}

/** Overlaps (IoU) by which crops are sorted; those between `negative` and `part` teach nothing clear. */
const overlaps = { negative: 0.3, part: 0.4, positive: 0.65 } as const;

/** The share of a negative crop that may lie in an ignored region. */
const mostIgnored = 0.1;

/**
 * Sorts a square by its overlap with the faces, whose boxes count as the squares about them: a square can't reach 0.65 on the
 * narrow box of a profile. Null where it teaches nothing: between the kinds, on a face too small to learn, or a negative
 * that reaches into an ignored region.
 *
 * @param minFace longer side, in pixels, of the smallest face that is learnt; smaller ones still count as faces.
 */
export function judgeCrop(scene: Scene, square: Box, minFace: number): Crop | null {
  let best = 0;
  let face: LabelledFace | null = null;
  for (const candidate of scene.faces) {
    const common = overlap(square, squared(candidate.box));
    if (common <= best) continue;
    best = common;
    face = candidate;
  }
  const { x, y, width: side } = square;
  if (best < overlaps.negative) {
    const area = side * side;
    const ignored = scene.ignore.some((region) => intersection(square, region) > mostIgnored * area);
    return ignored ? null : { kind: 'negative', x, y, side, face: null };
  }
  if (face === null || best < overlaps.part || !isLearnt(face, minFace)) return null;
  return { kind: best >= overlaps.positive ? 'positive' : 'part', x, y, side, face };
}

/** Whether a face is large enough to be learnt. */
export const isLearnt = ({ box }: LabelledFace, minFace: number): boolean =>
  Math.max(box.width, box.height) >= minFace;

/** Whether nobody looked for all faces of a picture: it gives no negatives. */
export const isIgnoredWhole = ({ width, height, ignore }: Scene): boolean =>
  ignore.some(
    (box) => box.x <= 0 && box.y <= 0 && box.x + box.width >= width && box.y + box.height >= height,
  );

export interface SampleOptions {
  /** Longer side, in pixels, of the smallest face that is learnt. */
  minFace: number;
  /** Random squares a photograph. */
  negatives: number;
  /** Squares near each face that are kept as negatives where they hardly meet it. */
  nearNegatives: number;
  /** Squares about each face, kept as parts and positives by their overlap. */
  tries: number;
  /** Further squares about each face with points. */
  pointTries: number;
}

/** The smallest crop that is enlarged to a stage's size, in pixels. */
const leastSide = 12;

/** Crops of a photograph at random and near its faces. The same photograph and random stream give the same. */
export function sampleCrops(scene: Scene, options: SampleOptions, random: Random): Crop[] {
  const crops: Crop[] = [];
  const keep = (square: Box, kinds: readonly CropKind[]): void => {
    const crop = judgeCrop(scene, square, options.minFace);
    if (crop !== null && kinds.includes(crop.kind)) crops.push(crop);
  };
  const shorter = Math.min(scene.width, scene.height);
  if (shorter > 2 * leastSide) {
    for (let i = 0; i < options.negatives; i++)
      keep(randomSquare(scene, leastSide, shorter / 2, random), ['negative']);
  }
  for (const face of scene.faces) {
    const { box } = face;
    for (let i = 0; i < options.nearNegatives; i++)
      keep(nearSquare(scene, squared(box), shorter / 2, random), ['negative']);
    if (!isLearnt(face, options.minFace)) continue;
    for (let i = 0; i < options.tries; i++) keep(jittered(box, random), ['part', 'positive']);
    if (face.points.every((point) => point === null)) continue;
    for (let i = 0; i < options.pointTries; i++) {
      const crop = judgeCrop(scene, jittered(box, random), options.minFace);
      if (crop?.kind === 'positive') crops.push({ ...crop, kind: 'points' });
    }
  }
  return crops;
}

/** A square inside the photograph. */
function randomSquare({ width, height }: Scene, least: number, most: number, random: Random): Box {
  // Evenly over the logarithm: as many squares of every scale, as the pyramid has them.
  const side = least * (most / least) ** random.uniform();
  return squareAt(random.uniform(0, width - side), random.uniform(0, height - side), side);
}

/** A square that begins near a face. */
function nearSquare({ width, height }: Scene, face: Box, most: number, random: Random): Box {
  const side = random.uniform(leastSide, Math.max(leastSide + 1, most));
  const clamp = (value: number, end: number): number => Math.max(0, Math.min(end - side, value));
  const x = face.x + random.uniform(Math.max(-side, -face.x), face.width);
  const y = face.y + random.uniform(Math.max(-side, -face.y), face.height);
  return squareAt(clamp(x, width), clamp(y, height), side);
}

/** How far a square about a face is moved, as a share of its sides. */
const farthest = 0.2;

/** A square about a box: its side from 0.8 of the shorter to 1.25 of the longer side, its centre moved by a share of these. */
function jittered({ x, y, width, height }: Box, random: Random): Box {
  const side = random.uniform(0.8 * Math.min(width, height), 1.25 * Math.max(width, height));
  const centreX = x + width / 2 + random.uniform(-farthest, farthest) * width;
  const centreY = y + height / 2 + random.uniform(-farthest, farthest) * height;
  return squareAt(centreX - side / 2, centreY - side / 2, side);
}

/** In whole pixels, as crops are cut. */
export function squareAt(x: number, y: number, side: number): Box {
  const whole = Math.max(1, Math.round(side));
  return { x: Math.round(x), y: Math.round(y), width: whole, height: whole };
}

/**
 * Leaves out crops of kinds of which there would be too many in all.
 *
 * @param quota crops of each kind for this photograph; of a fraction, chance decides.
 */
export function limitCrops(
  crops: readonly Crop[],
  quota: Readonly<Record<CropKind, number>>,
  random: Random,
): Crop[] {
  const kept = new Set<Crop>();
  for (const kind of cropKinds) {
    const whole = Math.floor(quota[kind]);
    const most = whole + Number(random.uniform() < quota[kind] - whole);
    const all = random.shuffle(crops.filter((crop) => crop.kind === kind));
    for (const crop of all.slice(0, most)) kept.add(crop);
  }
  return crops.filter((crop) => kept.has(crop));
}

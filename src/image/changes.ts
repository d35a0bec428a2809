// Changes of face crops that leave the expression as it is: what a camera, a detector of faces or a file format does to
// them. How many answers survive says how robust a model is. Deterministic; images keep their size, and levels are whole,
// as those of decoded files.

import { Random } from '../random/random.js';
import { type Augmentation, applyAugmentation, identityAugmentation } from './augment.js';
import type { GrayImage } from './gray.js';
import { throughJpeg } from './jpeg-loss.js';
import { resizeRgb } from './resize-rgb.js';
import { toRgb } from './rgb.js';
import type { ImageSize } from './size.js';

/** What several changes have in common. */
type ChangeKind = 'size' | 'turn' | 'place' | 'jitter' | 'jpeg' | 'light' | 'mirror';

export interface ImageChange {
  /** For programs, as `shrunk-24`. */
  readonly id: string;
  readonly kind: ChangeKind;
  /** For people. */
  readonly name: string;
  /**
   * The changed image, in memory of its own.
   *
   * @param index of the image; what is drawn by chance depends on nothing else.
   */
  apply(image: GrayImage, index: number): Uint8Array;
}

function byAugmentation({ data, width, height }: GrayImage, drawn: Partial<Augmentation>): Uint8Array {
  const changed = new Float32Array(width * height);
  applyAugmentation(data, width, height, { ...identityAugmentation, ...drawn }, changed, 0);
  return Uint8Array.from(changed, Math.round);
}

/**
 * Made smaller until the shorter side has so many pixels, and enlarged again: small pixels are means of the areas that they
 * stand for, as a camera's are, and what is between them is interpolated, as in crops of small faces.
 */
function shrunk({ data, width, height }: GrayImage, side: number): Uint8Array {
  const scale = side / Math.min(width, height);
  const small = resizeRgb(
    toRgb(data, width, height, 1),
    Math.round(width * scale),
    Math.round(height * scale),
  );
  const large = resizeRgb(small, width, height);
  return Uint8Array.from({ length: data.length }, (_, i) => large.data[3 * i]!);
}

/** Moved by `distance` pixels into one of the eight directions, which the image's index draws. */
function jittered(image: GrayImage, distance: number, index: number): Uint8Array {
  const directions = [-1, 0, 1]
    .flatMap((x) => [-1, 0, 1].map((y) => ({ x, y })))
    .filter(({ x, y }) => x !== 0 || y !== 0);
  const { x, y } = directions[new Random(distance, 'jitter', index).integer(directions.length)]!;
  return byAugmentation(image, { tx: x * distance, ty: y * distance });
}

/** Grey to the power of `gamma`, as another film, screen or conversion from colours gives it. */
function toned({ data }: GrayImage, gamma: number): Uint8Array {
  const levels = Uint8Array.from({ length: 256 }, (_, level) => Math.round(255 * (level / 255) ** gamma));
  return data.map((level) => levels[level]!);
}

const sides = [32, 24, 20, 16];
const angles = [-20, -10, 10, 20];
const qualities = [70, 50, 30];
const factors = [0.7, 1.3];
const gammas = [0.8, 1.25];

/**
 * All changes of images of this size, in the order of tables.
 *
 * Where a change brings in what was outside the image, its edge is repeated. Brightness multiplies levels, contrast their
 * distances from the image's mean. A network sees grey: another way from colours to grey is to it another tone curve, and
 * stands here as that, so that grey datasets can be measured, too.
 */
export function imageChanges({ width, height }: ImageSize): ImageChange[] {
  const change = (kind: ChangeKind, id: string, name: string, apply: ImageChange['apply']): ImageChange => ({
    kind,
    id,
    name,
    apply,
  });
  const by = (kind: ChangeKind, id: string, name: string, drawn: Partial<Augmentation>) =>
    change(kind, id, name, (image) => byAugmentation(image, drawn));
  const [right, down] = [width / 10, height / 10];
  const percentOf = (factor: number) => `${Math.round(factor * 100)}%`;
  return [
    ...sides
      .filter((side) => side < Math.min(width, height))
      .map((side) =>
        change('size', `shrunk-${side}`, `shrunk to ${side} pixels and back`, (image) => shrunk(image, side)),
      ),
    ...angles.map((angle) => {
      const name = `turned by ${Math.abs(angle)} degrees, ${angle < 0 ? 'anticlockwise' : 'clockwise'}`;
      // An angle of augmentation turns the places that are read.
      return by('turn', `turned${angle < 0 ? '' : '+'}${angle}`, name, { theta: -angle });
    }),
    by('place', 'moved-left', 'moved left by a tenth', { tx: right }),
    by('place', 'moved-right', 'moved right by a tenth', { tx: -right }),
    by('place', 'moved-up', 'moved up by a tenth', { ty: down }),
    by('place', 'moved-down', 'moved down by a tenth', { ty: -down }),
    by('place', 'smaller', 'made smaller by a tenth', { zx: 1 / 0.9, zy: 1 / 0.9 }),
    by('place', 'larger', 'made larger by a tenth', { zx: 1 / 1.1, zy: 1 / 1.1 }),
    ...[1, 2].map((distance) =>
      change(
        'jitter',
        `jitter-${distance}`,
        `moved by ${distance === 1 ? '1 pixel' : `${distance} pixels`}, any direction`,
        (image, index) => jittered(image, distance, index),
      ),
    ),
    ...qualities.map((quality) =>
      change('jpeg', `jpeg-${quality}`, `JPEG of quality ${quality}`, ({ data, ...size }) =>
        throughJpeg(data, size.width, size.height, quality),
      ),
    ),
    ...factors.map((factor) =>
      by('light', `brightness-${factor}`, `brightness ${percentOf(factor)}`, { brightness: factor }),
    ),
    ...factors.map((factor) =>
      by('light', `contrast-${factor}`, `contrast ${percentOf(factor)}`, { contrast: factor }),
    ),
    ...gammas.map((gamma) =>
      change('light', `gamma-${gamma}`, `tone curve, gamma ${gamma}`, (image) => toned(image, gamma)),
    ),
    by('mirror', 'mirrored', 'mirrored', { flipHorizontal: true }),
  ];
}

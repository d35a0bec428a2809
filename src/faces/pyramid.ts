// One picture at several sizes, and square crops of it, each taken from the smallest size that has its pixels.

import { resizeRgb } from '../image/resize-rgb.js';
import type { RgbImage } from '../image/rgb.js';
import type { Box } from './face.js';

/** The picture at one size. */
export interface Level {
  image: RgbImage;
  /** Pixels of this size for one of the picture; sides are whole, so that both directions have their own. */
  perX: number;
  perY: number;
}

/**
 * The picture and what it becomes at these factors, from the largest to the smallest. Each is made from the smallest that has
 * at least twice as many pixels along a side, which costs a fraction of making all from the picture.
 */
export function makePyramid(
  picture: RgbImage,
  factors: readonly number[],
): { levels: Level[]; all: Level[] } {
  const all: Level[] = [{ image: picture, perX: 1, perY: 1 }];
  const levels = factors.map((factor) => {
    const width = Math.max(1, Math.ceil(picture.width * factor));
    const height = Math.max(1, Math.ceil(picture.height * factor));
    const from = all.findLast(({ perX }) => perX >= 2 * factor) ?? all[0]!;
    const image = resizeRgb(from.image, width, height);
    const level = { image, perX: width / picture.width, perY: height / picture.height };
    all.push(level);
    return level;
  });
  return { levels, all: all.sort((a, b) => b.perX - a.perX) };
}

/**
 * Writes a square of the picture as [3, side, side], red first, 0 to 255, to `target` from `offset`, interpolated. What lies
 * outside the picture is black.
 *
 * @param all the picture at several sizes, the largest first.
 * @param box a square, in pixels of the picture.
 */
export function writeSquare(
  all: readonly Level[],
  box: Box,
  side: number,
  target: Float32Array,
  offset: number,
): void {
  const { image, perX, perY } = all.findLast((level) => level.perX * box.width >= side) ?? all[0]!;
  const columns = placesOf(box.x * perX, box.width * perX, side, image.width);
  const rows = placesOf(box.y * perY, box.height * perY, side, image.height);
  const plane = side * side;
  const stride = image.width * 3;
  for (let row = 0, to = offset; row < side; row++) {
    const upper = rows.first[row]!;
    for (let column = 0; column < side; column++, to++) {
      const left = columns.first[column]!;
      if (upper < 0 || left < 0) {
        target[to] = target[to + plane] = target[to + 2 * plane] = 0;
        continue;
      }
      const at = upper * stride + left * 3;
      const next = columns.next[column]! * 3;
      const below = rows.next[row]! * stride;
      const [right, down] = [columns.fraction[column]!, rows.fraction[row]!];
      for (let c = 0; c < 3; c++) {
        const top = image.data[at + c]! + (image.data[at + next + c]! - image.data[at + c]!) * right;
        const low =
          image.data[at + below + c]! +
          (image.data[at + below + next + c]! - image.data[at + below + c]!) * right;
        target[to + c * plane] = top + (low - top) * down;
      }
    }
  }
}

/** Where samples of a side lie between the pixels of the image; -1 for those outside. */
function placesOf(start: number, length: number, count: number, size: number) {
  const first = new Int32Array(count);
  const next = new Uint8Array(count);
  const fraction = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const place = start + ((i + 0.5) * length) / count;
    const at = Math.min(size - 1, Math.max(0, place - 0.5));
    first[i] = place >= 0 && place < size ? Math.floor(at) : -1;
    next[i] = at < size - 1 ? 1 : 0;
    fraction[i] = at - Math.floor(at);
  }
  return { first, next, fraction };
}

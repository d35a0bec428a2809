// Pixels of a training crop: a square of a photograph, with resolution, colours, contrast and noise drawn at random.

import { cutPointCrop } from '../../../faces/point-crop.js';
import type { RgbImage } from '../../../image/rgb.js';
import type { Random } from '../../../random/random.js';
import type { CropPlan } from './crop-plan.js';

/** Shares of crops that are changed so, and by how much. */
const changes = {
  grey: 0.15,
  /** Shown from fewer pixels, as small and blurred faces are. */
  coarse: { share: 0.25, least: 20, most: 44 },
  noise: { share: 0.1, most: 12 },
  /** Factors of all channels and of each, and of the distance from middle grey. */
  brightness: [0.6, 1.35],
  channel: [0.9, 1.1],
  contrast: [0.6, 1.3],
} as const;

const clamp = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

/**
 * Fills a crop.
 *
 * @param levels the photograph at its own size and at halves of it, largest first.
 * @param into receives `[3, side, side]` from `start`: red, green, blue, from 0 to 255.
 */
export function renderCrop(
  { square, mirrored }: CropPlan,
  levels: readonly RgbImage[],
  side: number,
  random: Random,
  into: Float32Array,
  start: number,
): void {
  const { coarse, noise } = changes;
  const pixels =
    random.uniform() < coarse.share ? random.integer(coarse.most - coarse.least) + coarse.least : side;
  const crop = cutLevel(levels, square, pixels);
  const shown =
    pixels === side
      ? crop
      : cutPointCrop(crop, { x: pixels / 2, y: pixels / 2, side: pixels, roll: 0 }, side);
  const brightness = random.uniform(...changes.brightness);
  const contrast = random.uniform(...changes.contrast);
  const gains = [0, 1, 2].map(() => brightness * contrast * random.uniform(...changes.channel));
  const shift = 128 * (1 - contrast);
  const most = random.uniform() < noise.share ? random.uniform(0, noise.most) : 0;
  const grey = random.uniform() < changes.grey;
  const area = side * side;
  for (let row = 0, at = 0; row < side; row++) {
    for (let column = 0; column < side; column++, at += 3) {
      const to = start + row * side + (mirrored ? side - 1 - column : column);
      const [red, green, blue] = [shown.data[at]!, shown.data[at + 1]!, shown.data[at + 2]!];
      const level = 0.299 * red + 0.587 * green + 0.114 * blue;
      const more = shift + (most === 0 ? 0 : random.uniform(-most, most));
      into[to] = clamp((grey ? level : red) * gains[0]! + more);
      into[to + area] = clamp((grey ? level : green) * gains[1]! + more);
      into[to + 2 * area] = clamp((grey ? level : blue) * gains[2]! + more);
    }
  }
}

/** The square from the smallest level that isn't enlarged for it. */
function cutLevel(levels: readonly RgbImage[], square: CropPlan['square'], pixels: number): RgbImage {
  const halvings = Math.floor(Math.log2(Math.max(1, square.side / pixels)) + 1e-6);
  const level = levels[Math.min(levels.length - 1, halvings)]!;
  const own = levels[0]!;
  const [perX, perY] = [level.width / own.width, level.height / own.height];
  const moved = { x: square.x * perX, y: square.y * perY, side: square.side * perX, roll: square.roll };
  return cutPointCrop(level, moved, pixels);
}

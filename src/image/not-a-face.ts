// Images that show no face, made from one that does: what a detector that was wrong, a cut at the wrong place or an empty
// picture would show a network. No other images are needed for them.

import type { Random } from '../random/random.js';
import type { GrayImage } from './gray.js';
import { resizeGray } from './resize.js';

/** The image from a function of the place. */
function draw({ width, height }: GrayImage, levelAt: (x: number, y: number) => number): Uint8Array {
  const data = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) data[i] = Math.min(255, Math.max(0, Math.round(levelAt(x, y))));
  return data;
}

/** A part of a sixth to two fifths of the side, enlarged: skin, hair, an eye, what is beside the face. */
function part(image: GrayImage, random: Random): Uint8Array {
  const { width, height, data } = image;
  const share = random.uniform(1 / 6, 2 / 5);
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * share))) as [number, number];
  const [left, top] = [random.integer(width - w + 1), random.integer(height - h + 1)];
  const small = draw({ width: w, height: h, data }, (x, y) => data[(top + y) * width + left + x]!);
  return resizeGray({ width: w, height: h, data: small }, width, height).data;
}

/** Cut into tiles, 3 to 8 along each side, that are put together in another order. */
function shuffled(image: GrayImage, random: Random): Uint8Array {
  const { width, height, data } = image;
  const along = 3 + random.integer(6);
  const order = random.shuffle(Array.from({ length: along * along }, (_, i) => i));
  const [w, h] = [width / along, height / along];
  return draw(image, (x, y) => {
    const [column, row] = [Math.min(along - 1, Math.floor(x / w)), Math.min(along - 1, Math.floor(y / h))];
    const from = order[row * along + column]!;
    const fromX = Math.floor((from % along) * w + (x - column * w));
    const fromY = Math.floor(Math.floor(from / along) * h + (y - row * h));
    return data[Math.min(height - 1, fromY) * width + Math.min(width - 1, fromX)]!;
  });
}

/** Turned on its side or upside down. */
function turned(image: GrayImage, random: Random): Uint8Array {
  const { width, height, data } = image;
  const turns = 1 + random.integer(3);
  if (turns === 2) return draw(image, (x, y) => data[(height - 1 - y) * width + width - 1 - x]!);
  return draw(image, (x, y) => {
    // Of an image that isn't square, as much as both ways have.
    const [across, down] = [
      Math.floor(((y + 0.5) * width) / height),
      Math.floor(((x + 0.5) * height) / width),
    ];
    return turns === 1
      ? data[(height - 1 - down) * width + across]!
      : data[down * width + width - 1 - across]!;
  });
}

/** Waves of all directions, the longer the stronger, as in photographs of anything. */
function texture(image: GrayImage, random: Random): Uint8Array {
  const { width, height } = image;
  const waves = Array.from({ length: 24 }, () => {
    const perSide = Math.exp(random.uniform(0, Math.log(20)));
    const angle = random.uniform(0, Math.PI);
    const [kx, ky] = [Math.cos(angle) / width, Math.sin(angle) / height].map(
      (part) => 2 * Math.PI * perSide * part,
    ) as [number, number];
    return { kx, ky, phase: random.uniform(0, 2 * Math.PI), strength: 1 / perSide };
  });
  const [contrast, level] = [random.uniform(0, 70), random.uniform(30, 225)];
  return draw(image, (x, y) =>
    waves.reduce(
      (sum, { kx, ky, phase, strength }) => sum + contrast * strength * Math.sin(kx * x + ky * y + phase),
      level,
    ),
  );
}

/** One level, or a slope, half of them with noise. */
function blank(image: GrayImage, random: Random): Uint8Array {
  const { width, height } = image;
  const level = random.uniform(0, 255);
  const [right, down] = [random.uniform(-150, 150), random.uniform(-150, 150)];
  const noise = random.uniform() < 0.5 ? 0 : random.uniform(0, 60);
  return draw(
    image,
    (x, y) =>
      level +
      right * (x / width - 0.5) +
      down * (y / height - 0.5) +
      (noise === 0 ? 0 : random.uniform(-noise, noise)),
  );
}

/** In turn; parts twice, since what detectors take for faces is mostly parts of things. */
const kinds = [part, part, shuffled, turned, texture, blank];

/**
 * An image of the same size that shows no upright face.
 *
 * @param index of the image; the kind goes by it.
 */
export function notAFace(image: GrayImage, random: Random, index: number): Uint8Array {
  return kinds[index % kinds.length]!(image, random);
}

// Tiles of a report's sheets: pictures with what a detector found in them, and faces that it missed.

import { basename } from 'node:path';
import type { PictureStore } from '../../data/faces/picture-store.js';
import { overlap } from '../../faces/boxes.js';
import type { Box, Face } from '../../faces/face.js';
import { cutRgb } from '../../image/cut-rgb.js';
import { resizeRgb } from '../../image/resize-rgb.js';
import type { RgbImage } from '../../image/rgb.js';
import type { SheetItem } from '../../report/types.js';

/** Okabe and Ito's, which people with common kinds of colour blindness can tell apart. */
const colours = { face: [86, 180, 233], other: [230, 159, 0] } as const;

/** Longer side of a picture on the sheet, and of a missed face's surroundings, in pixels. */
const pictureSide = 240;
const missedSide = 110;
const mostPictures = 24;
const mostMissed = 40;

/** A picture's faces, in the order of the store, of scores from the detector's threshold on. */
export type FoundInStore = readonly { found: readonly Face[] }[];

/** Pictures evenly over the store. */
export function foundTiles(store: PictureStore, all: FoundInStore): SheetItem[] {
  const places = [...store.pictures.keys()].filter(
    (place) => store.pictures[place]!.faces.length > 0 || all[place]!.found.length > 0,
  );
  const count = Math.min(mostPictures, places.length);
  return Array.from({ length: count }, (_, i) => {
    const place = places[Math.floor(((i + 0.5) * places.length) / count)]!;
    const { faces, file } = store.pictures[place]!;
    const { image, factor } = fitted(store.image(place), pictureSide);
    for (const { box } of all[place]!.found) {
      const isFace = faces.some((face) => overlap(face.box, box) >= 0.5);
      outline(image, scaled(box, factor), colours[isFace ? 'face' : 'other']);
    }
    const right = faces.filter((face) => all[place]!.found.some(({ box }) => overlap(face.box, box) >= 0.5));
    return { ...tile(image), caption: `${right.length} of ${faces.length}`, detail: basename(file) };
  });
}

/** Labelled faces that weren't found, the largest first. */
export function missedTiles(store: PictureStore, all: FoundInStore, minFace: number): SheetItem[] {
  const missed = store.pictures.flatMap(({ faces, file }, place) =>
    faces
      .filter(({ box }) => Math.max(box.width, box.height) >= minFace)
      .filter((face) => !all[place]!.found.some(({ box }) => overlap(face.box, box) >= 0.5))
      .map(({ box }) => ({ place, box, file, side: Math.max(box.width, box.height) })),
  );
  missed.sort((a, b) => b.side - a.side);
  return missed.slice(0, mostMissed).map(({ place, box, file, side }) => {
    const whole = Math.ceil(2 * side);
    const left = Math.round(box.x + box.width / 2 - whole / 2);
    const top = Math.round(box.y + box.height / 2 - whole / 2);
    const cut = cutRgb(store.image(place), { left, top, width: whole, height: whole });
    const { image, factor } = fitted(cut, missedSide);
    outline(image, scaled({ ...box, x: box.x - left, y: box.y - top }, factor), colours.other);
    return { ...tile(image), caption: `${Math.round(side)} pixels`, detail: basename(file) };
  });
}

const tile = ({ data, width, height }: RgbImage): SheetItem => ({ pixels: data, width, height });

/** A copy whose longer side is `side`. */
function fitted(image: RgbImage, side: number): { image: RgbImage; factor: number } {
  const factor = side / Math.max(image.width, image.height);
  const size = (length: number): number => Math.max(1, Math.round(length * factor));
  const resized = resizeRgb(image, size(image.width), size(image.height));
  return { image: { ...resized, data: resized.data.slice() }, factor };
}

const scaled = ({ x, y, width, height }: Box, factor: number): Box => ({
  x: x * factor,
  y: y * factor,
  width: width * factor,
  height: height * factor,
});

/** Draws the edges of a box two pixels wide, as far as they lie inside. */
function outline({ data, width, height }: RgbImage, box: Box, colour: readonly number[]): void {
  const [left, top] = [Math.round(box.x), Math.round(box.y)];
  const [right, bottom] = [Math.round(box.x + box.width), Math.round(box.y + box.height)];
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
    const edgeRow = y - top < 2 || bottom - y <= 2;
    for (let x = Math.max(0, left); x < Math.min(width, right); x++)
      if (edgeRow || x - left < 2 || right - x <= 2) data.set(colour, 3 * (y * width + x));
  }
}

// At which sizes, and in which parts, a network looks at a picture. A network finds faces within a range of sizes. The finest
// size shows the smallest face that is asked for as the smallest that it finds; coarser ones follow, each a quarter as large,
// until the largest face that the picture could hold is within the range. A picture that is large even so is looked at in
// tiles, so that memory is bounded; they overlap by as much as a face has that only this size shows.

import type { ImageSize } from '../image/size.js';

/** What a network finds well, in pixels of what it is shown. */
export interface Sight {
  /** The longer side of faces. */
  smallest: number;
  largest: number;
  /** The one size that the network takes; null where it takes every multiple of 32. */
  size: ImageSize | null;
}

/** One look at a picture: it is resized, and a window of it is shown. */
export interface View {
  /** Of the whole picture, resized. */
  resized: ImageSize;
  /** What is shown of it, in its pixels, of a size that the network takes; it may reach beyond, where black is shown. */
  left: number;
  top: number;
  width: number;
  height: number;
  /** Of the window: faces whose centre lies elsewhere are another tile's. */
  core: { left: number; top: number; right: number; bottom: number };
}

/** Enlarging by more brings nothing that a network could find. */
const mostEnlarged = 2;
/** Of the next size to the one before. */
const step = 4;
/**
 * A tile of a network that takes any size, and by how much tiles overlap, in pixels of what is shown. Tiles of 1536 pixels
 * cost as many pixels in all, and some 60 MB more memory.
 */
const tile = 1024;
const tileOverlap = 160;
/** Longer sides are looked at in tiles. */
const longestWhole = 2048;

const upTo32 = (length: number) => Math.max(64, Math.ceil(length / 32) * 32);

/**
 * @param picture its size.
 * @param minFace the longer side of the smallest face that is asked for, in pixels of the picture.
 */
export function planViews(picture: ImageSize, minFace: number, sight: Sight): View[] {
  const longest = Math.max(picture.width, picture.height);
  const views: View[] = [];
  let factor = Math.min(mostEnlarged, sight.smallest / minFace);
  for (;;) {
    const resized = {
      width: Math.max(1, Math.round(picture.width * factor)),
      height: Math.max(1, Math.round(picture.height * factor)),
    };
    views.push(...tilesOf(resized, sight.size));
    if (longest * factor <= sight.largest) return views;
    factor /= step;
  }
}

function tilesOf(resized: ImageSize, only: ImageSize | null): View[] {
  const columns = spansOf(resized.width, only?.width ?? null);
  const rows = spansOf(resized.height, only?.height ?? null);
  return rows.flatMap((row) =>
    columns.map((column) => ({
      resized,
      left: column.start,
      top: row.start,
      width: column.length,
      height: row.length,
      core: { left: column.from, right: column.to, top: row.from, bottom: row.to },
    })),
  );
}

interface Span {
  start: number;
  length: number;
  /** Where the centres of its faces lie, from its start. */
  from: number;
  to: number;
}

/** Divides a side of the resized picture. */
function spansOf(side: number, only: number | null): Span[] {
  const whole = only ?? longestWhole;
  if (side <= whole)
    return [
      {
        start: 0,
        length: only ?? upTo32(side),
        from: Number.NEGATIVE_INFINITY,
        to: Number.POSITIVE_INFINITY,
      },
    ];
  const length = only ?? tile;
  const count = Math.ceil((side - tileOverlap) / (length - tileOverlap));
  return Array.from({ length: count }, (_, i) => {
    // The last ends where the picture does.
    const start = Math.min(i * (length - tileOverlap), side - length);
    const next = Math.min((i + 1) * (length - tileOverlap), side - length);
    const before = Math.min((i - 1) * (length - tileOverlap), side - length);
    return {
      start,
      length,
      from: i === 0 ? Number.NEGATIVE_INFINITY : (before + length - start) / 2,
      to: i === count - 1 ? Number.POSITIVE_INFINITY : (next + length - start) / 2,
    };
  });
}

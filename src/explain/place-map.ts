// Lays a map of a network's last features over the image: each of its cells covers an equal part of what the network sees,
// which may be the centre of the image alone.

/** What a network sees of an image, in pixels; half-open. */
export interface SeenPart {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Where a coordinate of the target lies between two cells of an axis: the cells, and the weight of the second. */
function between(position: number, cells: number): readonly [first: number, second: number, weight: number] {
  const first = Math.min(cells - 1, Math.max(0, Math.floor(position)));
  const second = Math.min(cells - 1, Math.max(0, Math.floor(position) + 1));
  return [first, second, Math.min(1, Math.max(0, position - first))];
}

/**
 * Enlarges a map bilinearly, centres of cells to centres of pixels; edges repeat (as OpenCV's INTER_LINEAR and PyTorch's
 * `interpolate` without `align_corners`).
 *
 * @param map `rows * columns` values, row by row.
 * @param seen what the map covers of the image; 0 outside of it.
 * @returns `height * width` values.
 */
export function placeMap(
  map: Float32Array,
  { rows, columns }: { rows: number; columns: number },
  seen: SeenPart,
  { width, height }: { width: number; height: number },
): Float32Array {
  const placed = new Float32Array(width * height);
  for (let y = 0; y < seen.height; y++) {
    const [top, bottom, down] = between(((y + 0.5) * rows) / seen.height - 0.5, rows);
    for (let x = 0; x < seen.width; x++) {
      const [left, right, across] = between(((x + 0.5) * columns) / seen.width - 0.5, columns);
      const row = (at: number) =>
        map[at * columns + left]! * (1 - across) + map[at * columns + right]! * across;
      placed[(seen.top + y) * width + seen.left + x] = row(top) * (1 - down) + row(bottom) * down;
    }
  }
  return placed;
}

/** A map of another size, by the same rule. */
export function resizeMap(
  map: Float32Array,
  from: { width: number; height: number },
  to: { width: number; height: number },
): Float32Array {
  return placeMap(
    map,
    { rows: from.height, columns: from.width },
    { left: 0, top: 0, width: to.width, height: to.height },
    to,
  );
}

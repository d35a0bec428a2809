// Which cells of the network's three levels answer for which face, and what they should say: fixed rules by the size of a
// face and the distance from its centre ("centre sampling": Tian et al. 2019, "FCOS"). A face has several cells.

import type { Box } from '../../../faces/face.js';
import type { PlacedFace, PlacedLabels } from './tile-plan.js';

/** Pixels between cells, and the longer sides of the faces that a level is for. Where ranges overlap, two levels learn. */
const levels = [
  { stride: 8, least: 0, most: 44 },
  { stride: 16, least: 32, most: 104 },
  { stride: 32, least: 80, most: Number.POSITIVE_INFINITY },
] as const;

export const strides = levels.map(({ stride }) => stride);

/** Columns of a cell's row in the targets, with their numbers. */
export const columns = {
  /** 1 for cells of a face, else 0. */
  face: { at: 0, size: 1 },
  /**
   * How much a cell counts: 1 without a face, 0 in ignored regions; the cells of a face together count by the root of their
   * number, so that small faces, which have one or two, aren't outweighed by large ones.
   */
  counts: { at: 1, size: 1 },
  /** Centre from the cell's corner, then width and height, all in cells. Of cells without a face: a cell. */
  box: { at: 2, size: 4 },
  /** Five points, from the cell's corner, in cells. */
  points: { at: 6, size: 10 },
  /** 1 for coordinates that are known, divided by the size of the face in cells; else 0. */
  pointWeights: { at: 16, size: 10 },
  /** The middle of the mouth, and 1 over the face's size where it is known and the corners aren't. */
  mouth: { at: 26, size: 2 },
  mouthWeights: { at: 28, size: 2 },
} as const;

export const columnCount = 30;

/** Cells of all levels for tiles of a side. */
export function cellCount(side: number): number {
  return strides.reduce((sum, stride) => sum + (side / stride) ** 2, 0);
}

/** A face's cells reach so far from its centre: by cells, and by the share of its box. */
const reach = { cells: 1.5, share: 0.35 };

/** So many cells of a face count 1 each; fewer count more. */
const usualCells = 6;

const longer = ({ width, height }: Box): number => Math.max(width, height);

/**
 * Fills the targets of a tile: `cellCount(side)` rows of `columnCount`, level by level, row by row.
 *
 * @param start of the first row in `into`.
 */
export function assignTargets(labels: PlacedLabels, side: number, into: Float32Array, start: number): void {
  let first = start;
  for (const { stride, least, most } of levels) {
    const count = side / stride;
    const end = first + count * count * columnCount;
    into.fill(0, first, end);
    for (let at = first; at < end; at += columnCount) {
      into[at + columns.counts.at] = 1;
      into.fill(1, at + columns.box.at + 2, at + columns.box.at + 4);
    }
    for (const region of labels.ignore) leaveOut(region, stride, count, into, first);
    const grid: Grid = {
      stride,
      count,
      first,
      nearest: new Float32Array(count * count).fill(Number.POSITIVE_INFINITY),
      owners: new Int32Array(count * count).fill(-1),
    };
    labels.faces.forEach((face, i) => {
      const size = longer(face.box);
      if (size >= least && size < most) assignFace(face, i, grid, into);
    });
    weighCells(grid, labels.faces.length, into);
    first = end;
  }
}

/** Cells whose centre lies in the region, or within half a cell of it, don't count. */
function leaveOut(region: Box, stride: number, count: number, into: Float32Array, first: number): void {
  const from = (low: number): number => Math.max(0, Math.ceil(low / stride - 1));
  const to = (high: number): number => Math.min(count - 1, Math.floor(high / stride));
  for (let row = from(region.y); row <= to(region.y + region.height); row++) {
    for (let column = from(region.x); column <= to(region.x + region.width); column++)
      into[first + (row * count + column) * columnCount + columns.counts.at] = 0;
  }
}

/** The cells of a level. */
interface Grid {
  stride: number;
  /** In a row, and in a column. */
  count: number;
  /** Where the level's targets begin. */
  first: number;
  /** How far the centre of a cell's face is, for its size. */
  nearest: Float32Array;
  /** The number of a cell's face, or -1. */
  owners: Int32Array;
}

function weighCells({ owners, first }: Grid, faces: number, into: Float32Array): void {
  const cells = new Float32Array(faces);
  for (const owner of owners) if (owner >= 0) cells[owner]!++;
  owners.forEach((owner, cell) => {
    if (owner < 0) return;
    into[first + cell * columnCount + columns.counts.at] = Math.sqrt(usualCells / cells[owner]!);
  });
}

function assignFace(face: PlacedFace, owner: number, grid: Grid, into: Float32Array): void {
  const { stride, count, nearest } = grid;
  const { x, y, width, height } = face.box;
  const [cx, cy] = [x + width / 2, y + height / 2];
  const reachX = Math.min(reach.cells * stride, reach.share * width);
  const reachY = Math.min(reach.cells * stride, reach.share * height);
  const own = { column: Math.floor(cx / stride), row: Math.floor(cy / stride) };
  const range = (centre: number, distance: number): [number, number] => [
    Math.max(0, Math.floor((centre - distance) / stride)),
    Math.min(count - 1, Math.floor((centre + distance) / stride)),
  ];
  const [top, bottom] = range(cy, reachY);
  const [left, right] = range(cx, reachX);
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const [dx, dy] = [(column + 0.5) * stride - cx, (row + 0.5) * stride - cy];
      const isOwn = column === own.column && row === own.row;
      if (!isOwn && (Math.abs(dx) > reachX || Math.abs(dy) > reachY)) continue;
      // A cell that several faces want goes to the one whose centre is nearest for its size.
      const distance = Math.hypot(dx / width, dy / height);
      const cell = row * count + column;
      if (distance >= nearest[cell]!) continue;
      nearest[cell] = distance;
      grid.owners[cell] = owner;
      fillCell(face, stride, column, row, into, grid.first + cell * columnCount);
    }
  }
}

function fillCell(
  { box, points, mouth }: PlacedFace,
  stride: number,
  column: number,
  row: number,
  into: Float32Array,
  at: number,
): void {
  into.fill(0, at, at + columnCount);
  into[at + columns.face.at] = 1;
  const [width, height] = [box.width / stride, box.height / stride];
  into.set(
    [(box.x + box.width / 2) / stride - column, (box.y + box.height / 2) / stride - row, width, height],
    at + columns.box.at,
  );
  const weight = 1 / Math.sqrt(width * height);
  points.forEach((point, i) => {
    if (point === null) return;
    into.set([point[0] / stride - column, point[1] / stride - row], at + columns.points.at + 2 * i);
    into.fill(weight, at + columns.pointWeights.at + 2 * i, at + columns.pointWeights.at + 2 * i + 2);
  });
  if (mouth === null) return;
  into.set([mouth[0] / stride - column, mouth[1] / stride - row], at + columns.mouth.at);
  into.fill(weight, at + columns.mouthWeights.at, at + columns.mouthWeights.at + 2);
}

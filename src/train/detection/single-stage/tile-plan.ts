// What a training tile shows: one photograph or a mosaic of several, each scaled, turned and mirrored at random. Mosaics
// bring many small faces into one tile (Bochkovskiy, Wang and Liao 2020, "YOLOv4"). Only places are drawn here; pixels and
// targets follow from them.

import type { LabelledFace } from '../../../data/faces/types.js';
import type { Box, Point } from '../../../faces/face.js';
import type { Random } from '../../../random/random.js';

/** A photograph to choose from: its size and what is labelled in it. */
export interface TileSource {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly LabelledFace[];
  readonly ignore: readonly Box[];
}

/** From the photograph to the tile: x' = a x + b y + e, y' = c x + d y + f. */
interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/** One photograph in a tile. */
export interface Placement {
  /** Its place among the sources. */
  source: number;
  /** The part of the tile that it fills, whole pixels. */
  cell: Box;
  transform: Affine;
  /** Pixels of the tile for one of the photograph. */
  scale: number;
  mirrored: boolean;
}

/** A face in a tile. Points that weren't labelled, or that the cell doesn't show, are null. */
export interface PlacedFace {
  box: Box;
  points: readonly (Point | null)[];
  mouth: Point | null;
}

export interface PlacedLabels {
  faces: PlacedFace[];
  ignore: Box[];
}

/** How often a tile is divided into 1, 2x2, 3x3 and 4x4 cells. */
const divisions = [0.22, 0.36, 0.24, 0.18];
/** Largest turn in degrees, and how many photographs are turned. */
const turn = { most: 20, share: 0.4 };
/** Photographs aren't enlarged more. */
const largestScale = 2.5;
/** Longer side of faces that a tile shows on purpose: from so many pixels to so large a share of their cell. */
const faceSizes = { least: 8, most: 1.1 };
/** How often a photograph is placed so that one of its faces is in the cell; else any part of it is, for the background. */
const aimedShare = 0.6;

/** Faces of which less is seen count neither as faces nor as background. */
const leastSeen = 0.5;
/** Faces with a longer side of fewer pixels count neither as faces nor as background. */
export const leastFace = 8;

function drawDivision(random: Random): number {
  let left = random.uniform();
  for (const [i, share] of divisions.entries()) {
    left -= share;
    if (left < 0) return i + 1;
  }
  return 1;
}

/** Where cells begin and end along one axis, whole pixels: about equal parts. */
function edges(side: number, count: number, random: Random): number[] {
  const inner = Array.from({ length: count - 1 }, (_, i) =>
    Math.round((side * (i + 1 + random.uniform(-0.15, 0.15))) / count),
  );
  return [0, ...inner, side];
}

/** The largest side of a labelled face that tiles are aimed at. */
const longer = ({ width, height }: Box): number => Math.max(width, height);

function drawPlacement(source: number, photo: TileSource, cell: Box, random: Random): Placement {
  const { width, height, faces } = photo;
  const aimed =
    faces.length > 0 && random.uniform() < aimedShare ? faces[random.integer(faces.length)]! : null;
  // From a little smaller than the cell to a part of the photograph.
  const fitting = Math.max(cell.width, cell.height) / Math.max(width, height);
  let scale = fitting * Math.exp(random.uniform(Math.log(0.8), Math.log(2.5)));
  if (aimed) {
    const side = longer(aimed.box);
    scale = Math.min(scale, (faceSizes.most * Math.min(cell.width, cell.height)) / side);
    scale = Math.max(scale, faceSizes.least / side);
  }
  scale = Math.min(scale, largestScale);
  const degrees = random.uniform() < turn.share ? random.uniform(-turn.most, turn.most) : 0;
  const [sin, cos] = [
    Math.sin((degrees * Math.PI) / 180) * scale,
    Math.cos((degrees * Math.PI) / 180) * scale,
  ];
  const mirrored = random.uniform() < 0.5;
  const sign = mirrored ? -1 : 1;
  const linear = { a: sign * cos, b: -sin, c: sign * sin, d: cos };
  // The point of the photograph that goes to a drawn point of the cell; then the photograph is moved to fill the cell.
  const [fx, fy] = aimed
    ? [aimed.box.x + aimed.box.width / 2, aimed.box.y + aimed.box.height / 2]
    : [random.uniform(0, width), random.uniform(0, height)];
  const [tx, ty] = [
    random.uniform(cell.x, cell.x + cell.width),
    random.uniform(cell.y, cell.y + cell.height),
  ];
  const middle = [width / 2 - fx, height / 2 - fy] as const;
  const centre = {
    x: tx + linear.a * middle[0] + linear.b * middle[1],
    y: ty + linear.c * middle[0] + linear.d * middle[1],
  };
  const x = kept(centre.x, cell.x, cell.width, width * scale);
  const y = kept(centre.y, cell.y, cell.height, height * scale);
  return {
    source,
    cell,
    scale,
    mirrored,
    transform: {
      ...linear,
      e: x - linear.a * (width / 2) - linear.b * (height / 2),
      f: y - linear.c * (width / 2) - linear.d * (height / 2),
    },
  };
}

/** The centre of a photograph, moved so that it covers the cell, or lies within where it is smaller. */
function kept(centre: number, start: number, size: number, length: number): number {
  const [one, other] = [start + size - length / 2, start + length / 2];
  return Math.max(Math.min(one, other), Math.min(Math.max(one, other), centre));
}

/**
 * Draws a tile.
 *
 * @param choose draws the place of a source.
 */
export function drawTile(
  side: number,
  sources: (place: number) => TileSource,
  choose: (random: Random) => number,
  random: Random,
): Placement[] {
  const count = drawDivision(random);
  const [columns, rows] = [edges(side, count, random), edges(side, count, random)];
  const placements: Placement[] = [];
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      const [x, y] = [columns[column]!, rows[row]!];
      const cell = { x, y, width: columns[column + 1]! - x, height: rows[row + 1]! - y };
      const source = choose(random);
      placements.push(drawPlacement(source, sources(source), cell, random));
    }
  }
  return placements;
}

const moved = ({ a, b, c, d, e, f }: Affine, [x, y]: Point): Point => [a * x + b * y + e, c * x + d * y + f];

/** A box in the tile: centre and size are those of the turned box, upright, since faces are about as wide as high. */
function movedBox(transform: Affine, scale: number, box: Box): Box {
  const [x, y] = moved(transform, [box.x + box.width / 2, box.y + box.height / 2]);
  const [width, height] = [box.width * scale, box.height * scale];
  return { x: x - width / 2, y: y - height / 2, width, height };
}

/** The part of a box within another; null where there is none. */
function within(box: Box, bounds: Box): Box | null {
  const x = Math.max(box.x, bounds.x);
  const y = Math.max(box.y, bounds.y);
  const width = Math.min(box.x + box.width, bounds.x + bounds.width) - x;
  const height = Math.min(box.y + box.height, bounds.y + bounds.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** Left and right change places in a mirrored picture. */
function inOrder(points: readonly (Point | null)[], mirrored: boolean): readonly (Point | null)[] {
  if (!mirrored) return points;
  const [leftEye, rightEye, nose, left, right] = points as LabelledFace['points'];
  return [rightEye, leftEye, nose, right, left];
}

/** Labels of a tile's photographs, in its pixels. Boxes may reach over the edges of their cell. */
export function placeLabels(
  placements: readonly Placement[],
  sources: (place: number) => TileSource,
): PlacedLabels {
  const labels: PlacedLabels = { faces: [], ignore: [] };
  for (const { source, cell, transform, scale, mirrored } of placements) {
    const { faces, ignore } = sources(source);
    const seenPoint = (point: Point | null): Point | null => {
      if (point === null) return null;
      const [x, y] = moved(transform, point);
      const inside = x >= cell.x && x < cell.x + cell.width && y >= cell.y && y < cell.y + cell.height;
      return inside ? [x, y] : null;
    };
    for (const face of faces) {
      const box = movedBox(transform, scale, face.box);
      const seen = within(box, cell);
      if (seen === null) continue;
      const share = (seen.width * seen.height) / (box.width * box.height);
      if (share < leastSeen || longer(box) < leastFace) labels.ignore.push(seen);
      else {
        const points = inOrder(face.points.map(seenPoint), mirrored);
        labels.faces.push({ box, points, mouth: seenPoint(face.mouth) });
      }
    }
    for (const region of ignore) {
      const seen = within(movedBox(transform, scale, region), cell);
      if (seen !== null) labels.ignore.push(seen);
    }
  }
  return labels;
}

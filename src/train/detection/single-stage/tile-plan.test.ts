import { describe, expect, it } from 'vitest';
import type { LabelledFace } from '../../../data/faces/types.js';
import { Random } from '../../../random/random.js';
import { drawTile, leastFace, type Placement, placeLabels, type TileSource } from './tile-plan.js';

const face = (x: number, y: number, width: number, height: number): LabelledFace => ({
  box: { x, y, width, height },
  points: [
    [x + width * 0.3, y + height * 0.4],
    [x + width * 0.7, y + height * 0.4],
    [x + width * 0.5, y + height * 0.6],
    [x + width * 0.35, y + height * 0.8],
    [x + width * 0.65, y + height * 0.8],
  ],
  mouth: null,
});

const photo: TileSource = {
  width: 300,
  height: 200,
  faces: [face(50, 60, 30, 40), face(200, 40, 60, 80)],
  ignore: [{ x: 120, y: 10, width: 30, height: 30 }],
};
const side = 256;
const draw = (seed: number): Placement[] =>
  drawTile(
    side,
    () => photo,
    () => 0,
    new Random(seed),
  );

/** Places the photograph as it is, moved. */
const placed = (e: number, f: number, cell = { x: 0, y: 0, width: side, height: side }): Placement => ({
  source: 0,
  cell,
  transform: { a: 1, b: 0, c: 0, d: 1, e, f },
  scale: 1,
  mirrored: false,
});

describe('drawTile', () => {
  it('covers every pixel of a tile by one cell, in all divisions, the same for the same seed', () => {
    const counts = new Set<number>();
    for (let seed = 0; seed < 100; seed++) {
      const cells = draw(seed).map(({ cell }) => cell);
      counts.add(cells.length);
      expect(cells.reduce((sum, { width, height }) => sum + width * height, 0)).toBe(side * side);
      for (const { x, y, width, height } of cells) {
        expect([x, y, width, height].every(Number.isInteger)).toBe(true);
        expect(Math.max(x + width, y + height)).toBeLessThanOrEqual(side);
      }
    }
    expect([...counts].sort((a, b) => a - b)).toEqual([1, 4, 9, 16]);
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  it('shows faces of many sizes, mirrored as often as not, and covers cells by photographs that are larger', () => {
    const sizes: number[] = [];
    let [mirrored, all] = [0, 0];
    for (let seed = 0; seed < 200; seed++) {
      const placements = draw(seed);
      for (const { box } of placeLabels(placements, () => photo).faces) sizes.push(box.height);
      for (const { cell, scale, transform, ...rest } of placements) {
        all++;
        if (rest.mirrored) mirrored++;
        if (Math.min(photo.width, photo.height) * scale < 1.5 * Math.max(cell.width, cell.height)) continue;
        // The middle of every edge shows the photograph, unless it is turned.
        if (transform.b !== 0) continue;
        const x = (cell.x + 0.5 - transform.e) / transform.a;
        expect(x > -1 && x < photo.width + 1).toBe(true);
      }
    }
    expect(mirrored / all).toBeCloseTo(0.5, 1);
    expect(Math.min(...sizes)).toBeLessThan(14);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(leastFace);
    expect(Math.max(...sizes)).toBeGreaterThan(140);
  });
});

describe('placeLabels', () => {
  it('moves boxes, points and ignored regions', () => {
    const labels = placeLabels([placed(10, -20)], () => photo);
    expect(labels.faces[0]!.box).toEqual({ x: 60, y: 40, width: 30, height: 40 });
    expect(labels.faces[0]!.points[0]).toEqual([69, 56]);
    expect(labels.ignore).toContainEqual({ x: 130, y: 0, width: 30, height: 20 });
  });

  it('ignores a face of which less than half is seen, keeps the box of others whole, and drops points outside', () => {
    const cell = { x: 0, y: 0, width: 64, height: side };
    const [seen, cut] = [
      placeLabels([placed(0, 0, cell)], () => photo),
      placeLabels([placed(2, 0, cell)], () => photo),
    ];
    expect(cut.faces).toEqual([]);
    expect(cut.ignore).toContainEqual({ x: 52, y: 60, width: 12, height: 40 });
    expect(seen.faces).toEqual([]); // 14 of 30 columns
    const more = placeLabels([placed(-5, 0, cell)], () => photo).faces;
    expect(more[0]!.box).toEqual({ x: 45, y: 60, width: 30, height: 40 });
    expect(more[0]!.points.map((point) => point !== null)).toEqual([true, false, true, true, false]);
  });

  it('ignores faces that are too small', () => {
    const small = { ...placed(0, 0), scale: 0.15, transform: { a: 0.15, b: 0, c: 0, d: 0.15, e: 0, f: 0 } };
    const labels = placeLabels([small], () => photo);
    expect(labels.faces.map(({ box }) => box.height)).toEqual([12]); // of 80 pixels; that of 40 has 6
    expect(labels.ignore.length).toBe(2);
  });

  it('exchanges left and right of a mirrored face', () => {
    const mirrored = {
      ...placed(300, 0),
      transform: { a: -1, b: 0, c: 0, d: 1, e: 256, f: 0 },
      mirrored: true,
    };
    const [{ box, points }] = placeLabels([mirrored], () => photo).faces as [
      ReturnType<typeof placeLabels>['faces'][0],
    ];
    expect(box).toEqual({ x: 176, y: 60, width: 30, height: 40 });
    const [left, right, , leftMouth, rightMouth] = points;
    expect([left![0], right![0]]).toEqual([185, 197]);
    expect(leftMouth![0]).toBeLessThan(rightMouth![0]);
  });

  it('turns a box about its own centre', () => {
    const turned = { ...placed(0, 0), transform: { a: 0, b: -1, c: 1, d: 0, e: 200, f: 0 } };
    const [{ box }] = placeLabels([turned], () => photo).faces as unknown as [{ box: object }];
    expect(box).toEqual({ x: 200 - 80 - 15, y: 65 - 20, width: 30, height: 40 });
  });
});

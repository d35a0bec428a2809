import { describe, expect, it } from 'vitest';
import type { Box, Point } from '../../../faces/face.js';
import { assignTargets, cellCount, columnCount, columns, strides } from './assign.js';

const side = 128;
const face = (x: number, y: number, width: number, height: number, extra: object = {}) => ({
  box: { x, y, width, height },
  points: [null, null, null, null, null] as (Point | null)[],
  mouth: null,
  ...extra,
});

function targetsOf(faces: ReturnType<typeof face>[], ignore: Box[] = []) {
  const all = new Float32Array(cellCount(side) * columnCount + 5);
  assignTargets({ faces, ignore }, side, all, 5);
  let first = 5;
  return strides.map((stride) => {
    const count = side / stride;
    const start = first;
    first += count * count * columnCount;
    const row = (column: number, line: number) => {
      const at = start + (line * count + column) * columnCount;
      return all.subarray(at, at + columnCount);
    };
    const cells = Array.from({ length: count * count }, (_, i) => ({
      column: i % count,
      line: Math.floor(i / count),
      row: row(i % count, Math.floor(i / count)),
    }));
    const having = (column: number, value: number) =>
      cells.filter((cell) => cell.row[column] === value).map(({ column: x, line }) => [x, line]);
    return { row, faces: having(columns.face.at, 1), left: having(columns.counts.at, 0) };
  });
}

describe('assignTargets', () => {
  it('gives a face to the level of its size, or to two', () => {
    const levelsOf = (size: number) =>
      targetsOf([face(40, 40, size * 0.75, size)]).map(({ faces }) => faces.length > 0);
    expect(levelsOf(10)).toEqual([true, false, false]);
    expect(levelsOf(40)).toEqual([true, true, false]);
    expect(levelsOf(60)).toEqual([false, true, false]);
    expect(levelsOf(90)).toEqual([false, true, true]);
    expect(levelsOf(120)).toEqual([false, false, true]);
  });

  it('takes the cells around the centre, at least the one that holds it', () => {
    expect(targetsOf([face(41, 41, 8, 10)])[0]!.faces).toEqual([[5, 5]]);
    // Centre (60, 60), 10.5 and 12 pixels reach: the centres of cells 6 to 8 lie at 52, 60 and 68.
    expect(targetsOf([face(45, 41, 30, 38)])[0]!.faces.length).toBe(9);
    expect(targetsOf([face(-40, 41, 30, 38)])[0]!.faces).toEqual([]); // too far outside
  });

  it('says where box and points are from the corner of the cell, in cells', () => {
    const points: Point[] = [
      [42, 44],
      [50, 44],
      [46, 50],
      [43, 55],
      [49, 55],
    ];
    const [level] = targetsOf([face(36, 36, 18, 24, { points })]);
    const row = level!.row(5, 6);
    expect(row[columns.face.at]).toBe(1);
    expect([...row.subarray(columns.box.at, columns.box.at + 4)]).toEqual([45 / 8 - 5, 0, 18 / 8, 3]);
    expect([...row.subarray(columns.points.at, columns.points.at + 4)]).toEqual([
      42 / 8 - 5,
      44 / 8 - 6,
      50 / 8 - 5,
      44 / 8 - 6,
    ]);
    const size = Math.sqrt((18 / 8) * 3);
    expect(row[columns.pointWeights.at]).toBeCloseTo(1 / size);
    expect([...row.subarray(columns.mouthWeights.at)]).toEqual([0, 0]);
  });

  it('masks points that are not known, and takes the middle of a mouth', () => {
    const [level] = targetsOf([face(36, 36, 18, 24, { mouth: [46, 54] })]);
    const row = level!.row(5, 6);
    expect([...row.subarray(columns.pointWeights.at, columns.pointWeights.at + 10)]).toEqual(
      new Array(10).fill(0),
    );
    expect([...row.subarray(columns.mouth.at, columns.mouth.at + 2)]).toEqual([46 / 8 - 5, 54 / 8 - 6]);
    expect(row[columns.mouthWeights.at]).toBeGreaterThan(0);
  });

  it('gives a cell that two faces want to the nearer one', () => {
    const [level] = targetsOf([face(40, 40, 24, 24), face(56, 40, 24, 24)]);
    const owner = (column: number) => column * 8 + level!.row(column, 6)[columns.box.at]! * 8;
    expect([6, 8].map(owner)).toEqual([52, 68]);
  });

  it('leaves out cells in ignored regions, but not those of faces there', () => {
    const [level] = targetsOf([face(41, 41, 8, 10)], [{ x: 0, y: 0, width: side, height: side }]);
    expect(level!.faces).toEqual([[5, 5]]);
    expect(level!.left.length).toBe(16 * 16 - 1);
    const [edge] = targetsOf([], [{ x: 17, y: 17, width: 6, height: 6 }]);
    expect(edge!.left).toContainEqual([2, 2]);
    expect(edge!.left.length).toBeLessThanOrEqual(4);
    const [none, coarse] = targetsOf([]);
    expect([none!.left, coarse!.left, none!.faces]).toEqual([[], [], []]);
  });

  it('gives cells without a face the box of a cell, which divides nothing by 0', () => {
    const [level] = targetsOf([]);
    expect([...level!.row(0, 0).subarray(columns.box.at, columns.box.at + 4)]).toEqual([0, 0, 1, 1]);
  });
});

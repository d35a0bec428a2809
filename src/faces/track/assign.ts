// Which row goes with which column, so that the sum of costs is the least (the assignment problem). Shortest augmenting
// paths with potentials: Jonker and Volgenant 1987, in the form of Crouse 2016, "On implementing 2D rectangular assignment
// algorithms".

/**
 * The cheapest matching, where rows and columns may also stay alone.
 *
 * @param costs by row, one number for each column; Infinity forbids a pair.
 * @param alone what a row costs that gets no column: pairs that cost more are never made.
 * @returns for each row its column, or -1. Equal costs give the same answer every time.
 */
export function assign(costs: readonly (readonly number[])[], alone: number): Int32Array {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  // One further column for each row: that it stays alone.
  const width = columns + rows;
  const costOf = (row: number, column: number): number => {
    if (column >= columns) return column - columns === row ? alone : Number.POSITIVE_INFINITY;
    return costs[row]![column]!;
  };
  const rowPotential = new Float64Array(rows);
  const columnPotential = new Float64Array(width);
  const rowOf = new Int32Array(width).fill(-1);
  const columnOf = new Int32Array(rows).fill(-1);
  for (let start = 0; start < rows; start++)
    addRow(start, { width, costOf, rowPotential, columnPotential, rowOf, columnOf });
  return columnOf.map((column) => (column < columns ? column : -1));
}

interface Matching {
  width: number;
  costOf(row: number, column: number): number;
  rowPotential: Float64Array;
  columnPotential: Float64Array;
  /** By column, -1 where it is free. */
  rowOf: Int32Array;
  /** By row. */
  columnOf: Int32Array;
}

/** Matches one more row by the shortest path to a free column; rows on the path change theirs. */
function addRow(start: number, matching: Matching): void {
  const { width, costOf, rowPotential, columnPotential, rowOf, columnOf } = matching;
  const distance = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
  const before = new Int32Array(width).fill(-1);
  const done = new Uint8Array(width);
  const visited: number[] = [];
  let row = start;
  let least = 0;
  let end = -1;
  while (end < 0) {
    visited.push(row);
    let next = -1;
    let nearest = Number.POSITIVE_INFINITY;
    for (let column = 0; column < width; column++) {
      if (done[column]) continue;
      const reached = least + costOf(row, column) - rowPotential[row]! - columnPotential[column]!;
      if (reached < distance[column]!) {
        distance[column] = reached;
        before[column] = row;
      }
      if (distance[column]! < nearest) {
        nearest = distance[column]!;
        next = column;
      }
    }
    least = nearest;
    done[next] = 1;
    if (rowOf[next]! < 0) end = next;
    else row = rowOf[next]!;
  }
  rowPotential[start]! += least;
  for (const other of visited)
    if (other !== start) rowPotential[other]! += least - distance[columnOf[other]!]!;
  for (let column = 0; column < width; column++)
    if (done[column]) columnPotential[column]! -= least - distance[column]!;
  for (let column = end; ; ) {
    const from = before[column]!;
    rowOf[column] = from;
    const freed = columnOf[from]!;
    columnOf[from] = column;
    if (from === start) return;
    column = freed;
  }
}

// The rows of a large CSV file, by their places in it. Lines are found by line ends alone where no field is quoted; a
// quoted field may hold commas and line ends (RFC 4180). A quote that is never closed is damage of its own line only.

import { open } from 'node:fs/promises';

const blockBytes = 1 << 20;
/** A row longer than this isn't a row of such a file (a 512x512 image would have 1 MB). */
const longestRow = 8 << 20;
/** Bytes over which a quoted field may go on in further lines. */
const longestQuoted = 2 << 20;

const comma = 0x2c;
const quote = 0x22;
const newline = 0x0a;

/** Whether a row ends within a quoted field. */
function endsInQuotes(row: Uint8Array): boolean {
  if (row.indexOf(quote) < 0) return false;
  for (let at = 0; ; at++) {
    while (row[at] === 0x20 || row[at] === 0x09) at++;
    if (row[at] === quote) {
      let end = row.indexOf(quote, at + 1);
      while (end >= 0 && row[end + 1] === quote) end = row.indexOf(quote, end + 2);
      if (end < 0) return true;
      at = end;
    }
    at = row.indexOf(comma, at);
    if (at < 0) return false;
  }
}

/** Whether several lines are one row. What quotes hold must be no rows themselves. */
export type IsRow = (row: Uint8Array) => boolean;

/**
 * Calls `onRow` for each row of a file (its line end not included) with the number of its first line, from 1, and its
 * position in bytes.
 */
export async function forEachRow(
  path: string,
  isRow: IsRow,
  onRow: (row: Buffer, line: number, start: number) => void,
): Promise<void> {
  const file = await open(path);
  try {
    let rest: Buffer = Buffer.alloc(0);
    let position = 0; // of `rest` in the file
    let line = 1;
    for (;;) {
      const block = Buffer.allocUnsafe(blockBytes);
      const { bytesRead } = await file.read(block, 0, blockBytes, position + rest.length);
      const text = Buffer.concat([rest, block.subarray(0, bytesRead)]);
      const isLast = bytesRead === 0 || rest.length > longestRow;
      let start = 0;
      while (start < text.length) {
        const end = findRowEnd(text, start, isLast, isRow);
        if (end === null) break; // the row goes on behind the block
        const row = text.subarray(start, end);
        if (isLast && row.length > longestRow) {
          onRow(row.subarray(0, longestRow), line, position + start);
          return;
        }
        onRow(row, line, position + start);
        line += countLines(row) + 1;
        start = end + 1;
      }
      rest = text.subarray(start);
      position += start;
      if (bytesRead === 0) return;
    }
  } finally {
    await file.close();
  }
}

function countLines(row: Buffer): number {
  let count = 0;
  for (let at = row.indexOf(newline); at >= 0; at = row.indexOf(newline, at + 1)) count++;
  return count;
}

/** Where the row that begins at `start` ends; null where that isn't known before more of the file is read. */
function findRowEnd(text: Buffer, start: number, isLast: boolean, isRow: IsRow): number | null {
  const first = text.indexOf(newline, start);
  if (first < 0) return isLast ? text.length : null;
  if (!endsInQuotes(text.subarray(start, first))) return first;
  for (let end = text.indexOf(newline, first + 1); ; end = text.indexOf(newline, end + 1)) {
    if (end < 0) end = text.length;
    const row = text.subarray(start, end);
    if (row.length > longestQuoted) return first;
    if (!endsInQuotes(row)) return isRow(row) ? end : first;
    if (end === text.length) return isLast ? first : null;
  }
}

// Grey values in a row of a CSV file like fer2013.csv.

import { closeSync, openSync, readSync } from 'node:fs';
import type { GrayImage } from '../image/gray.js';
import { DecodeError, readFailure } from './decode-error.js';
import type { SampleSource } from './sample-source.js';

const comma = 0x2c;
const quote = 0x22;

/** Where field `column` (from 0) of a row begins and ends, its quotes left out. Quoted fields may hold commas. */
export function findField(row: Uint8Array, column: number): { start: number; end: number } {
  let at = 0;
  for (let field = 0; ; field++) {
    let start = at;
    while (row[start] === 0x20 || row[start] === 0x09) start++;
    let end: number;
    if (row[start] === quote) {
      start++;
      end = row.indexOf(quote, start);
      while (end >= 0 && row[end + 1] === quote) end = row.indexOf(quote, end + 2); // "" stands for one quote
      if (end < 0) end = row.length;
      at = row.indexOf(comma, end);
    } else {
      at = row.indexOf(comma, start);
      end = at < 0 ? row.length : at;
    }
    if (field === column) return { start, end };
    if (at < 0) return { start: row.length, end: row.length };
    at++;
  }
}

/** Grey values as text in field `column` of a CSV row, with spaces, line ends or (within quotes) commas between. */
function parseRow(row: Uint8Array, column: number, width: number, height: number): GrayImage {
  const data = new Uint8Array(width * height);
  const { start, end } = findField(row, column);
  let value = -1; // of the number being read, -1 between numbers
  let count = 0;
  for (let i = start; i <= end; i++) {
    const byte = i < end ? row[i]! : 0x20;
    if (byte >= 0x30 && byte <= 0x39) {
      value = Math.max(value, 0) * 10 + byte - 0x30;
      if (value > 255) throw new DecodeError(`expected grey values from 0 to 255, found ${value} or more`);
    } else if (byte === 0x20 || byte === comma || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      if (value >= 0) {
        if (count < data.length) data[count] = value;
        count++;
      }
      value = -1;
    } else {
      const found = JSON.stringify(String.fromCharCode(byte));
      throw new DecodeError(`expected grey values with spaces between, found ${found}`);
    }
  }
  if (count !== data.length) {
    throw new DecodeError(`expected ${width} x ${height} = ${data.length} values, found ${count}`);
  }
  return { width, height, data };
}

/** The file that rows were read from last stays open: rows come by the thousand from one file. */
let rowFile: { path: string; fd: number } | null = null;

/** Decodes a row that readFerCsv found. */
export function decodeRow(source: Extract<SampleSource, { kind: 'row' }>): GrayImage {
  const { path, start, length, column, width, height } = source;
  return parseRow(readRow(path, start, length), column, width, height);
}

function readRow(path: string, start: number, length: number): Uint8Array {
  try {
    if (rowFile?.path !== path) {
      if (rowFile) closeSync(rowFile.fd);
      rowFile = null;
      const fd = openSync(path, 'r');
      rowFile = { path, fd };
    }
    const row = new Uint8Array(length);
    let read = 0;
    while (read < length) {
      const bytes = readSync(rowFile.fd, row, read, length - read, start + read);
      if (bytes === 0) throw new DecodeError('expected a row, found the end of the file (was it changed?)');
      read += bytes;
    }
    return row;
  } catch (error) {
    throw error instanceof DecodeError ? error : readFailure(error);
  }
}

// Reads fer2013.csv, the form in which the FER2013 challenge (Goodfellow et al. 2013) was published: a header, then a
// row per image with the emotion's number, 48x48 grey values with spaces between, and the split it belongs to. Also
// Kaggle's icml_face_data.csv (the same with spaces in the header) and files without a Usage column.
//
// Only positions are kept, not pixels: a sample points to the bytes of its row, and the decoder reads them when needed.
// The header is parsed as CSV; rows are taken apart at commas and line ends, since none of these fields can hold one.

import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'csv-parse/sync';
import { FerlabError } from '../../errors.js';
import type { BadFile, Sample, SplitRole } from './types.js';

/** Class names by the number in the `emotion` column, from the challenge's description. */
export const ferEmotions = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;

/** The splits by the word in the `Usage` column; rows without one belong to `train`. */
const usages: Readonly<Record<string, SplitRole>> = {
  Training: 'train',
  PublicTest: 'validation',
  PrivateTest: 'test',
};

/** What a CSV file holds. */
export interface FerCsv {
  path: string;
  /** Sorted names of the emotions that occur. */
  classes: string[];
  /** By split, ordered by class, then by line. */
  splits: Record<SplitRole, Sample[]>;
  /** Whether there is a Usage column; without one all rows are in `train`, which then says nothing of their use. */
  hasUsage: boolean;
  /** Rows passed over: no such emotion, no such split. */
  skipped: BadFile[];
  /** How many of `skipped` belong to each split: by their Usage or, where that is damaged, by the rows around them. */
  skippedBySplit: Record<SplitRole, number>;
}

interface Columns {
  emotion: number;
  pixels: number;
  /** -1 where there is none. */
  usage: number;
}

interface Row {
  emotion: number;
  split: SplitRole;
  line: number;
  start: number;
  length: number;
}

/** A row that can't be used. */
interface DamagedRow {
  reason: string;
  /** Null where the row doesn't tell. */
  split: SplitRole | null;
}

/** Where it is among the good ones: `place` is that of the next. */
type PlacedRow = Pick<DamagedRow, 'split'> & { place: number };

const blockBytes = 1 << 20;
/** A row longer than this isn't a row of such a file (a 512x512 image would have 1 MB). */
const longestLine = 8 << 20;

function readHeader(path: string, line: Buffer): Columns {
  let fields: string[] = [];
  try {
    fields = parse(line.subarray(0, 1000), { bom: true, trim: true, relax_column_count: true })[0] ?? [];
  } catch {
    // not CSV: reported below with what was found
  }
  const names = fields.map((field) => field.toLowerCase());
  const columns = {
    emotion: names.indexOf('emotion'),
    pixels: names.indexOf('pixels'),
    usage: names.indexOf('usage'),
  };
  if (columns.emotion < 0 || columns.pixels < 0) {
    const found = line.toString('utf8', 0, 1000).trim().slice(0, 80);
    throw new FerlabError(
      'data',
      `${path}: expected a CSV file with the columns emotion, pixels and Usage (as fer2013.csv); ` +
        `found the first line ${JSON.stringify(found)}. Give such a file, or a folder of class folders.`,
    );
  }
  return columns;
}

/** Field `column` of a row, without quotes and spaces around it. */
function fieldOf(line: Buffer, column: number): string {
  let start = 0;
  for (let i = 0; i < column; i++) {
    const comma = line.indexOf(0x2c, start);
    if (comma < 0) return '';
    start = comma + 1;
  }
  const comma = line.indexOf(0x2c, start);
  return line
    .toString('latin1', start, comma < 0 ? line.length : comma)
    .replaceAll('"', '')
    .trim();
}

function parseRow(line: Buffer, columns: Columns): Pick<Row, 'emotion' | 'split'> | DamagedRow {
  const usage = columns.usage < 0 ? 'Training' : fieldOf(line, columns.usage);
  const split = usages[usage] ?? null;
  const emotionText = fieldOf(line, columns.emotion);
  const emotion = /^\d+$/.test(emotionText) ? Number(emotionText) : -1;
  if (emotion < 0 || emotion >= ferEmotions.length) {
    const found = JSON.stringify(emotionText.slice(0, 40));
    return { split, reason: `expected an emotion from 0 to ${ferEmotions.length - 1}; found ${found}` };
  }
  if (split) return { emotion, split };
  const found = JSON.stringify(usage.slice(0, 40));
  return { split, reason: `expected the Usage Training, PublicTest or PrivateTest; found ${found}` };
}

/** Damaged rows by split. One that doesn't tell is of the rows around it, if these agree: files keep splits together. */
function countBySplit(damaged: readonly PlacedRow[], rows: readonly Row[]): Record<SplitRole, number> {
  const counts = { train: 0, validation: 0, test: 0 };
  for (const { split, place } of damaged) {
    const before = rows[place - 1] ?? rows[place];
    const after = rows[place] ?? before;
    const found = split ?? (before?.split === after?.split ? before?.split : undefined);
    if (found) counts[found]++;
  }
  return counts;
}

/** Calls `onLine` for each line of a file (line ends not included) with its number from 1 and its position in bytes. */
async function forEachLine(
  path: string,
  onLine: (line: Buffer, number: number, start: number) => void,
): Promise<void> {
  const file = await open(path);
  try {
    let rest: Buffer = Buffer.alloc(0);
    let position = 0; // of `rest` in the file
    let number = 0;
    for (;;) {
      const block = Buffer.allocUnsafe(blockBytes);
      const { bytesRead } = await file.read(block, 0, blockBytes, position + rest.length);
      const text = Buffer.concat([rest, block.subarray(0, bytesRead)]);
      let start = 0;
      for (let end = text.indexOf(0x0a); end >= 0; end = text.indexOf(0x0a, start)) {
        onLine(text.subarray(start, end), ++number, position + start);
        start = end + 1;
      }
      rest = text.subarray(start);
      position += start;
      if (bytesRead === 0 || rest.length > longestLine) break;
    }
    if (rest.length > 0) onLine(rest.subarray(0, longestLine), number + 1, position);
  } finally {
    await file.close();
  }
}

/** The image size of most of the first rows; 48 where they have no square number of values. */
function commonSide(counts: readonly number[]): number {
  const votes = new Map<number, number>();
  for (const count of counts) {
    const side = Math.sqrt(count);
    if (Number.isInteger(side) && side > 0) votes.set(side, (votes.get(side) ?? 0) + 1);
  }
  const [best] = [...votes].sort((a, b) => b[1] - a[1]);
  return best?.[0] ?? 48;
}

function countValues(pixels: string): number {
  return pixels === '' ? 0 : pixels.split(/\s+/).length;
}

function toSamples(path: string, rows: Row[], classes: string[], column: number, side: number): Sample[] {
  const name = basename(path);
  const samples = rows.map(
    ({ emotion, line, start, length }): Sample => ({
      file: `${name}:${line}`,
      label: classes.indexOf(ferEmotions[emotion]!),
      source: { kind: 'row', path, start, length, column, width: side, height: side },
    }),
  );
  return samples.sort((a, b) => a.label - b.label); // stable: lines stay in order
}

/**
 * Reads the positions, labels and splits of a file like fer2013.csv. Values are checked when a row is decoded.
 *
 * @param path absolute.
 * @throws FerlabError (data) when it can't be read or the header has no such columns.
 */
export async function readFerCsv(path: string): Promise<FerCsv> {
  const rows: Row[] = [];
  const skipped: BadFile[] = [];
  const damaged: PlacedRow[] = [];
  const firstCounts: number[] = [];
  let columns: Columns | null = null;
  try {
    await forEachLine(path, (line, number, start) => {
      if (!columns) {
        columns = readHeader(path, line);
        return;
      }
      if (line.length === 0 || (line.length === 1 && line[0] === 0x0d)) return;
      if (firstCounts.length < 25) firstCounts.push(countValues(fieldOf(line, columns.pixels)));
      const row = parseRow(line, columns);
      if ('reason' in row) {
        skipped.push({ file: `${basename(path)}:${number}`, reason: row.reason });
        damaged.push({ split: row.split, place: rows.length });
      } else rows.push({ ...row, line: number, start, length: line.length });
    });
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    throw new FerlabError(
      'data',
      `${path}: expected a readable CSV file; found: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
  const found = columns ?? readHeader(path, Buffer.alloc(0));
  const side = commonSide(firstCounts);
  const classes = ferEmotions.filter((_, i) => rows.some((row) => row.emotion === i)).sort();
  const samplesOf = (split: SplitRole) =>
    toSamples(
      path,
      rows.filter((row) => row.split === split),
      classes,
      found.pixels,
      side,
    );
  return {
    path,
    classes,
    hasUsage: found.usage >= 0,
    splits: { train: samplesOf('train'), validation: samplesOf('validation'), test: samplesOf('test') },
    skipped,
    skippedBySplit: countBySplit(damaged, rows),
  };
}

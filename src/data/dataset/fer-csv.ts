// Reads fer2013.csv, the form in which the FER2013 challenge (Goodfellow et al. 2013) was published: a header, then a
// row per image with the emotion's number, 48x48 grey values with spaces between, and the split it belongs to. Also
// Kaggle's icml_face_data.csv (the same with spaces in the header) and files without a Usage column.
//
// Emotions may be numbers or words, splits the words of the challenge or those of folders (train, val, ...).
//
// Only positions are kept, not pixels: a sample points to the bytes of its row, and the decoder reads them when needed.
// The header is parsed as CSV; rows are taken apart by our own code, since there are tens of thousands.

import { basename } from 'node:path';
import { parse } from 'csv-parse/sync';
import { findField } from '../../decode/csv-row.js';
import { FerlabError } from '../../errors.js';
import { describeNoCsv, describeText } from './contents.js';
import { forEachRow } from './csv-rows.js';
import { emotionOf, ferEmotions } from './emotion-names.js';
import { splitRole } from './split-names.js';
import type { PassedOver, Sample, SplitRole } from './types.js';

/** A row passed over. */
interface DamagedRow extends PassedOver {
  /** The split that it is of: by its Usage or, where that is damaged, by the rows around it; null where they differ. */
  split: SplitRole | null;
}

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
  skipped: DamagedRow[];
  /** How many of `skipped` are of each split. */
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

/** Why a row can't be used. */
interface RowDamage {
  reason: string;
  /** Null where the row doesn't say. */
  split: SplitRole | null;
  /** What stands for an emotion that isn't known, in a row that is whole otherwise. */
  emotion?: string;
}

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
  if (columns.emotion < 0 || columns.pixels < 0 || describeText(line) !== null) {
    const text = JSON.stringify(line.toString('utf8', 0, 1000).trim().slice(0, 80));
    const found =
      line.length === 0 ? 'an empty file or line' : (describeNoCsv(line) ?? `the first line ${text}`);
    throw new FerlabError(
      'data',
      `${path}: expected a CSV file with the columns emotion, pixels and Usage (as fer2013.csv); ` +
        `found ${found}. Give such a file, or a folder of class folders.`,
    );
  }
  // Lines that end with a carriage return alone would be one line, a header without rows.
  if (line.subarray(0, -1).includes(0x0d)) {
    throw new FerlabError(
      'data',
      `${path}: expected lines that end with a line feed; found carriage returns alone (as old Macs wrote). Save it with ` +
        'line ends of Unix or Windows.',
    );
  }
  return columns;
}

/** Field `column` of a row, without quotes and spaces around it. */
function fieldOf(row: Buffer, column: number): string {
  const { start, end } = findField(row, column);
  return row.toString('latin1', start, end).trim();
}

/** The place of an emotion in `ferEmotions`, by number or word; -1 for others. */
function emotionNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) < ferEmotions.length ? Number(text) : -1;
  const name = emotionOf(text);
  return name === null ? -1 : ferEmotions.indexOf(name);
}

function parseRow(row: Buffer, columns: Columns): Pick<Row, 'emotion' | 'split'> | RowDamage {
  const usage = columns.usage < 0 ? 'Training' : fieldOf(row, columns.usage);
  const split = splitRole(usage);
  const emotionText = fieldOf(row, columns.emotion);
  const emotion = emotionNumber(emotionText);
  if (emotion < 0) {
    const found = JSON.stringify(emotionText.slice(0, 40));
    const names = ferEmotions.join(', ');
    const reason = `expected an emotion from 0 to ${ferEmotions.length - 1}, or one of ${names}; found ${found}`;
    return split ? { split, reason, emotion: emotionText } : { split, reason };
  }
  if (split) return { emotion, split };
  const found = JSON.stringify(usage.slice(0, 40));
  const reason = `expected the Usage Training, PublicTest or PrivateTest (or train, val, test); found ${found}`;
  return { split, reason };
}

/** The split of a row that doesn't say: that of the rows around it, if these agree, since files keep splits together. */
function splitAround(place: number, rows: readonly Row[]): SplitRole | null {
  const before = rows[place - 1] ?? rows[place];
  const after = rows[place] ?? before;
  return before && before.split === after?.split ? before.split : null;
}

/** Rows of one unknown emotion that may be a class: fewer are single mistakes. */
const leastOfClass = 3;
/** What stands for a missing label is no class. */
const noLabel = /^(|-\d+|nan|null|none|n\/?a|nf|unknown|\?+)$/i;

/** Refuses a file in which one emotion, a whole class, would be left out. */
function checkEmotions(path: string, unknown: ReadonlyMap<string, number[]>): void {
  for (const [emotion, lines] of unknown) {
    if (lines.length < leastOfClass || noLabel.test(emotion)) continue;
    throw new FerlabError(
      'data',
      `${path}: expected emotions from 0 to ${ferEmotions.length - 1} (${ferEmotions.join(', ')}) or these words; found ` +
        `${JSON.stringify(emotion.slice(0, 40))} in ${lines.length} rows (the first in line ${lines[0]}), a class that would ` +
        'be left out. Remove these rows, or make a folder of class folders from the file.',
    );
  }
}

/** Refuses numbers that were counted from 1, by which every image would have the name of another emotion. */
function checkCounting(path: string, rows: readonly Row[], isNumber: boolean): void {
  const found = new Set(rows.map(({ emotion }) => emotion));
  if (!isNumber || found.has(0) || found.size < ferEmotions.length - 1) return;
  throw new FerlabError(
    'data',
    `${path}: expected emotions counted from 0 (${ferEmotions.map((name, i) => `${i} ${name}`).join(', ')}); found 1 to ` +
      `${ferEmotions.length - 1} and no 0, as in files that count from 1. Give the names of the emotions instead of numbers.`,
  );
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
  return pixels === '' ? 0 : pixels.split(/[\s,]+/).length;
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
  const name = basename(path);
  const rows: Row[] = [];
  const damaged: { line: number; damage: RowDamage; place: number }[] = [];
  const unknown = new Map<string, number[]>();
  const firstCounts: number[] = [];
  /** Whether any emotion is a number. */
  let numbered = false;
  let columns: Columns | null = null;
  const isRow = (row: Uint8Array): boolean => {
    if (!columns) return true;
    const { start, end } = findField(row, columns.pixels);
    const damage = 'reason' in parseRow(row as Buffer, columns);
    return (
      !damage && row.subarray(start, end).every((byte) => byte <= 0x20 || byte === 0x2c || isDigit(byte))
    );
  };
  try {
    await forEachRow(path, isRow, (row, line, start) => {
      if (!columns) {
        columns = readHeader(path, row);
        return;
      }
      if (row.length === 0 || (row.length === 1 && row[0] === 0x0d)) return;
      if (firstCounts.length < 25) firstCounts.push(countValues(fieldOf(row, columns.pixels)));
      const parsed = parseRow(row, columns);
      if (!('reason' in parsed)) {
        numbered ||= /^\d/.test(fieldOf(row, columns.emotion));
        rows.push({ ...parsed, line, start, length: row.length });
        return;
      }
      damaged.push({ line, damage: parsed, place: rows.length });
      if (parsed.emotion === undefined) return;
      const lines = unknown.get(parsed.emotion) ?? [];
      lines.push(line);
      unknown.set(parsed.emotion, lines);
    });
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    const found = (error as Error).message;
    throw new FerlabError('data', `${path}: expected a readable CSV file; found: ${found}.`, {
      cause: error,
    });
  }
  const found = columns ?? readHeader(path, Buffer.alloc(0));
  checkEmotions(path, unknown);
  checkCounting(path, rows, numbered);
  const skipped = damaged.map(({ line, damage, place }): DamagedRow => {
    const split = damage.split ?? splitAround(place, rows);
    return { file: `${name}:${line}`, reason: damage.reason, kind: 'image', split };
  });
  const side = commonSide(firstCounts);
  const classes: string[] = ferEmotions.filter((_, i) => rows.some((row) => row.emotion === i)).sort();
  const ofSplit = <T extends { split: SplitRole | null }>(all: T[], split: SplitRole) =>
    all.filter((row) => row.split === split);
  const samplesOf = (split: SplitRole) => toSamples(path, ofSplit(rows, split), classes, found.pixels, side);
  const countOf = (split: SplitRole) => ofSplit(skipped, split).length;
  return {
    path,
    classes,
    hasUsage: found.usage >= 0,
    splits: { train: samplesOf('train'), validation: samplesOf('validation'), test: samplesOf('test') },
    skipped,
    skippedBySplit: { train: countOf('train'), validation: countOf('validation'), test: countOf('test') },
  };
}

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

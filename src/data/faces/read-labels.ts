// Reads labels of faces: a CSV file with one row for each face. docs/command-line.md describes the columns.

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve, sep } from 'node:path';
import { parse } from 'csv-parse/sync';
import { FerlabError } from '../../errors.js';
import type { Box, Point } from '../../faces/face.js';
import { walkImages } from '../../files/walk-images.js';
import { describeNoCsv } from '../dataset/contents.js';
import type { LabelledFace, LabelledPicture } from './types.js';

const boxColumns = ['x', 'y', 'w', 'h'] as const;
const pointNames = ['left_eye', 'right_eye', 'nose', 'left_mouth', 'right_mouth', 'mouth'] as const;
const pointColumns = pointNames.flatMap((name) => [`${name}_x`, `${name}_y`]);
const columns: readonly string[] = ['image', 'kind', ...boxColumns, ...pointColumns];
const kinds = ['face', 'ignore', 'none'] as const;
type Kind = (typeof kinds)[number];

/** Label files are read whole; a row of a face takes some 100 bytes. */
const mostBytes = 256 << 20;
/** Coordinates beyond are mistakes: no picture that is read has such a side. */
const farthest = 1e6;

/** Where a row stands, and its fields by the names of columns; absent columns are blank. */
interface Row {
  where: string;
  field(name: string): string;
}

const fault = (where: string, expected: string, found: string, remedy: string): FerlabError =>
  new FerlabError('data', `${where}: expected ${expected}, found ${found}. ${remedy}`);

const quoted = (text: string): string => (text === '' ? 'nothing' : JSON.stringify(text.slice(0, 40)));

/** A number, or null for a blank field. */
function numberIn({ where, field }: Row, name: string): number | null {
  const text = field(name);
  if (text === '') return null;
  const value = Number(text);
  if (Number.isFinite(value) && Math.abs(value) <= farthest) return value;
  throw fault(
    where,
    `a number of pixels from -${farthest} to ${farthest} in the column ${name}`,
    quoted(text),
    'Correct the row.',
  );
}

function boxOf(row: Row): Box {
  const [x, y, width, height] = boxColumns.map((name) => {
    const value = numberIn(row, name);
    if (value !== null) return value;
    throw fault(row.where, `a number in the column ${name}`, 'nothing', 'Fill it in, or remove the row.');
  }) as [number, number, number, number];
  if (width > 0 && height > 0) return { x, y, width, height };
  throw fault(
    row.where,
    'a width and a height above 0 in the columns w and h',
    `${width} and ${height}`,
    'Columns are x, y, w, h: the last two are sizes, not the lower right corner.',
  );
}

function pointOf(row: Row, name: string): Point | null {
  const [x, y] = [numberIn(row, `${name}_x`), numberIn(row, `${name}_y`)];
  if (x !== null && y !== null) return [x, y];
  if (x === null && y === null) return null;
  throw fault(
    row.where,
    `both of ${name}_x and ${name}_y or neither`,
    `${name}_${x === null ? 'y' : 'x'} alone`,
    'Fill in the other, or leave both blank.',
  );
}

function faceOf(row: Row): LabelledFace {
  const box = boxOf(row);
  const [leftEye, rightEye, nose, left, right, mouth] = pointNames.map((name) => pointOf(row, name)) as [
    ...LabelledFace['points'],
    Point | null,
  ];
  if (mouth !== null && (left !== null || right !== null)) {
    throw fault(
      row.where,
      'the corners of a mouth or its middle',
      'both',
      'Leave mouth_x and mouth_y blank where corners are given.',
    );
  }
  // Names by the person's own left are a usual mistake, and would teach mirrored faces.
  if (
    leftEye !== null &&
    rightEye !== null &&
    leftEye[0] > rightEye[0] &&
    isUpright(box, leftEye, rightEye)
  ) {
    throw fault(
      row.where,
      "a left eye at the picture's left",
      `left_eye_x ${leftEye[0]} and right_eye_x ${rightEye[0]}`,
      'Left is the left of the picture, not of the person: exchange the columns of the eyes and of the corners of the mouth.',
    );
  }
  return { box, points: [leftEye, rightEye, nose, left, right], mouth };
}

/** Whether eyes lie beside each other, in the upper half of their box; faces upside down have their left eye at the right. */
function isUpright({ y, width, height }: Box, left: Point, right: Point): boolean {
  return (left[1] + right[1]) / 2 < y + height / 2 && Math.abs(left[0] - right[0]) > 0.2 * width;
}

interface Gathered {
  file: string;
  path: string;
  faces: LabelledFace[];
  ignore: Box[];
  /** Whether a row says that there is no face. */
  empty: boolean;
}

function addRow(row: Row, folder: string, pictures: Map<string, Gathered>): void {
  const file = row.field('image');
  if (file === '') throw fault(row.where, 'a picture in the column image', 'nothing', 'Correct the row.');
  const kind = (row.field('kind') || 'face') as Kind;
  if (!kinds.includes(kind))
    throw fault(row.where, `one of ${kinds.join(', ')} in the column kind`, quoted(kind), 'Correct the row.');
  const path = resolve(folder, file);
  const picture = pictures.get(path) ?? { file, path, faces: [], ignore: [], empty: false };
  pictures.set(path, picture);
  if (kind === 'face') picture.faces.push(faceOf(row));
  else if (kind === 'ignore') picture.ignore.push(boxOf(row));
  else if (boxColumns.some((name) => row.field(name) !== ''))
    throw fault(
      row.where,
      'no box in a row of the kind none',
      'one',
      'Write face or ignore, or remove the box.',
    );
  else picture.empty = true;
  if (picture.empty && picture.faces.length > 0)
    throw fault(row.where, `faces in ${file} or a row of the kind none`, 'both', 'Remove one.');
}

async function textOf(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes)
      throw fault(path, `a CSV file of labels of at most ${mostBytes} bytes`, `${size} bytes`, 'Divide it.');
    const bytes = await readFile(path);
    const other = describeNoCsv(bytes);
    if (other !== null) throw fault(path, 'a CSV file with labels of faces', other, 'Give another file.');
    return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'nothing' : code === 'EISDIR' ? 'a folder' : (error as Error).message;
    throw fault(path, 'a CSV file with labels of faces', found, 'Give its path.');
  }
}

/** The table's records with the number of the line that each begins in. */
function recordsOf(path: string, text: string): { record: string[]; line: number }[] {
  try {
    // Whatever is missing at the end of a row is blank; a row with more than the header is refused below.
    const rows = parse(text, {
      bom: true,
      trim: true,
      relax_column_count: true,
      info: true,
      skip_empty_lines: true,
    });
    return (rows as unknown as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({
      record,
      line: info.lines,
    }));
  } catch (error) {
    throw fault(path, 'a CSV file with labels of faces', (error as Error).message, 'Correct the file.');
  }
}

function checkHeader(path: string, header: readonly string[]): void {
  const missing = ['image', ...boxColumns].filter((name) => !header.includes(name));
  if (missing.length > 0) {
    throw fault(
      path,
      'a first line with the columns image, x, y, w, h',
      `none called ${missing.join(', ')} (${header.slice(0, 8).map(quoted).join(', ') || 'an empty file'})`,
      'See "ferlab faces train" in docs/command-line.md.',
    );
  }
  // A misspelt column of points would be left out without a word.
  const [close] = header.filter((name) => /_(x|y)$/.test(name) && !columns.includes(name));
  if (close !== undefined)
    throw fault(path, `columns of points called ${pointColumns.join(', ')}`, quoted(close), 'Rename it.');
  const [twice] = header.filter((name, i) => columns.includes(name) && header.indexOf(name) !== i);
  if (twice !== undefined) throw fault(path, 'every column once', `${twice} twice`, 'Remove one.');
}

/**
 * Reads one CSV file of labels. Rows of one picture may stand anywhere; other columns are left out.
 *
 * @returns its pictures, in the order in which they first occur; whether they can be read, nobody has looked.
 * @throws FerlabError `data` with the line for rows that are wrong.
 */
export async function readFaceLabels(path: string): Promise<LabelledPicture[]> {
  const [first, ...rest] = recordsOf(path, await textOf(path));
  const header = (first?.record ?? []).map((name) => name.toLowerCase());
  checkHeader(path, header);
  const pictures = new Map<string, Gathered>();
  for (const { record, line } of rest) {
    const where = `${path}, line ${line}`;
    if (record.length > header.length)
      throw fault(
        where,
        `${header.length} fields, as in the first line`,
        `${record.length}`,
        'Correct the row.',
      );
    const field = (name: string): string => record[header.indexOf(name)] ?? '';
    addRow({ where, field }, dirname(path), pictures);
  }
  if (pictures.size === 0) throw fault(path, 'rows below the first line', 'none', 'Give a file with labels.');
  const source = basename(path, extname(path));
  return [...pictures.values()].map(({ empty: _, ...picture }) => ({ ...picture, source }));
}

/**
 * Pictures without a face: all images below a folder.
 *
 * @throws FerlabError `data` where it isn't a folder or holds none.
 */
export async function readBackgrounds(folder: string): Promise<LabelledPicture[]> {
  if (!existsSync(folder))
    throw fault(folder, 'a folder of pictures without faces', 'nothing', 'Give its path.');
  const { files } = await walkImages(folder, () => {});
  if (files.length === 0)
    throw fault(folder, 'a folder of pictures without faces', 'no images in it', 'Give another.');
  return files.map((path) => ({
    file: relative(folder, path).split(sep).join('/'),
    path: resolve(path),
    source: basename(resolve(folder)),
    faces: [],
    ignore: [],
  }));
}

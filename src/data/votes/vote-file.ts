// Reads a CSV file of votes: what several people saw in each image. Two forms are known: a column `image` with the path
// below the dataset's folder, and FER+'s own fer2013new.csv (https://github.com/microsoft/FERPlus), whose rows follow
// those of fer2013.csv. Every other column holds votes. What the columns mean is soft-labels.ts's.

import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { FerlabError } from '../../errors.js';
import { foundInstead } from '../../files/read-error.js';
import { sha256 } from '../../files/sha256.js';
import { describeNoCsv } from '../dataset/contents.js';

export interface VoteRow {
  /** Line in the file, from 1. */
  line: number;
  /** What the column `image` says, with forward slashes; empty where rows follow fer2013.csv. */
  image: string;
  /** The Usage of FER+'s own form; empty elsewhere. */
  usage: string;
  /** By column, 0 or more. */
  votes: number[];
}

export interface VoteFile {
  path: string;
  /** SHA-256 (hex) of the file's bytes. */
  fingerprint: string;
  /** Whether `image` names the image, or the row's place does, as that of fer2013.csv. */
  keyedBy: 'image' | 'row';
  /** Names of the columns with votes, lower case. */
  columns: string[];
  rows: VoteRow[];
}

interface Parsed {
  record: string[];
  info: { lines: number };
}

const howToWrite =
  'Give a CSV file with a column image (the path below the dataset, as train/happy/1.jpg) and a column of votes per ' +
  "class, or FER+'s fer2013new.csv for a dataset in the form of fer2013.csv.";

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new FerlabError(
      'data',
      `${path}: expected a CSV file of votes, found ${foundInstead(error)}. ${howToWrite}`,
      {
        cause: error,
      },
    );
  }
}

function parseLines(path: string, bytes: Buffer): Parsed[] {
  const other = describeNoCsv(bytes);
  if (other !== null)
    throw new FerlabError('data', `${path}: expected a CSV file of votes, found ${other}. ${howToWrite}`);
  try {
    return parse(bytes, {
      bom: true,
      trim: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as Parsed[];
  } catch (error) {
    const found = (error as Error).message.split('\n')[0];
    throw new FerlabError('data', `${path}: expected a CSV file of votes, found: ${found}. ${howToWrite}`, {
      cause: error,
    });
  }
}

interface Header {
  keyedBy: VoteFile['keyedBy'];
  /** Places of columns; -1 where there is none. */
  image: number;
  usage: number;
  votes: { name: string; place: number }[];
}

function readHeader(path: string, first: Parsed | undefined): Header {
  const names = (first?.record ?? []).map((name) => name.toLowerCase());
  const image = names.indexOf('image');
  const usage = names.indexOf('usage');
  const imageName = names.indexOf('image name');
  const where = `${path}:${first?.info.lines ?? 1}`;
  if (image < 0 && (usage < 0 || imageName < 0)) {
    const found =
      first === undefined ? 'an empty file' : `the columns ${first.record.join(', ').slice(0, 200)}`;
    throw new FerlabError(
      'data',
      `${where}: expected a column image, or Usage and Image name, found ${found}. ${howToWrite}`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new FerlabError(
      'data',
      `${where}: expected every column once, found ${twice} twice. Remove one of them.`,
    );
  }
  const keys = image < 0 ? [usage, imageName] : [image];
  return {
    keyedBy: image < 0 ? 'row' : 'image',
    image,
    usage: image < 0 ? usage : -1,
    votes: names.map((name, place) => ({ name, place })).filter(({ place }) => !keys.includes(place)),
  };
}

function readRow(path: string, header: Header, fields: number, { record, info }: Parsed): VoteRow {
  const where = `${path}:${info.lines}`;
  if (record.length !== fields) {
    throw new FerlabError(
      'data',
      `${where}: expected ${fields} fields as the header has, found ${record.length}. Correct the line.`,
    );
  }
  const votes = header.votes.map(({ name, place }) => {
    const text = record[place]!;
    const count = text === '' ? Number.NaN : Number(text);
    if (Number.isFinite(count) && count >= 0) return count;
    throw new FerlabError(
      'data',
      `${where}: column ${name}: expected a number of votes, 0 or more, found ${JSON.stringify(text.slice(0, 40))}. ` +
        'Correct the line.',
    );
  });
  const image = header.image < 0 ? '' : record[header.image]!.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  return { line: info.lines, image, usage: header.usage < 0 ? '' : record[header.usage]!, votes };
}

/**
 * Reads a file of votes whole.
 *
 * @throws FerlabError `data` where it can't be read, lacks the columns that name images, has a field that is no
 *   number of votes, or has two rows for one image; names the line.
 */
export async function readVoteFile(path: string): Promise<VoteFile> {
  const bytes = await readBytes(path);
  const [first, ...rest] = parseLines(path, bytes);
  const header = readHeader(path, first);
  const rows = rest.map((parsed) => readRow(path, header, first!.record.length, parsed));
  if (header.keyedBy === 'image') checkUnique(path, rows);
  return {
    path,
    fingerprint: sha256(bytes),
    keyedBy: header.keyedBy,
    columns: header.votes.map(({ name }) => name),
    rows,
  };
}

function checkUnique(path: string, rows: readonly VoteRow[]): void {
  const lines = new Map<string, number>();
  for (const { image, line } of rows) {
    const before = lines.get(image);
    if (before !== undefined) {
      throw new FerlabError(
        'data',
        `${path}:${line}: expected one line per image, found ${JSON.stringify(image)} on line ${before} too. ` +
          'Remove one of them.',
      );
    }
    lines.set(image, line);
  }
}

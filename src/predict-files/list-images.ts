// Which images the paths of a call stand for: files as they are named, the images below folders, the rows of CSV files.

import { statSync } from 'node:fs';
import type { SampleSource } from '../decode/sample-source.js';
import { FerlabError } from '../errors.js';
import { foundInstead } from '../files/read-error.js';
import { walkImages } from '../files/walk-images.js';

/** A file or folder that can't be used. */
export interface FailedFile {
  file: string;
  error: string;
}

/** A row of a CSV file. */
export interface RowImage {
  file: string;
  source: SampleSource;
}

/** What is predicted, before it is decoded. */
export type Found = string | RowImage | FailedFile;

/**
 * The files that `paths` stand for. A file that was named is taken whatever it is called.
 *
 * @param options.rows whether a CSV file stands for its rows; otherwise it is taken for an image like any other file.
 */
export async function* listImages(
  paths: readonly string[],
  { rows = true }: { rows?: boolean } = {},
): AsyncGenerator<Found> {
  for (const path of paths) {
    let isFolder: boolean;
    try {
      // Not the asynchronous form: by way of another thread it takes as long as reading and decoding the image.
      isFolder = statSync(path).isDirectory();
    } catch (error) {
      yield { file: path, error: `expected an image, found ${foundInstead(error, { path })}` };
      continue;
    }
    if (isFolder) yield* await listFolderImages(path);
    else if (rows && /\.csv$/i.test(path)) yield* await listRows(path);
    else yield path;
  }
}

/** The images in a file like fer2013.csv, by line. */
async function listRows(path: string): Promise<(RowImage | FailedFile)[]> {
  // Imported when there is such a file: it brings a parser of CSV along.
  const { readFerCsv } = await import('../data/dataset/fer-csv.js');
  const lineOf = (name: string) => Number(name.slice(name.lastIndexOf(':') + 1));
  try {
    const { splits, skipped } = await readFerCsv(path);
    const rows = [...splits.train, ...splits.validation, ...splits.test];
    return [
      ...rows.map(({ file, source }) => ({ line: lineOf(file), source })),
      ...skipped.map(({ file, reason }) => ({ line: lineOf(file), error: reason })),
    ]
      .sort((a, b) => a.line - b.line)
      .map(({ line, ...rest }) => ({ file: `${path}:${line}`, ...rest }));
  } catch (error) {
    if (!(error instanceof FerlabError)) throw error;
    return [{ file: path, error: error.message.replace(`${path}: `, '') }];
  }
}

/** The images below a folder, and what can't be read of it, sorted by name. */
async function listFolderImages(path: string): Promise<(string | FailedFile)[]> {
  const failed: FailedFile[] = [];
  const fail = (file: string, error: string) => failed.push({ file, error });
  const unreadable = (file: string, reason: string) =>
    fail(file, `expected an image or folder that can be read, found: ${reason}`);
  let files: string[] = [];
  let ownOutput = 0;
  try {
    ({ files, ownOutput } = await walkImages(path, (child, reason, kind) => {
      if (kind === 'unreadable') unreadable(child, reason);
      // A name in no format that is read has its reason, and its "expected", already.
      else if (kind === 'image')
        reason.startsWith('expected') ? fail(child, reason) : unreadable(child, reason);
    }));
  } catch (error) {
    unreadable(path, foundInstead(error, { what: 'folder' }));
  }
  if (files.length === 0 && failed.length === 0) {
    const found = ownOutput > 0 ? 'found only what ferlab wrote' : 'found none in it';
    return [{ file: path, error: `expected a folder with images, ${found}` }];
  }
  const nameOf = (entry: string | FailedFile) => (typeof entry === 'string' ? entry : entry.file);
  return [...files, ...failed].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

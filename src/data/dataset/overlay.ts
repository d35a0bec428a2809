// Corrections of a dataset: a small CSV file beside it says which images are of another class, or of none, and since when.
// The dataset itself is never written. What reads a dataset for training, evaluating or auditing takes the file along.

import { readFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { parse } from 'csv-parse/sync';
import { shorten } from '../../check-options.js';
import { FerlabError } from '../../errors.js';
import { foundInstead } from '../../files/read-error.js';
import { placeOf, shownName } from './names.js';
import type { Sample, Split } from './types.js';

/** The columns of the file, in this order. */
const overlayColumns = ['image', 'was', 'now', 'when'] as const;

/** One image that is of another class than the dataset says. */
interface OverlayChange {
  /** Absolute path of the image; for a row of a CSV file the path and the line, `/data/fer2013.csv:12`. */
  image: string;
  /** The class that the dataset gives it. */
  was: string;
  /** The class that it is of; null leaves it out. */
  now: string | null;
  /** When that was said: a date and a time of ISO 8601, or empty. */
  when: string;
}

/** What a file of corrections says. */
export interface Overlay {
  /** As it was given. */
  path: string;
  /** By image; of several about one image the last. */
  changes: ReadonlyMap<string, OverlayChange>;
}

/** A file with more would be a dataset of its own. */
const mostBytes = 64 * 1024 ** 2;

/**
 * Reads a file of corrections: `image,was,now,when`, a header and a row for each. Images are named by their paths relative to the
 * file's folder, with forward slashes, so that the file and the dataset can be moved together; `now` is empty for images that
 * are left out. A later row about an image replaces an earlier one.
 *
 * @throws FerlabError `data` where the file is missing or of another form.
 */
export async function readOverlay(path: string): Promise<Overlay> {
  let text: string;
  try {
    const bytes = await readFile(path);
    if (bytes.length > mostBytes) {
      throw new FerlabError(
        'data',
        `${path}: expected a file of corrections, at most 64 MB; found ${bytes.length} bytes.`,
      );
    }
    text = bytes.toString('utf8');
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    throw new FerlabError('data', `${path}: expected a file of corrections, found ${foundInstead(error)}.`, {
      cause: error,
    });
  }
  const rows = parseRows(text, path);
  const folder = dirname(resolve(path));
  const changes = new Map<string, OverlayChange>();
  for (const [i, [image = '', was = '', now = '', when = '']] of rows.entries()) {
    const where = `${path}, row ${i + 2}`;
    if (image === '' || was === '') {
      throw new FerlabError(
        'data',
        `${where}: expected an image and the class that it has, found "${shorten(`${image},${was}`)}".`,
      );
    }
    const absolute = resolve(folder, image.split('/').join(sep));
    changes.set(absolute, { image: absolute, was, now: now === '' ? null : now, when });
  }
  return { path, changes };
}

function parseRows(text: string, path: string): string[][] {
  let rows: string[][];
  try {
    rows = parse(text, {
      bom: true,
      skip_empty_lines: true,
      relax_column_count: true,
      trim: true,
    }) as string[][];
  } catch (error) {
    const problem = (error as Error).message.split('\n')[0];
    throw new FerlabError('data', `${path}: expected rows of CSV; found what is none (${problem}).`, {
      cause: error,
    });
  }
  const [header = [], ...rest] = rows;
  const wanted = overlayColumns.join(',');
  if (header.slice(0, overlayColumns.length).join(',').toLowerCase() !== wanted) {
    throw new FerlabError(
      'data',
      `${path}: expected the header ${wanted}, found "${shorten(header.join(','))}". See "Corrections" in docs/guide.md.`,
    );
  }
  return rest;
}

/** Where an image lies, as a file of corrections names it. */
function overlayKey({ source, file }: Sample): string | null {
  if (source.kind === 'file') return source.path;
  if (source.kind === 'row') return `${source.path}${file.slice(file.lastIndexOf(':'))}`;
  return null;
}

/** What corrections did to splits. */
export interface Corrected<Of extends Split> {
  splits: Of[];
  relabelled: number;
  excluded: number;
}

/**
 * Splits under corrections, each ordered by class again. Corrections of images that aren't among them say nothing: they may be of
 * another split.
 *
 * @param classes by label.
 * @throws FerlabError `data` where a correction doesn't fit the dataset (the image has another class than it says, or gets one
 *   that the dataset doesn't have), and where none of them is about any of these images.
 */
export function correctSplits<Of extends Split>(
  splits: readonly Of[],
  classes: readonly string[],
  { path, changes }: Overlay,
): Corrected<Of> {
  const counts = { relabelled: 0, excluded: 0 };
  let known = 0;
  const corrected = splits.map((split) => {
    const samples = split.samples.flatMap((sample) => {
      const change = changes.get(overlayKey(sample) ?? '');
      if (change === undefined) return [sample];
      known++;
      if (placeOf(classes, change.was) !== sample.label) {
        throw new FerlabError(
          'data',
          `${path}: expected ${sample.file} to be of class ${shownName(change.was)}, as its row says; the dataset has it in ` +
            `${shownName(classes[sample.label]!)}. Remove the row, or correct its second column.`,
        );
      }
      if (change.now === null) {
        counts.excluded++;
        return [];
      }
      const label = placeOf(classes, change.now);
      if (label < 0) {
        throw new FerlabError(
          'data',
          `${path}: expected ${sample.file} to get one of the classes ${classes.map(shownName).join(', ')}; found ` +
            `${shownName(change.now)}. Correct its third column; empty leaves the image out.`,
        );
      }
      if (label !== sample.label) counts.relabelled++;
      return [{ ...sample, label }];
    });
    return { ...split, samples: samples.sort((a, b) => a.label - b.label) };
  });
  if (changes.size > 0 && known === 0) {
    const [first] = changes.keys();
    throw new FerlabError(
      'data',
      `${path}: expected corrections of images of this dataset; found none, its first is about ${first}. Paths in it are ` +
        'relative to its folder: put it where it was made, or give the dataset that it is about.',
    );
  }
  return { splits: corrected, ...counts };
}

/** A line for the log. */
export function describeCorrections(
  { path }: Overlay,
  { relabelled, excluded }: Omit<Corrected<Split>, 'splits'>,
): string {
  const images = (count: number) => (count === 1 ? '1 image' : `${count} images`);
  return `Corrections by ${path}: ${images(relabelled)} of another class, ${images(excluded)} left out.`;
}

// Soft labels: for each image a distribution over the dataset's classes, from the votes of several people. Made for
// FER+ (Barsoum, Zhang, Canton Ferrer and Zhang 2016, "Training Deep Networks for Facial Expression Recognition with
// Crowd-Sourced Label Distribution"), ten votes per image of FER2013.
//
// As in the authors' code (ferplus.py, training mode "crossentropy"), a class with a single vote is taken for an
// outlier, and an image is decided only where the emotions have more than half of the votes. Unlike there, contempt,
// which FER2013 lacks, counts with unknown and "not a face" for none; every class with enough votes keeps its share,
// not the first three alone; and undecided images are kept, with the label that they have.

import { basename } from 'node:path';
import {
  checkArgument,
  checkOptions,
  flag,
  type OptionRules,
  path as pathRule,
  section,
  wholeNumber,
} from '../../check-options.js';
import { FerlabError } from '../../errors.js';
import type { Dataset, Sample } from '../dataset/types.js';
import { readVoteFile, type VoteFile, type VoteRow } from './vote-file.js';

/** Names of one expression in datasets and in files of votes. */
const expressions = [
  ['neutral'],
  ['happiness', 'happy'],
  ['surprise', 'surprised'],
  ['sadness', 'sad'],
  ['anger', 'angry'],
  ['disgust', 'disgusted'],
  ['fear', 'fearful', 'afraid', 'scared'],
  ['contempt', 'contemptuous'],
];
/** Votes for no expression at all. */
const noExpression = ['unknown', 'nf', 'not_face'];
/** What a file has to have, in these or other words, to be FER+. */
const ferPlusColumns = [...expressions.map(([name]) => name!), 'unknown'];

export interface SoftLabelOptions {
  /** Fewer votes for a class than this count as none; default 2, which drops single votes as FER+ does. */
  minVotes?: number;
  /** Whether the validation images were taken out of the training images (`validationSplit`). */
  divided?: boolean;
}

const softLabelRules: OptionRules<SoftLabelOptions> = {
  minVotes: wholeNumber(0, 1_000_000),
  divided: flag,
};

export interface SoftLabels {
  readonly path: string;
  /** What the file holds, for people: `FER+ votes` or `votes`. */
  readonly kind: string;
  /** SHA-256 (hex) of the file's bytes. */
  readonly fingerprint: string;
  /**
   * By `Sample.file`: the share of each class, [classes], with a sum of 1; null where no more than half of the votes are for
   * classes of the dataset. Images without a row are absent.
   */
  readonly shares: ReadonlyMap<string, Float32Array | null>;
  /** What was passed over, for people. */
  readonly warnings: readonly string[];
}

function namesOf(name: string): readonly string[] {
  const lower = name.toLowerCase();
  return expressions.find((names) => names.includes(lower)) ?? [lower];
}

/** The class of every column, -1 for votes that are for none of the dataset's classes. */
function mapColumns({ path, columns }: VoteFile, classes: readonly string[]): number[] {
  const places = columns.map((column) => classes.findIndex((name) => namesOf(name).includes(column)));
  const missing = classes.filter((_, label) => !places.includes(label));
  if (missing.length > 0) {
    const expected = missing.map((name) => namesOf(name).join(' or ')).join(', ');
    throw new FerlabError(
      'data',
      `${path}:1: expected a column of votes for every class of the dataset, found none called ${expected}. ` +
        `The columns are ${columns.join(', ')}. Add what is missing, or rename the class folders.`,
    );
  }
  const known = [...expressions.flat(), ...noExpression];
  const strange = columns.filter((column, i) => places[i]! < 0 && !known.includes(column));
  if (strange.length > 0) {
    throw new FerlabError(
      'data',
      `${path}:1: expected columns of votes named by the dataset's classes (${classes.join(', ')}), by other ` +
        `expressions or ${noExpression.join(', ')}, found ${strange.join(', ')}. Rename or remove these columns.`,
    );
  }
  const twice = classes.find((_, label) => places.filter((place) => place === label).length > 1);
  if (twice !== undefined) {
    const names = columns.filter((_, i) => classes[places[i]!] === twice).join(', ');
    throw new FerlabError(
      'data',
      `${path}:1: expected one column of votes for the class ${twice}, found ${names}. Keep one of them.`,
    );
  }
  return places;
}

/** The distribution that votes give; null where no more than half of them are for the dataset's classes. */
function toShares(
  votes: readonly number[],
  places: readonly number[],
  classes: number,
  minVotes: number,
): Float32Array | null {
  const counts = new Float64Array(classes);
  let [all, own] = [0, 0];
  votes.forEach((count, i) => {
    if (count < minVotes) return;
    const label = places[i]!;
    all += count;
    if (label < 0) return;
    own += count;
    counts[label]! += count;
  });
  return own > all / 2 ? Float32Array.from(counts, (count) => count / own) : null;
}

type Known = Pick<Sample, 'file'>;

/** Rows by the images that their column `image` names; rows of images that the dataset lacks are listed. */
function matchByName(
  file: VoteFile,
  known: ReadonlySet<string>,
): { rows: Map<string, VoteRow>; strange: VoteRow[] } {
  const rows = new Map<string, VoteRow>();
  const strange: VoteRow[] = [];
  for (const row of file.rows) {
    if (known.has(row.image)) rows.set(row.image, row);
    else strange.push(row);
  }
  return { rows, strange };
}

const usages: Readonly<Record<string, string>> = {
  training: 'train',
  publictest: 'validation',
  privatetest: 'test',
};

/** Rows of FER+'s own file, which follow those of fer2013.csv. */
function matchByRow(file: VoteFile, dataset: Dataset, divided: boolean): Map<string, VoteRow> {
  const splits = [dataset.train, dataset.validation, ...dataset.others];
  const images: { file: string; split: string | null }[] = [
    ...splits.flatMap(({ name, samples }) => samples.map((sample) => ({ file: sample.file, split: name }))),
    ...dataset.skipped.map((bad) => ({ file: bad.file, split: null })),
  ];
  if (splits.some(({ samples }) => samples.some(({ source }) => source.kind !== 'row'))) {
    throw new FerlabError(
      'data',
      `${file.path}:1: expected a column image with paths below ${dataset.path}, such as ` +
        `${JSON.stringify(dataset.train.samples[0]!.file)}; found FER+'s own form, whose rows belong to those of ` +
        'fer2013.csv, not to files. Add such a column, or train on fer2013.csv itself.',
    );
  }
  const lineOf = ({ file: name }: Known): number => Number(name.slice(name.lastIndexOf(':') + 1));
  images.sort((a, b) => lineOf(a) - lineOf(b));
  if (images.length !== file.rows.length) {
    throw new FerlabError(
      'data',
      `${file.path}: expected as many rows as ${dataset.path} has, ${images.length}, since they belong together one by ` +
        `one; found ${file.rows.length}. Give both files as they were published.`,
    );
  }
  const rows = new Map<string, VoteRow>();
  images.forEach(({ file: name, split }, i) => {
    const row = file.rows[i]!;
    const expected = usages[row.usage.toLowerCase()];
    if (!divided && split !== null && expected !== split) {
      throw new FerlabError(
        'data',
        `${file.path}:${row.line}: expected the Usage of ${name}, which is in ${split}; found ` +
          `${JSON.stringify(row.usage)}. The rows of the two files don't belong together: give both as they were published.`,
      );
    }
    rows.set(name, row);
  });
  return rows;
}

function noOverlap({ path, rows }: VoteFile, dataset: Dataset): FerlabError {
  const [first] = rows;
  const found = first
    ? `found none; the first of its ${rows.length} rows is for ${JSON.stringify(first.image)} (line ${first.line})`
    : 'found no rows';
  return new FerlabError(
    'data',
    `${path}: expected votes for training images of ${dataset.path}, such as ` +
      `${JSON.stringify(dataset.train.samples[0]?.file)}; ${found}. Give the file of this dataset, with paths as they are ` +
      "below the dataset's folder.",
  );
}

/**
 * Reads soft labels for a dataset. Columns are matched with classes by name, FER+'s names with the usual ones of FER2013
 * (happiness with happy).
 *
 * @param path a CSV file; see readVoteFile for its forms.
 * @throws FerlabError `data` where the file can't be read, has no column for a class, has votes that are no numbers of 0
 *   or more, has none for a training image, or decides none.
 */
export async function readSoftLabels(
  path: string,
  dataset: Dataset,
  options: SoftLabelOptions = {},
): Promise<SoftLabels> {
  checkArgument('readSoftLabels: path', path, pathRule);
  checkArgument('readSoftLabels: dataset', dataset, { ...section, expected: 'a dataset (of readDataset)' });
  checkOptions('readSoftLabels', options, softLabelRules);
  const { minVotes = 2, divided = false } = options;
  const file = await readVoteFile(path);
  const places = mapColumns(file, dataset.classes);
  const samples = [dataset.train, dataset.validation, ...dataset.others].flatMap((split) => split.samples);
  const known = new Set([...samples, ...dataset.skipped].map((image) => image.file));
  const { rows, strange } =
    file.keyedBy === 'image'
      ? matchByName(file, known)
      : { rows: matchByRow(file, dataset, divided), strange: [] };
  const ofTraining = dataset.train.samples.filter((sample) => rows.has(sample.file));
  if (ofTraining.length === 0) throw noOverlap(file, dataset);
  const shares = new Map(
    [...rows].map(([name, { votes }]) => [name, toShares(votes, places, dataset.classes.length, minVotes)]),
  );
  if (ofTraining.every((sample) => shares.get(sample.file) === null)) {
    throw new FerlabError(
      'data',
      `${path}: expected training images with more than half of their votes for ${dataset.classes.join(', ')}, ` +
        `counting classes with at least ${minVotes} votes; found none among ${ofTraining.length}. ` +
        'Give another file, or, where it holds shares instead of votes, a least number of votes of 0.',
    );
  }
  const kind = ferPlusColumns.every((name) => file.columns.includes(name)) ? 'FER+ votes' : 'votes';
  return {
    path,
    kind,
    fingerprint: file.fingerprint,
    shares,
    warnings: strange.length === 0 ? [] : [describeStrange(path, strange, dataset.path)],
  };
}

function describeStrange(path: string, strange: readonly VoteRow[], dataset: string): string {
  const { image, line } = strange[0]!;
  const more = strange.length > 1 ? ` and ${strange.length - 1} more lines` : '';
  return (
    `${basename(path)}:${line}: expected the path of an image of ${dataset}, found ${JSON.stringify(image)}; so on ` +
    `this line${more}. These votes are not used. Correct the paths, or leave it so where the images were removed.`
  );
}

// Finds out what a path holds (split folders, one folder of class folders, or fer2013.csv) and reads it into a Dataset:
// names, labels and places of images. Nothing is decoded here. Class order and file order are those of Keras's
// flow_from_directory.

import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { FerlabError } from '../errors.js';
import { Random } from '../random/random.js';
import {
  type ClassFolders,
  imageExtensions,
  listOrFail,
  readClassFolders,
  relativeName,
  toSamples,
} from './class-folder.js';
import { type FerCsv, readFerCsv } from './fer-csv.js';
import type { BadFile, Dataset, Sample, Split } from './types.js';

/** How to read a dataset. */
export interface ReadOptions {
  /** Folder of class folders for training; given together with `validation`. */
  train?: string;
  /** Folder of class folders for validation. */
  validation?: string;
  /** Share (above 0, below 1) of every class of the training images that becomes the validation split. */
  validationSplit?: number;
  /** Seed of that choice; 0 unless told. */
  seed?: number;
  /** Refuse a dataset in which any file has to be passed over. */
  strict?: boolean;
}

/** One split, read on its own. */
export interface ReadSplit {
  /** Absolute path that was read. */
  path: string;
  /** Label i is `classes[i]`. */
  classes: string[];
  split: Split;
  skipped: BadFile[];
}

/** Names of validation folders, the preferred first. */
const validationNames = ['validation', 'val', 'test'] as const;
const csvNames = ['fer2013.csv', 'icml_face_data.csv'];
const howToLayOut =
  'Give a folder with train/ and validation/ (or val/, test/), each holding one folder of images per class; ' +
  'or one folder of class folders with --validation-split; or fer2013.csv.';

type Layout =
  | { kind: 'splits'; root: string; names: string[] }
  | { kind: 'csv'; path: string }
  | { kind: 'classes'; root: string };

async function isKind(path: string, kind: 'file' | 'folder'): Promise<boolean> {
  try {
    const found = await stat(path);
    return kind === 'file' ? found.isFile() : found.isDirectory();
  } catch {
    return false;
  }
}

async function splitNames(root: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of ['train', ...validationNames]) {
    if (await isKind(join(root, name), 'folder')) names.push(name);
  }
  return names;
}

/** The layout of exactly this folder, not of folders in it; null where it has neither splits nor a CSV file. */
async function layoutOf(root: string): Promise<Layout | null> {
  const names = await splitNames(root);
  if (names.includes('train')) return { kind: 'splits', root, names };
  for (const name of csvNames) {
    if (await isKind(join(root, name), 'file')) return { kind: 'csv', path: join(root, name) };
  }
  return null;
}

async function findLayout(path: string): Promise<Layout> {
  if (await isKind(path, 'file')) {
    if (/\.csv$/i.test(path)) return { kind: 'csv', path };
    const found = 'found a file that is not a .csv';
    throw new FerlabError(
      'data',
      `${path}: expected a folder of images or a CSV file; ${found}. ${howToLayOut}`,
    );
  }
  if (!(await isKind(path, 'folder'))) {
    const found = 'found nothing of that name';
    throw new FerlabError(
      'data',
      `${path}: expected a dataset (folder or CSV file); ${found}. Check the path.`,
    );
  }
  const here = await layoutOf(path);
  if (here) return here;
  const below: Layout[] = [];
  for (const entry of await listOrFail(path)) {
    const child = join(path, entry.name);
    const layout = (await isKind(child, 'folder')) ? await layoutOf(child) : null;
    if (layout) below.push(layout);
  }
  if (below.length > 1) {
    const places = below.map((layout) => (layout.kind === 'csv' ? layout.path : layout.root)).join(', ');
    throw new FerlabError(
      'data',
      `${path}: expected one dataset; found ${below.length} (${places}). Give the path of one of them.`,
    );
  }
  return below[0] ?? { kind: 'classes', root: path };
}

function checkFraction(fraction: number | undefined): void {
  if (fraction === undefined || (fraction > 0 && fraction < 1)) return;
  throw new FerlabError(
    'usage',
    `--validation-split: expected a share above 0 and below 1 (such as 0.1); found ${fraction}.`,
  );
}

/** Takes a share of each class, chosen by the seed, out of `samples`; at least one image stays on either side. */
function splitStratified(
  samples: Sample[],
  classes: readonly string[],
  fraction: number,
  seed: number,
  path: string,
): { train: Sample[]; validation: Sample[] } {
  const chosen = new Set<Sample>();
  classes.forEach((name, label) => {
    const members = samples.filter((sample) => sample.label === label);
    if (members.length === 1) {
      throw new FerlabError(
        'data',
        `${path}: expected at least two images in class ${name} to split it; found 1. ` +
          'Add images, remove the class, or give separate --train and --validation folders.',
      );
    }
    const count = Math.min(members.length - 1, Math.max(1, Math.round(members.length * fraction)));
    const shuffled = new Random(seed, 'validation-split', name).shuffle([...members]);
    for (const sample of shuffled.slice(0, count)) chosen.add(sample);
  });
  return {
    train: samples.filter((sample) => !chosen.has(sample)),
    validation: samples.filter((sample) => chosen.has(sample)),
  };
}

function countByClass(split: Split, classes: readonly string[]): number[] {
  const counts = classes.map(() => 0);
  for (const { label } of split.samples) counts[label]!++;
  return counts;
}

/** Every class needs images in both splits, and there must be at least two. */
function checkClasses(dataset: Dataset): void {
  const { path, classes, train, validation } = dataset;
  if (classes.length === 0 || train.samples.length + validation.samples.length === 0) {
    const expected = `expected folders of images (${imageExtensions.join(', ')})`;
    throw new FerlabError('data', `${path}: ${expected}; found no images in class folders. ${howToLayOut}`);
  }
  if (classes.length === 1) {
    const found = `found one, ${classes[0]}`;
    throw new FerlabError(
      'data',
      `${path}: expected at least two classes; ${found}. Add folders of other classes.`,
    );
  }
  const missing: string[] = [];
  for (const split of [train, validation]) {
    const counts = countByClass(split, classes);
    const names = classes.filter((_, label) => counts[label] === 0);
    if (names.length > 0) missing.push(`no images of ${names.join(', ')} in ${split.name}`);
  }
  if (missing.length > 0) {
    throw new FerlabError(
      'data',
      `${path}: expected every class in ${train.name} and in ${validation.name}; found ${missing.join('; ')}. ` +
        'Add images to these class folders, or remove the class from both splits.',
    );
  }
}

function classNames(...folders: ClassFolders[]): string[] {
  return [...new Set(folders.flatMap((folder) => folder.classes.map(({ name }) => name)))].sort();
}

/** Splits that have folders of their own. `names` are their names, `train` first and then by preference. */
async function fromFolders(
  path: string,
  root: string,
  folders: Map<string, string>,
  options: ReadOptions,
): Promise<Dataset> {
  const read = new Map<string, ClassFolders>();
  for (const [name, folder] of folders) read.set(name, await readClassFolders(folder, root));
  const train = read.get('train')!;
  const names = [...read.keys()].filter((name) => name !== 'train');
  const ownValidation =
    names.find((name) => name !== 'test') ?? (options.validationSplit === undefined ? 'test' : '');
  const validation = read.get(ownValidation);
  if (validation && options.validationSplit !== undefined) {
    throw new FerlabError(
      'usage',
      `--validation-split: expected a dataset without a validation folder; found ${validation.path}. ` +
        'Leave the option out, or give the training folder alone as the dataset.',
    );
  }
  const classes = validation ? classNames(train, validation) : classNames(train);
  const skipped = [...train.skipped, ...(validation?.skipped ?? [])];
  const others: Split[] = [];
  for (const name of names.filter((other) => other !== ownValidation)) {
    const folder = read.get(name)!;
    if (classNames(folder).join('/') === classes.join('/')) {
      others.push({ name, samples: toSamples(folder, classes, root) });
      skipped.push(...folder.skipped);
    } else {
      const reason = `expected the class folders ${classes.join(', ')}; found ${classNames(folder).join(', ') || 'none'}`;
      skipped.push({ file: relativeName(root, folder.path), reason });
    }
  }
  const trainSplit = { name: 'train', samples: toSamples(train, classes, root) };
  if (validation) {
    const validationSplit = { name: ownValidation, samples: toSamples(validation, classes, root) };
    return { path, classes, train: trainSplit, validation: validationSplit, others, skipped };
  }
  return { path, classes, ...divide(trainSplit.samples, classes, train.path, options), others, skipped };
}

/** Divides one set of samples by `validationSplit`, or says that it's needed. */
function divide(
  samples: Sample[],
  classes: string[],
  path: string,
  options: ReadOptions,
): { train: Split; validation: Split } {
  if (options.validationSplit === undefined) {
    throw new FerlabError(
      'data',
      `${path}: expected a validation split beside the training images; found none. ` +
        'Give --validation-split 0.1 to set a tenth of every class aside, or add a validation/ folder.',
    );
  }
  const nonEmpty = classes.filter((_, label) => samples.some((sample) => sample.label === label));
  if (classes.length < 2 || nonEmpty.length < classes.length) {
    const whole = { name: 'train', samples };
    checkClasses({ path, classes, train: whole, validation: whole, others: [], skipped: [] });
  }
  const parts = splitStratified(samples, classes, options.validationSplit, options.seed ?? 0, path);
  return {
    train: { name: 'train', samples: parts.train },
    validation: { name: 'validation', samples: parts.validation },
  };
}

function fromCsv(path: string, csv: FerCsv, options: ReadOptions): Dataset {
  const { classes, splits, skipped } = csv;
  const ownValidation = splits.validation.length > 0 ? 'validation' : splits.test.length > 0 ? 'test' : '';
  const others: Split[] = [];
  if (ownValidation === 'validation' && splits.test.length > 0)
    others.push({ name: 'test', samples: splits.test });
  if (splits.train.length === 0) {
    const found = `found none, and ${skipped.length} rows that can't be used`;
    const first = skipped[0] ? ` (${skipped[0].file}: ${skipped[0].reason})` : '';
    throw new FerlabError(
      'data',
      `${csv.path}: expected rows of Usage Training; ${found}${first}. ${howToLayOut}`,
    );
  }
  if (ownValidation === '') {
    return { path, classes, ...divide(splits.train, classes, csv.path, options), others, skipped };
  }
  if (options.validationSplit !== undefined) {
    throw new FerlabError(
      'usage',
      `--validation-split: expected a CSV file without validation rows; found ${splits[ownValidation].length} in ` +
        `${csv.path}. Leave the option out.`,
    );
  }
  const train = { name: 'train', samples: splits.train };
  const validation = { name: ownValidation, samples: splits[ownValidation] };
  return { path, classes, train, validation, others, skipped };
}

async function readExplicit(path: string | undefined, train: string, validation: string): Promise<Dataset> {
  const folders = new Map([
    ['train', resolve(train)],
    ['validation', resolve(validation)],
  ]);
  for (const folder of folders.values()) await listOrFail(folder);
  const root = path === undefined ? resolve(train, '..') : resolve(path);
  return fromFolders(path === undefined ? resolve(train) : root, root, folders, {});
}

/**
 * Reads a dataset for training.
 *
 * @param path a folder with `train/` and `validation/`, `val/` or `test/` (the first of these is the validation split,
 *   the rest go to `others`), such a folder one level down, one folder of class folders (with
 *   `validationSplit`), or fer2013.csv or a folder that holds it. May be left out when `train` and
 *   `validation` are given.
 * @throws FerlabError (data) when it is missing or empty, has one class only, or a class without images in a split;
 *   (usage) when the options contradict each other or the dataset.
 */
export async function readDataset(path: string | undefined, options: ReadOptions = {}): Promise<Dataset> {
  checkFraction(options.validationSplit);
  const { train, validation } = options;
  let dataset: Dataset;
  if (train !== undefined && validation !== undefined && options.validationSplit === undefined) {
    dataset = await readExplicit(path, train, validation);
  } else if (train !== undefined && validation === undefined && options.validationSplit !== undefined) {
    const folder = resolve(train);
    dataset = await fromFolders(folder, folder, new Map([['train', folder]]), options);
  } else if (train !== undefined || validation !== undefined) {
    const found = [
      train !== undefined && '--train',
      validation !== undefined && '--validation',
      options.validationSplit !== undefined && '--validation-split',
    ].filter(Boolean);
    throw new FerlabError(
      'usage',
      `--train: expected it with --validation or with --validation-split; found ${found.join(' with ')}.`,
    );
  } else if (path === undefined) {
    throw new FerlabError('usage', `dataset: expected a path; found none. ${howToLayOut}`);
  } else {
    dataset = await readFound(resolve(path), options);
  }
  checkClasses(dataset);
  if (options.strict && dataset.skipped.length > 0) throw strictError(dataset.path, dataset.skipped);
  return dataset;
}

async function readFound(path: string, options: ReadOptions): Promise<Dataset> {
  const layout = await findLayout(path);
  if (layout.kind === 'csv') return fromCsv(path, await readFerCsv(layout.path), options);
  if (layout.kind === 'splits') {
    const folders = new Map(layout.names.map((name) => [name, join(layout.root, name)]));
    if (folders.size > 1 || options.validationSplit !== undefined) {
      return fromFolders(path, layout.root, folders, options);
    }
    throw new FerlabError(
      'data',
      `${layout.root}: expected train/ with validation/, val/ or test/ beside it; found train/ alone. ` +
        'Add one of them, or give --validation-split 0.1.',
    );
  }
  return fromFolders(path, path, new Map([['train', path]]), options);
}

function strictError(path: string, skipped: BadFile[]): FerlabError {
  const listed = skipped.slice(0, 10).map(({ file, reason }) => `\n  ${file}: ${reason}`);
  const more = skipped.length > 10 ? `\n  and ${skipped.length - 10} more` : '';
  return new FerlabError(
    'data',
    `${path}: --strict expects that every file can be read; found ${skipped.length} that can't:` +
      `${listed.join('')}${more}\nRemove them, or leave --strict out to go on without them.`,
  );
}

/**
 * Reads one folder of class folders, for evaluation.
 *
 * @param options.classes the model's classes, which then are the labels; every folder must be one of them (not all
 *   need be there). Without it the folder names are the classes.
 * @throws FerlabError (data) when there are no images, or a folder's name isn't among `classes`.
 */
export async function readClassFolder(
  path: string,
  options: { classes?: readonly string[]; strict?: boolean } = {},
): Promise<ReadSplit> {
  const root = resolve(path);
  if (!(await isKind(root, 'folder'))) {
    throw new FerlabError(
      'data',
      `${root}: expected a folder of class folders; found no such folder. Check the path.`,
    );
  }
  const folders = await readClassFolders(root, root);
  const classes = options.classes ? [...options.classes] : classNames(folders);
  const withFiles = folders.classes.filter(({ files }) => files.length > 0);
  const unknown = withFiles.filter(({ name }) => !classes.includes(name)).map(({ name }) => name);
  if (unknown.length > 0) {
    throw new FerlabError(
      'data',
      `${root}: expected folders named by the model's classes (${classes.join(', ')}); ` +
        `found ${unknown.join(', ')}. Rename or remove these folders, or use a model trained for them.`,
    );
  }
  const samples = toSamples(folders, classes, root);
  if (samples.length === 0) {
    const expected = `expected class folders with images (${imageExtensions.join(', ')})`;
    throw new FerlabError('data', `${root}: ${expected}; found no images.`);
  }
  if (options.strict && folders.skipped.length > 0) throw strictError(root, folders.skipped);
  return { path: root, classes, split: { name: basename(root), samples }, skipped: folders.skipped };
}

/**
 * Reads what `ferlab evaluate` is given: one split of a dataset, or one folder of class folders.
 *
 * @param options.split name of the split (`train`, `validation`, `val`, `test`); the validation split unless told.
 *   Meaningless for a folder of class folders, and an error there.
 * @param options.classes as for readClassFolder.
 */
export async function readEvaluationSplit(
  path: string,
  options: { split?: string; classes?: readonly string[]; strict?: boolean } = {},
): Promise<ReadSplit> {
  const root = resolve(path);
  const layout = await findLayout(root);
  if (layout.kind === 'classes') {
    if (options.split !== undefined) {
      throw new FerlabError(
        'usage',
        `--split ${options.split}: expected a dataset with that split; found one folder of class folders (${root}). ` +
          'Leave the option out.',
      );
    }
    return readClassFolder(root, options);
  }
  if (layout.kind === 'csv') return evaluationSplitOfCsv(root, await readFerCsv(layout.path), options);
  const name = options.split ?? layout.names.find((other) => other !== 'train') ?? 'train';
  const folder = join(layout.root, name);
  if (!(await isKind(folder, 'folder'))) throw noSuchSplit(root, name, layout.names);
  const read = await readClassFolder(folder, options);
  return { ...read, path: root, split: { name, samples: read.split.samples } };
}

function evaluationSplitOfCsv(
  root: string,
  csv: FerCsv,
  options: { split?: string; classes?: readonly string[]; strict?: boolean },
): ReadSplit {
  const names = (['validation', 'test', 'train'] as const).filter((name) => csv.splits[name].length > 0);
  const name = names.find((other) => other === (options.split ?? names[0]));
  if (!name) throw noSuchSplit(root, options.split ?? 'validation', names);
  const classes = options.classes ? [...options.classes] : csv.classes;
  const unknown = csv.classes.filter((other) => !classes.includes(other));
  if (unknown.length > 0) {
    throw new FerlabError(
      'data',
      `${csv.path}: expected the model's classes (${classes.join(', ')}); found ${unknown.join(', ')}. ` +
        'Use a model trained for these classes.',
    );
  }
  if (options.strict && csv.skipped.length > 0) throw strictError(root, csv.skipped);
  const samples = csv.splits[name].map((sample) => ({
    ...sample,
    label: classes.indexOf(csv.classes[sample.label]!),
  }));
  return { path: root, classes, split: { name, samples }, skipped: csv.skipped };
}

function noSuchSplit(path: string, name: string, names: readonly string[]): FerlabError {
  const found = names.length > 0 ? names.join(', ') : 'none';
  return new FerlabError(
    'data',
    `${path}: expected a split called ${name}; found ${found}. Name one of these.`,
  );
}

/** Keras's line about a split: "Found 28709 images belonging to 7 classes." */
export function describeSplit(split: Split, classes: readonly string[]): string {
  return `Found ${split.samples.length} images belonging to ${classes.length} classes.`;
}

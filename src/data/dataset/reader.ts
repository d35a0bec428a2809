// Reads a dataset for training: names, labels and places of images. Nothing is decoded here. Class order and file order
// are those of Keras's flow_from_directory.

import { join, resolve } from 'node:path';
import {
  anyNumber,
  checkArgument,
  checkOptions,
  flag,
  type OptionRules,
  path as pathRule,
} from '../../check-options.js';
import { FerlabError } from '../../errors.js';
import { Random } from '../../random/random.js';
import { checkSkipped, lostImages } from './bad-files.js';
import { checkClasses, holdsRows } from './check-classes.js';
import {
  type ClassFolders,
  classNames,
  listOrFail,
  readClassFolders,
  relativeName,
  toSamples,
} from './class-folder.js';
import { checkClassStructure, describeOnlyClass } from './class-structure.js';
import { type FerCsv, readFerCsv } from './fer-csv.js';
import { describeMissingSplit, findLayout, howToLayOut } from './layout.js';
import { canonical, shownName } from './names.js';
import { correctSplits, describeCorrections, type Overlay, readOverlay } from './overlay.js';
import { splitRole } from './split-names.js';
import type { Dataset, PassedOver, Sample, Split } from './types.js';

/** How to read a dataset. */
export interface ReadOptions {
  /** Folder of class folders for training; given together with `validation`. */
  train?: string;
  /** Folder of class folders for validation. */
  validation?: string;
  /** Share (above 0, below 1) of every class of the training images that becomes the validation split. */
  validationSplit?: number;
  /** Seed of that choice; default 0. */
  seed?: number;
  /** Refuse a dataset in which any file has to be passed over. */
  strict?: boolean;
  /** A file of corrections: images of another class, or of none (overlay.ts). */
  overlay?: string;
}

const readRules: OptionRules<ReadOptions> = {
  train: pathRule,
  validation: pathRule,
  validationSplit: anyNumber,
  seed: anyNumber,
  strict: flag,
  overlay: pathRule,
};

function checkFraction(fraction: number | undefined): void {
  if (fraction === undefined || (fraction > 0 && fraction < 1)) return;
  throw new FerlabError(
    'usage',
    `--validation-split: expected a share above 0 and below 1 (such as 0.1); found ${fraction}.`,
  );
}

/** Takes a share of each class, chosen by the seed, out of a split; at least one image stays on either side. */
function splitStratified(
  split: Split,
  classes: readonly string[],
  fraction: number,
  seed: number,
  path: string,
): { train: Sample[]; validation: Sample[] } {
  const { samples } = split;
  const chosen = new Set<Sample>();
  classes.forEach((name, label) => {
    const members = samples.filter((sample) => sample.label === label);
    if (members.length === 1) {
      throw new FerlabError(
        'data',
        `${path}: expected at least two images in class ${name} to split it; found 1. ` +
          (holdsRows(split)
            ? 'Add rows of it, or remove this one.'
            : 'Add images, remove the class, or give separate --train and --validation folders.'),
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

/** Folders of splits, by the names that the splits get. */
interface SplitFolders {
  /** Whether a person or a split's name says that these are folders of class folders. */
  chosen: boolean;
  train: [name: string, path: string];
  /** The preferred validation split first. */
  others: [name: string, path: string][];
}

/** Splits that have folders of their own. */
async function fromFolders(
  path: string,
  root: string,
  folders: SplitFolders,
  options: ReadOptions,
): Promise<Dataset> {
  const [trainName, trainPath] = folders.train;
  const train = await readClassFolders(trainPath, root);
  const read = new Map<string, ClassFolders>();
  for (const [name, folder] of folders.others) read.set(name, await readClassFolders(folder, root));
  for (const split of [train, ...read.values()])
    checkClassStructure(split, { chosen: folders.chosen, training: true });
  // A test split chooses epochs only where there is nothing else to choose them by.
  const ownValidation = [...read.keys()].find(
    (name) => splitRole(name) !== 'test' || options.validationSplit === undefined,
  );
  const validation = ownValidation === undefined ? undefined : read.get(ownValidation);
  if (validation && options.validationSplit !== undefined) {
    throw new FerlabError(
      'usage',
      `--validation-split: expected a dataset without a validation folder; found ${validation.path}. ` +
        'Leave the option out, or give the training folder alone as the dataset.',
    );
  }
  const classes = validation ? classNames(train, validation) : classNames(train);
  const skipped = [...train.skipped, ...(validation?.skipped ?? [])];
  const lost = lostImages(skipped);
  const others: Split[] = [];
  for (const [name, folder] of read) {
    if (name === ownValidation) continue;
    if (canonical(classNames(folder).join('/')) === canonical(classes.join('/'))) {
      others.push({ name, samples: toSamples(folder, classes, root) });
      skipped.push(...folder.skipped);
    } else {
      const reason = `expected the class folders ${classes.join(', ')}; found ${classNames(folder).join(', ') || 'none'}`;
      skipped.push({ file: relativeName(root, folder.path), reason, kind: 'folder' });
    }
  }
  const trainSplit = { name: trainName, samples: toSamples(train, classes, root) };
  if (ownValidation !== undefined && validation) {
    const validationSplit = { name: ownValidation, samples: toSamples(validation, classes, root) };
    return { path, classes, train: trainSplit, validation: validationSplit, others, skipped, lost };
  }
  const whole = { path, classes, train: trainSplit, validation: trainSplit, others, skipped, lost };
  await checkClasses(whole, describeOnlyClass(train));
  return { ...whole, ...divide(trainSplit, classes, train.path, options) };
}

/** Divides one set of samples by `validationSplit`, or says that it's needed. */
function divide(
  whole: Split,
  classes: string[],
  path: string,
  options: ReadOptions,
): { train: Split; validation: Split } {
  const { name, samples } = whole;
  if (options.validationSplit === undefined) {
    const add = holdsRows(whole) ? 'rows of Usage PublicTest' : 'a validation/ folder';
    throw new FerlabError(
      'data',
      `${path}: expected a validation split beside the training images; found none, but ${samples.length} images of the ` +
        `classes ${listClasses(classes)}. If these are the classes, give --validation-split 0.1 to set a tenth of each ` +
        `aside, or add ${add}.`,
    );
  }
  const parts = splitStratified(whole, classes, options.validationSplit, options.seed ?? 0, path);
  return {
    train: { name, samples: parts.train },
    validation: { name: 'validation', samples: parts.validation },
  };
}

async function fromCsv(path: string, csv: FerCsv, options: ReadOptions): Promise<Dataset> {
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
      `${csv.path}: expected rows of Usage Training; ${found}${first}. Correct the file, or give ${
        splits.validation.length + splits.test.length > 0 ? 'the one with the training rows' : 'another'
      }.`,
    );
  }
  const used = ownValidation === '' ? ['train'] : ['train', ownValidation];
  const lost = skipped.filter(({ split }) => split === null || used.includes(split));
  const train = { name: 'train', samples: splits.train };
  if (ownValidation === '') {
    const whole = { path, classes, train, validation: train, others, skipped, lost };
    await checkClasses(whole);
    return { ...whole, ...divide(train, classes, csv.path, options) };
  }
  if (options.validationSplit !== undefined) {
    throw new FerlabError(
      'usage',
      `--validation-split: expected a CSV file without validation rows; found ${splits[ownValidation].length} in ` +
        `${csv.path}. Leave the option out.`,
    );
  }
  const validation = { name: ownValidation, samples: splits[ownValidation] };
  return { path, classes, train, validation, others, skipped, lost };
}

async function readExplicit(path: string | undefined, train: string, validation: string): Promise<Dataset> {
  const folders = [resolve(train), resolve(validation)] as const;
  for (const folder of folders) await listOrFail(folder);
  const root = path === undefined ? resolve(train, '..') : resolve(path);
  return fromFolders(
    path === undefined ? folders[0] : root,
    root,
    { chosen: true, train: ['train', folders[0]], others: [['validation', folders[1]]] },
    {},
  );
}

/**
 * Reads a dataset for training.
 *
 * @param path a folder with `train/` and `validation/` or `test/` or other words for these (see layout.ts; a validation
 *   split is preferred to a test split, which then goes to `others`), such a folder further down, one folder of class
 *   folders (with `validationSplit`), or fer2013.csv or a folder that holds it. May be left out when `train` and
 *   `validation` are given.
 * @throws FerlabError (data) when it is missing or empty, has one class only, a class without images in a split, or two
 *   folders for one split; (usage) when the options contradict each other or the dataset.
 */
export async function readDataset(path: string | undefined, options: ReadOptions = {}): Promise<Dataset> {
  if (path !== undefined) checkArgument('readDataset: path', path, pathRule);
  checkOptions('readDataset', options, readRules);
  checkFraction(options.validationSplit);
  const { train, validation } = options;
  let dataset: Dataset;
  if (train !== undefined && validation !== undefined && options.validationSplit === undefined) {
    dataset = await readExplicit(path, train, validation);
  } else if (train !== undefined && validation === undefined && options.validationSplit !== undefined) {
    const folder = resolve(train);
    dataset = await fromFolders(
      folder,
      folder,
      { chosen: true, train: ['train', folder], others: [] },
      options,
    );
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
  if (options.overlay !== undefined) dataset = correct(dataset, await readOverlay(options.overlay));
  await checkClasses(dataset);
  if (options.strict) checkSkipped(dataset.path, dataset.skipped);
  return dataset;
}

/** The dataset under corrections. They come after the split by share, so that no correction moves an image to another split. */
function correct(dataset: Dataset, overlay: Overlay): Dataset {
  const { train, validation, others, classes } = dataset;
  const { splits, relabelled, excluded } = correctSplits([train, validation, ...others], classes, overlay);
  const [corrected, held, ...rest] = splits as [Split, Split, ...Split[]];
  const corrections = describeCorrections(overlay, { relabelled, excluded });
  return { ...dataset, train: corrected, validation: held, others: rest, corrections };
}

async function readFound(path: string, options: ReadOptions): Promise<Dataset> {
  const layout = await findLayout(path);
  if (layout.kind === 'csv') return fromCsv(path, await readFerCsv(layout.path), options);
  if (layout.kind === 'splits') {
    const { root, names, unread, elsewhere } = layout;
    const [train, ...others] = names.map((name): [string, string] => [name, join(root, name)]);
    if (train && (others.length > 0 || options.validationSplit !== undefined)) {
      const dataset = await fromFolders(path, root, { chosen: true, train, others }, options);
      const apart = elsewhere.map((folder) => ({
        file: relativeName(path, folder),
        reason: `expected it beside ${names[0]}/; found it in another folder, which is not read`,
        kind: 'folder' as const,
      }));
      return { ...dataset, skipped: [...dataset.skipped, ...unread, ...apart] };
    }
    throw new FerlabError(
      'data',
      `${root}: expected ${names[0]}/ with validation/, valid/, val/, dev/ or test/ beside it; found ${names[0]}/ ` +
        `alone${describeUnread(unread, elsewhere)}. ${describeMissingSplit(layout)}`,
    );
  }
  return fromFolders(path, path, { chosen: false, train: ['train', path], others: [] }, options);
}

/** Names folders whose name or place may be why a split wasn't found. */
function describeUnread(unread: readonly PassedOver[], elsewhere: readonly string[]): string {
  const folders = unread.filter(({ kind }) => kind === 'folder').map(({ file }) => `${file}/`);
  const found = [...folders, ...elsewhere];
  return found.length > 0 ? ` (and ${found.join(', ')})` : '';
}

/** Class names for people: a log that only counted them would hide that they aren't what was meant. */
export function listClasses(classes: readonly string[], most = 20): string {
  const shown = classes.slice(0, most).map(shownName).join(', ');
  return classes.length > most ? `${shown} and ${classes.length - most} more` : shown;
}

/** Keras's line about a split: "Found 28709 images belonging to 7 classes." */
export function describeSplit(split: Split, classes: readonly string[]): string {
  return `Found ${split.samples.length} images belonging to ${classes.length} classes.`;
}

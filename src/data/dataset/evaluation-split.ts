// Reads what is evaluated: one split of a dataset, or one folder of class folders, labelled by a model's classes.

import { basename, join, resolve } from 'node:path';
import { FerlabError } from '../../errors.js';
import { imageExtensions } from '../../files/walk-images.js';
import { checkSkipped, describePassedOver, lostImages } from './bad-files.js';
import { classNames, readClassFolders, toSamples } from './class-folder.js';
import { checkClassStructure } from './class-structure.js';
import { describeContents } from './contents.js';
import { type FerCsv, readFerCsv } from './fer-csv.js';
import { findLayout, isKind, type Layout } from './layout.js';
import { describeLookalikes, placeOf, shownName } from './names.js';
import { correctSplits, describeCorrections, readOverlay } from './overlay.js';
import { splitRole } from './split-names.js';
import type { BadFile, PassedOver, Split } from './types.js';

/** One split, read on its own. */
export interface ReadSplit {
  /** Absolute path that was read. */
  path: string;
  /** Label i is `classes[i]`. */
  classes: string[];
  split: Split;
  skipped: PassedOver[];
  /** Images among `skipped` that the split has lost: formats that aren't read, damaged rows. */
  lost: BadFile[];
  /** What a file of corrections changed, a line for people; absent without one. */
  corrections?: string;
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
  const { skipped } = folders;
  const classes = options.classes ? [...options.classes] : classNames(folders);
  const withFiles = folders.classes.filter(({ files }) => files.length > 0);
  const unknown = withFiles.map(({ name }) => name).filter((name) => placeOf(classes, name) < 0);
  // Folders that the model knows as classes are classes, whatever is in them.
  if (!options.classes || unknown.length > 0) checkClassStructure(folders, { chosen: true, training: false });
  if (unknown.length > 0) {
    throw new FerlabError(
      'data',
      `${root}: expected folders named by the model's classes (${classes.join(', ')}); ` +
        `found ${unknown.map(shownName).join(', ')}${describeLookalikes(unknown, classes)}. Rename or remove these ` +
        'folders, or use a model trained for them.',
    );
  }
  const samples = toSamples(folders, classes, root);
  if (samples.length === 0) {
    const expected = `expected class folders with images (${imageExtensions.join(', ')})`;
    const contents = await describeContents(root);
    throw new FerlabError(
      'data',
      `${root}: ${expected}; found no images in class folders.${contents}${describePassedOver(skipped)}`,
    );
  }
  if (options.strict) checkSkipped(root, skipped);
  return {
    path: root,
    classes,
    split: { name: basename(root), samples },
    skipped,
    lost: lostImages(skipped),
  };
}

/**
 * Reads what `ferlab evaluate` is given: one split of a dataset, or one folder of class folders.
 *
 * @param options.split name of the split's folder, or another word for it (`validation` for `valid/`); by default the
 *   validation split, or the test split where there is none, and never the training split. Meaningless for a folder of
 *   class folders, and an error there.
 * @param options.classes as for readClassFolder.
 * @param options.overlay a file of corrections (overlay.ts).
 * @throws FerlabError (data) when there is no such split, or none but the training split and it wasn't asked for.
 */
export async function readEvaluationSplit(
  path: string,
  options: { split?: string; classes?: readonly string[]; strict?: boolean; overlay?: string } = {},
): Promise<ReadSplit> {
  const { overlay, ...reading } = options;
  const read = await readSplitAsItIs(path, reading);
  if (overlay === undefined) return read;
  const corrections = await readOverlay(overlay);
  const { splits, ...counts } = correctSplits([read.split], read.classes, corrections);
  return { ...read, split: splits[0]!, corrections: describeCorrections(corrections, counts) };
}

async function readSplitAsItIs(
  path: string,
  options: { split?: string; classes?: readonly string[]; strict?: boolean },
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
  const name = await chooseFolder(root, layout, options.split);
  const read = await readClassFolder(join(layout.root, name), options);
  // Where the test split stands in for a validation split, a folder of another name may be the one that was meant.
  const unread = options.split === undefined && splitRole(name) === 'test' ? layout.unread : [];
  const skipped = [...read.skipped, ...unread];
  if (options.strict) checkSkipped(root, skipped);
  return { ...read, path: root, split: { name, samples: read.split.samples }, skipped };
}

/** The name of the folder to read: that of the split, or of another word for it. */
async function chooseFolder(
  path: string,
  { root, names, unread, elsewhere }: Extract<Layout, { kind: 'splits' }>,
  split: string | undefined,
): Promise<string> {
  if (split === undefined) {
    const heldOut = names.find((name) => splitRole(name) !== 'train');
    if (heldOut === undefined) {
      const folders = unread.filter(({ kind }) => kind === 'folder').map(({ file }) => file);
      throw onlyTraining(path, [...names, ...folders], elsewhere);
    }
    return heldOut;
  }
  if (await isKind(join(root, split), 'folder')) return split;
  const role = splitRole(split);
  const alike = names.find((name) => role !== null && splitRole(name) === role);
  if (alike === undefined) throw noSuchSplit(path, split, names);
  return alike;
}

function evaluationSplitOfCsv(
  root: string,
  csv: FerCsv,
  options: { split?: string; classes?: readonly string[]; strict?: boolean },
): ReadSplit {
  const names = (['validation', 'test', 'train'] as const).filter((name) => csv.splits[name].length > 0);
  if (names.length === 0) throw noRows(csv);
  const wanted = options.split === undefined ? names[0] : splitRole(options.split);
  const name = names.find((other) => other === wanted);
  if (!name) throw noSuchSplit(root, options.split ?? 'validation', names);
  // Without a Usage column the file is one set of images, like one folder of class folders.
  if (name === 'train' && options.split === undefined && csv.hasUsage) throw onlyTraining(root, names);
  const classes = options.classes ? [...options.classes] : csv.classes;
  const unknown = csv.classes.filter((other) => !classes.includes(other));
  if (unknown.length > 0) {
    throw new FerlabError(
      'data',
      `${csv.path}: expected the model's classes (${classes.join(', ')}); found ${unknown.join(', ')}. ` +
        'Use a model trained for these classes.',
    );
  }
  if (options.strict) checkSkipped(root, csv.skipped);
  const lost = csv.skipped.filter((row) => row.split === null || row.split === name);
  const samples = csv.splits[name].map((sample) => ({
    ...sample,
    label: classes.indexOf(csv.classes[sample.label]!),
  }));
  return { path: root, classes, split: { name, samples }, skipped: csv.skipped, lost };
}

function noRows({ path, skipped }: FerCsv): FerlabError {
  const [first] = skipped;
  const damage = first ? ` (${skipped.length} can't be: ${first.file}: ${first.reason})` : '';
  return new FerlabError(
    'data',
    `${path}: expected rows of images; found none that can be used${damage}. Check that the file is whole.`,
  );
}

function onlyTraining(
  path: string,
  names: readonly string[],
  elsewhere: readonly string[] = [],
): FerlabError {
  return new FerlabError(
    'data',
    `${path}: expected a validation or test split; found ${names.join(', ')} alone. ` +
      `${elsewhere.length > 0 ? `Give ${elsewhere[0]}` : 'Add one'}, or say --split ` +
      `${names[0]} to use images that the model may have been trained on.`,
  );
}

function noSuchSplit(path: string, name: string, names: readonly string[]): FerlabError {
  const found = names.length > 0 ? names.join(', ') : 'none';
  return new FerlabError(
    'data',
    `${path}: expected a split called ${name}; found ${found}. Name one of these.`,
  );
}

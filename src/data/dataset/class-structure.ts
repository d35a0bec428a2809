// Looks whether folders that were taken for classes are classes. Where they hold no images of their own but folders, they
// may be splits under other names (new_train/happy/...) or people (alice/happy/...); training on these "classes" would
// learn to separate training from validation images, or people from each other.

import { join, relative, sep } from 'node:path';
import { FerlabError } from '../../errors.js';
import type { ClassFiles, ClassFolders } from './class-folder.js';
import { isExpressionName } from './emotion-names.js';
import { shownName } from './names.js';
import { likelySplitRole } from './split-names.js';

/** A class folder all of whose images lie in folders below it. */
interface NestedClass {
  name: string;
  /** Names of the folders in it that hold images. */
  inside: Set<string>;
}

function nestedClass({ name, path, files }: ClassFiles): NestedClass | null {
  const inside = new Set<string>();
  for (const file of files) {
    const parts = relative(path, file).split(sep);
    if (parts.length < 2) return null;
    inside.add(parts[0]!);
  }
  return inside.size > 0 ? { name, inside } : null;
}

/** The first folder in a class folder that holds images or more than one folder, with the folders in it. */
function innermost({ path, files }: ClassFiles): { path: string; inside: string[] } {
  const places = files.map((file) => relative(path, file).split(sep).slice(0, -1));
  let depth = 0;
  const [first] = places;
  while (first?.[depth] !== undefined && places.every((place) => place[depth] === first[depth])) depth++;
  const inside = new Set(places.flatMap((place) => place[depth] ?? []));
  return { path: join(path, ...(first ?? []).slice(0, depth)), inside: [...inside].sort() };
}

function list(names: Iterable<string>, most = 8): string {
  const all = [...names].map(shownName);
  return all.slice(0, most).join(', ') + (all.length > most ? `, ... (${all.length})` : '');
}

const folders = (names: readonly string[]) => list(names.map((name) => `${name}/`));

/** The names that every one of them holds. */
function shared(nested: readonly NestedClass[]): string[] {
  return [...nested[0]!.inside].filter((name) => nested.every(({ inside }) => inside.has(name)));
}

/**
 * Refuses class folders that are something else.
 *
 * @param read the class folders.
 * @param options.chosen whether a person named this folder as one of class folders, or a split's name did: then only
 *   what is plainly something else is refused.
 * @param options.training whether the advice may name options of `ferlab train`.
 * @throws FerlabError (data)
 */
export function checkClassStructure(
  { path, classes }: ClassFolders,
  { chosen, training }: { chosen: boolean; training: boolean },
): void {
  const withImages = classes.filter(({ files }) => files.length > 0);
  const nested = withImages.map(nestedClass).filter((found) => found !== null);
  for (const found of nested) {
    const beside = [...found.inside].filter((name) => withImages.some((other) => other.name === name));
    if (beside.length > 1) throw holdsClasses(path, found, beside);
  }
  if (nested.length === 1 && withImages.length === 1) checkFurtherDown(path, withImages[0]!);
  if (nested.length === 0 || withImages.some(({ name }) => isExpressionName(name))) return;
  const names = nested.map(({ name }) => name);
  const inside = [...new Set(nested.flatMap((found) => [...found.inside]))].sort();
  const common = shared(nested);
  const alike = nested.length > 1 && common.length > 1;
  const expressions = inside.filter(isExpressionName);
  const areExpressions = expressions.length > 1 && expressions.length * 2 >= inside.length;
  const roles = names.map((name) => ({ name, role: likelySplitRole(name) }));
  if ((alike || areExpressions) && roles.some(({ role }) => role !== null))
    throw looksLikeSplits(path, roles, inside, training);
  if (areExpressions) throw looksLikePeople(path, names, inside);
  if (alike && !chosen && nested.length === withImages.length) throw isUnclear(path, names, common, training);
}

/** Refuses a folder around the dataset, as unpacking an archive makes it. */
function checkFurtherDown(path: string, only: ClassFiles): void {
  const { path: deepest, inside } = innermost(only);
  if (inside.filter(isExpressionName).length < 2 || isExpressionName(only.name)) return;
  throw new FerlabError(
    'data',
    `${path}: expected a folder for each class; found one folder, ${shownName(only.name)}/, with the classes ` +
      `${list(inside)} further down. Give ${deepest}.`,
  );
}

function looksLikeSplits(
  path: string,
  roles: readonly { name: string; role: string | null }[],
  inside: readonly string[],
  training: boolean,
): FerlabError {
  const of = (wanted: string) => roles.find(({ role }) => role === wanted)?.name;
  const train = of('train');
  const heldOut = of('validation') ?? of('test');
  const names = roles.map(({ name }) => name);
  let remedy: string;
  if (!training) {
    remedy = `Give the path of one of them, such as ${join(path, heldOut ?? train ?? names[0]!)}`;
  } else if (train !== undefined && heldOut !== undefined) {
    remedy = `Give --train ${join(path, train)} --validation ${join(path, heldOut)}`;
  } else {
    const only = train ?? names.find((name) => name !== heldOut) ?? names[0]!;
    remedy = `Give the folder to train on: --train ${join(path, only)} --validation-split 0.1`;
  }
  return new FerlabError(
    'data',
    `${path}: expected a folder for each class; found ${folders(names)}, which look like splits: they hold no images but ` +
      `the folders ${list(inside)}. ${remedy}; or rename the folders train/, validation/ and test/.`,
  );
}

/** Class folders of their own within one beside them, as in happy/, sad/ and more/happy/, more/sad/. */
function holdsClasses(path: string, { name, inside }: NestedClass, beside: readonly string[]): FerlabError {
  return new FerlabError(
    'data',
    `${path}: expected a folder for each class; found ${shownName(name)}/, which holds no images but the folders ` +
      `${list(inside)}, and ${list(beside)} are classes beside it. Put its images into these classes, or move it out.`,
  );
}

function looksLikePeople(path: string, names: readonly string[], inside: readonly string[]): FerlabError {
  const [first, second] = inside.filter(isExpressionName);
  const person = names[0]!;
  return new FerlabError(
    'data',
    `${path}: expected a folder for each class; found ${folders(names)}, which hold no images but the folders ` +
      `${list(inside)}: one folder for each person, as it seems. Put the expressions outside ` +
      `(${first}/${person}/, ${second}/${person}/, ...).`,
  );
}

function isUnclear(
  path: string,
  names: readonly string[],
  common: readonly string[],
  training: boolean,
): FerlabError {
  const [a, b] = names;
  const [x] = common;
  const asClasses = training
    ? ` If ${list(names)} are the classes, give --train ${path} --validation-split 0.1.`
    : '';
  const asSplits = training ? `--train ${join(path, a!)} --validation ${join(path, b!)}` : join(path, b!);
  return new FerlabError(
    'data',
    `${path}: expected a folder for each class; found ${folders(names)}, which hold no images but the same folders ` +
      `(${list(common)}).${asClasses} If these are the classes and ${list(names)} are splits, give ${asSplits}. If ` +
      `${list(names)} are people, put the classes outside (${x}/${a}/, ${x}/${b}/, ...).`,
  );
}

/** Advice where there is one class only, whose folders may be the classes; empty where it has none. */
export function describeOnlyClass({ classes }: ClassFolders): string {
  const [only] = classes.filter(({ files }) => files.length > 0);
  const nested = only && nestedClass(only);
  if (!only || !nested) return '';
  const { path, inside } = innermost(only);
  if (inside.length < 2) return '';
  return ` ${path} holds no images but the folders ${list(inside)}: if these are the classes, give that path.`;
}

// The configuration of a classifier's run as its folder keeps it: which of its settings are paths, and where these are
// now that the run is continued.

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { FerlabError } from '../../errors.js';
import { bundledName } from '../../predict-files/bundled-model.js';
import { parseTrainConfig, type TrainConfig } from '../config/config.js';
import { forThisMachine, type RunConfig } from '../loop/run-config.js';
import type { Fingerprinted } from '../run/fingerprints.js';
import type { ConfigFormat } from '../run/stored-run.js';

export const trainConfigFormat: ConfigFormat<RunConfig> = {
  task: 'classify',
  parse(value, file) {
    return { ...forThisMachine(parseTrainConfig(value, file)), out: dirname(file) };
  },
  withPaths,
};

function withPaths(config: RunConfig, change: (path: string) => string): RunConfig {
  const changed = (path: string | null): string | null => (path === null ? null : change(path));
  const changedModel = (given: string): string => (given === bundledName ? given : change(given));
  const { data, softLabels, startFrom, distillation } = config;
  const { path, train, validation, overlay } = data;
  return {
    ...config,
    data: {
      ...data,
      path: changed(path),
      train: changed(train),
      validation: changed(validation),
      overlay: changed(overlay),
    },
    softLabels: softLabels && { ...softLabels, file: change(softLabels.file) },
    startFrom: startFrom && changedModel(startFrom),
    distillation: distillation && { ...distillation, teachers: distillation.teachers.map(changedModel) },
  };
}

/** Where the files of a run are now, if not where its config.json says. What they hold has to be the same. */
export interface MovedFiles {
  /** The dataset; for a run with folders of its own for training and validation, give `train` and `validation`. */
  dataset?: string | undefined;
  train?: string | undefined;
  validation?: string | undefined;
  /** The file of corrections. */
  overlay?: string | undefined;
  /** The file of votes. */
  softLabels?: string | undefined;
  /** All model files of teachers, in the order of the run. */
  teachers?: readonly string[] | undefined;
  /** The model file that the run started from. */
  startFrom?: string | undefined;
}

interface Place {
  /** What lies there, for messages. */
  what: string;
  path: string;
  /** How to say where it is now. */
  option: string;
  /** Whether that was said: the path isn't config.json's. */
  given: boolean;
}

function placesOf(
  { data, softLabels, distillation, startFrom }: TrainConfig,
  moved: MovedFiles,
  run: string,
): Place[] {
  const given = (path: string | undefined): { given: boolean } => ({ given: path !== undefined });
  const places: (Omit<Place, 'path'> & { path: string | null })[] = [
    {
      what: 'dataset',
      path: data.path,
      option: `ferlab train --resume ${run} DATASET`,
      ...given(moved.dataset),
    },
    { what: 'training images', path: data.train, option: '--train FOLDER', ...given(moved.train) },
    {
      what: 'validation images',
      path: data.validation,
      option: '--validation FOLDER',
      ...given(moved.validation),
    },
    { what: 'corrections', path: data.overlay, option: '--overlay FILE', ...given(moved.overlay) },
    {
      what: 'soft labels',
      path: softLabels?.file ?? null,
      option: '--soft-labels FILE',
      ...given(moved.softLabels),
    },
    {
      what: 'weights to start from',
      path: startFrom,
      option: '--start-from FILE',
      ...given(moved.startFrom),
    },
    ...(distillation?.teachers ?? []).map((path, i) => ({
      what: 'teacher',
      path,
      option: '--teacher FILE',
      ...given(moved.teachers?.[i]),
    })),
  ];
  return places.flatMap(({ path, ...rest }) =>
    path === null || path === bundledName ? [] : [{ ...rest, path }],
  );
}

/**
 * The configuration of a run whose files have moved.
 *
 * @param run its folder.
 * @throws FerlabError `usage` for files of a kind that the run doesn't have, `data` where one of its files is neither
 *   where config.json says nor given.
 */
export function withMovedFiles<Config extends TrainConfig>(
  config: Config,
  moved: MovedFiles,
  run: string,
): Config {
  const { data, softLabels, startFrom, distillation } = config;
  const now = <T>(was: T | null, given: T | undefined, name: string): T | null => {
    if (given === undefined) return was;
    if (was !== null) return given;
    throw new FerlabError(
      'usage',
      `${name}: ${run} was begun without. Leave it out, or start a new run with it.`,
    );
  };
  const teachers = now(
    distillation?.teachers ?? null,
    moved.teachers === undefined ? undefined : [...moved.teachers],
    'teachers',
  );
  if (teachers?.length !== distillation?.teachers.length) {
    throw new FerlabError(
      'usage',
      `teachers: expected the ${distillation?.teachers.length} that ${run} was begun with, got ${teachers?.length}.`,
    );
  }
  const votes = now(softLabels?.file ?? null, moved.softLabels, 'soft labels');
  const found: Config = {
    ...config,
    data: {
      ...data,
      path: now(data.path, moved.dataset, 'a dataset'),
      train: now(data.train, moved.train, 'training images'),
      validation: now(data.validation, moved.validation, 'validation images'),
      overlay: now(data.overlay, moved.overlay, 'corrections'),
    },
    softLabels: softLabels && { ...softLabels, file: votes ?? softLabels.file },
    startFrom: now(startFrom, moved.startFrom, 'weights to start from'),
    distillation: distillation && { ...distillation, teachers: teachers ?? distillation.teachers },
  };
  const missing = placesOf(found, moved, run).find(({ path }) => !existsSync(path));
  if (missing === undefined) return found;
  if (missing.given) {
    throw new FerlabError(
      'data',
      `${missing.path}: expected the ${missing.what} of ${run}; found nothing of that name. Check the path.`,
    );
  }
  throw new FerlabError(
    'data',
    `${missing.path}: expected the ${missing.what} of ${run} there, by the path in ${run}/config.json, which is relative ` +
      `to that folder; found nothing. If the folder or the files have been moved, say where they are: ${missing.option}.`,
  );
}

/** What a fingerprint of the run is of, in the words of a message. */
export function describeFingerprint(
  name: string,
  { data, softLabels, startFrom, distillation }: TrainConfig,
): Fingerprinted {
  const teacher = /^teacher(\d+)$/.exec(name)?.[1];
  if (teacher !== undefined) {
    const file = distillation?.teachers[Number(teacher) - 1];
    return { what: 'teacher', found: `another in ${file}`, remedy: 'that model file' };
  }
  if (name === 'softLabels')
    return { what: 'soft labels', found: `others in ${softLabels?.file}`, remedy: 'that file' };
  if (name === 'start')
    return { what: 'weights', found: `others in ${startFrom}`, remedy: 'that model file' };
  const folder = data.path ?? (name === 'validation' ? (data.validation ?? data.train) : data.train);
  const corrected = data.overlay === null ? '' : ` under the corrections of ${data.overlay}`;
  const remedy = data.overlay === null ? 'the dataset' : 'the dataset and its corrections';
  return { what: `${name} images`, found: `others in ${folder}${corrected}`, remedy };
}

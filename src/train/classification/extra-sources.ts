// Sources that a network learns from beside the dataset's labels: soft labels, teachers, and the weights that it starts
// from. They are opened before images are decoded, so that a wrong file is known at once.

import { basename } from 'node:path';
import type { Dataset } from '../../data/dataset/types.js';
import type { ImageStore } from '../../data/store/store.js';
import { readSoftLabels, type SoftLabels } from '../../data/votes/soft-labels.js';
import { describeNote, type ModelNote } from '../../predict/notes.js';
import type { TrainConfig } from '../config/config.js';
import type { TrainHooks } from '../loop/events.js';
import type { RunConfig } from '../loop/run-config.js';
import { blendLabels, describeBlend, softLabelNote } from './soft-labels.js';
import { openStart, type Start, startNotes } from './start.js';
import { openTeachers, type Teachers, teacherNotes } from './teachers.js';

export interface OpenedSources {
  softLabels: SoftLabels | null;
  teachers: Teachers | null;
  /** Null for random weights. */
  start: Start | null;
}

export interface ExtraSources {
  /** Distribution of every training image over the classes, [images, classes]; null for labels alone. */
  labelShares: Float32Array | null;
  teachers: Teachers | null;
  /** Weights to start from; null for random ones. */
  start: Start | null;
  /** SHA-256 of the files, by what they are. */
  fingerprints: Record<string, string>;
  /** For the model file and the report. */
  notes: ModelNote[];
  /** Sections for `training` in the model file's metadata; files by name and fingerprint. */
  recipe: Record<string, unknown>;
}

/** The dataset's labels and nothing else. */
export const noExtraSources: ExtraSources = {
  labelShares: null,
  teachers: null,
  start: null,
  fingerprints: {},
  notes: [],
  recipe: {},
};

/**
 * Reads the files that a configuration names.
 *
 * @throws FerlabError `data` for soft labels, `model` for teachers and weights that can't be used with this dataset.
 */
export async function openExtraSources(config: RunConfig, dataset: Dataset): Promise<OpenedSources> {
  const { softLabels, distillation, startFrom } = config;
  const votes =
    softLabels === null
      ? null
      : await readSoftLabels(softLabels.file, dataset, {
          minVotes: softLabels.minVotes,
          divided: config.data.validationSplit !== null,
        });
  const start = startFrom === null ? null : await openStart(startFrom, config.model);
  if (distillation === null) return { softLabels: votes, teachers: null, start };
  const { threads, device } = config.train;
  const where = device === 'auto' ? {} : { device }; // a run's device is chosen by now
  const teachers = await openTeachers(distillation.teachers, config.data.imageSize, dataset.classes, {
    threads,
    ...where,
  });
  return { softLabels: votes, teachers, start };
}

/** Matches the opened sources with the images that are trained on, and logs what was found. */
export function matchSources(
  { softLabels, teachers, start }: OpenedSources,
  config: TrainConfig,
  training: ImageStore,
  classes: number,
  hooks: TrainHooks,
): ExtraSources {
  const result: ExtraSources = {
    labelShares: null,
    teachers,
    start,
    fingerprints: {},
    notes: [],
    recipe: {},
  };
  // teachers often have teachers in common, or learnt from what the network begins with
  const note = (notes: readonly ModelNote[]): void => {
    for (const added of notes) {
      if (result.notes.some(({ of, text }) => of === added.of && text === added.text)) continue;
      hooks.onProgress?.({ type: 'log', message: describeNote(added) });
      result.notes.push(added);
    }
  };
  if (softLabels !== null && config.softLabels !== null) {
    const { weight, minVotes } = config.softLabels;
    const blend = blendLabels(training, classes, softLabels.shares, weight);
    hooks.onProgress?.({ type: 'log', message: describeBlend(softLabels, blend, weight) });
    result.labelShares = blend.shares;
    result.fingerprints.softLabels = softLabels.fingerprint;
    result.notes.push({ of: null, text: softLabelNote(softLabels, blend, weight, classes) });
    const { kind, path, fingerprint } = softLabels;
    result.recipe.softLabels = {
      kind,
      file: basename(path),
      fingerprint,
      weight,
      minVotes,
    };
  }
  if (teachers !== null && config.distillation !== null) {
    const { weight, temperature } = config.distillation;
    note(teacherNotes(teachers.identities, config.distillation, training));
    teachers.identities.forEach(({ fingerprint }, i) => {
      result.fingerprints[`teacher${i + 1}`] = fingerprint;
    });
    result.recipe.distillation = {
      teachers: teachers.identities.map(({ file, fingerprint }) => ({ file: basename(file), fingerprint })),
      weight,
      temperature,
    };
  }
  if (start !== null) {
    note(startNotes(start, training));
    result.fingerprints.start = start.fingerprint;
    result.recipe.start = { from: basename(start.file), fingerprint: start.fingerprint };
  }
  return result;
}

// Whether a run that is continued has before it what it began with: images, soft labels, teachers, weights to
// start from.

import { FerlabError } from '../../errors.js';
import type { TrainConfig } from '../config/config.js';
import type { OpenedRun } from './run-folder.js';
import type { TrainingData } from './training-data.js';

/** Fingerprints (SHA-256) of all that decides the weights beside the configuration, by name. */
export function allFingerprints({ fingerprints, supervision }: TrainingData): Record<string, string> {
  return { ...fingerprints, ...supervision.fingerprints };
}

/**
 * Compares with the checkpoint, where there is one.
 *
 * @throws FerlabError `model` where something has changed.
 */
export function checkFingerprints(
  runFolder: string,
  { config, checkpoint }: OpenedRun,
  data: TrainingData,
): void {
  const expected = checkpoint?.progress.fingerprints;
  if (expected === undefined) return;
  for (const [name, fingerprint] of Object.entries(allFingerprints(data))) {
    if (expected[name] === fingerprint) continue;
    const { what, found, remedy } = describeChanged(name, config);
    throw new FerlabError(
      'model',
      `${runFolder}: expected the ${what} that the run began with, found ${found}. ` +
        `Restore ${remedy}, or start a new run.`,
    );
  }
}

/** What a fingerprint is of, in the words of a message. */
function describeChanged(
  name: string,
  { data, softLabels, start, distillation }: TrainConfig,
): { what: string; found: string; remedy: string } {
  const teacher = /^teacher(\d+)$/.exec(name)?.[1];
  if (teacher !== undefined) {
    const file = distillation.teachers[Number(teacher) - 1];
    return { what: 'teacher', found: `another in ${file}`, remedy: 'that model file' };
  }
  if (name === 'softLabels')
    return { what: 'soft labels', found: `others in ${softLabels.file}`, remedy: 'that file' };
  if (name === 'start')
    return { what: 'weights', found: `others in ${start.from}`, remedy: 'that model file' };
  const folder = data.path ?? (name === 'validation' ? (data.validation ?? data.train) : data.train);
  return { what: `${name} images`, found: `others in ${folder}`, remedy: 'the dataset' };
}

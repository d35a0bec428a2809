// Whether a run that is continued has before it what it began with: images, soft labels, teachers, weights to
// start from.

import { FerlabError } from '../errors.js';
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
    const teacher = /^teacher(\d+)$/.exec(name)?.[1];
    const [what, found, remedy] =
      teacher !== undefined
        ? ['teacher', `another in ${config.distillation.teachers[Number(teacher) - 1]}`, 'that model file']
        : name === 'softLabels'
          ? ['soft labels', `others in ${config.softLabels.file}`, 'that file']
          : name === 'start'
            ? ['weights', `others in ${config.start.from}`, 'that model file']
            : [`${name} images`, `others in ${config.data.path}`, 'the dataset'];
    throw new FerlabError(
      'model',
      `${runFolder}: expected the ${what} that the run began with, found ${found}. ` +
        `Restore ${remedy}, or start a new run.`,
    );
  }
}

// Learning curves: what a training came to, epoch by epoch. They were recorded once, on FER2013, and are kept with the
// results; docs/results/README.md says how they were made.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readHistory } from '../../dist/scores/history.js';
import { root } from '../checkout.js';
import { Unavailable } from '../contest.js';

/** An epoch's end. */
interface CurvePoint {
  readonly epoch: number;
  /** A share. */
  readonly validationAccuracy: number;
  /** How long the epoch took where and when the curve was recorded, validation included. */
  readonly seconds: number;
}

export type LearningCurve = readonly CurvePoint[];

/** Keras gives accuracies in float32, in which equal shares may differ by this much. */
const rounding = 1e-6;

/**
 * The curve in `docs/results/<name>/history.json`.
 *
 * @throws Unavailable where it was never recorded.
 */
export async function readLearningCurve(name: string, folder = root): Promise<LearningCurve> {
  const file = path.join('docs', 'results', name, 'history.json');
  let json: string;
  try {
    json = await readFile(path.join(folder, file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Unavailable(
      `its learning curve was never recorded: ${file} isn't there (docs/results/README.md)`,
    );
  }
  const curve = readHistory(json, file).map(({ epoch, measures, seconds }) => ({
    epoch,
    validationAccuracy: measures.valAccuracy ?? Number.NaN,
    seconds,
  }));
  if (curve.length === 0) throw new Unavailable(`its learning curve has no epochs: ${file}`);
  return curve;
}

/** The best accuracy on a curve, a share. */
export function bestAccuracy(curve: LearningCurve): number {
  return Math.max(...curve.map(({ validationAccuracy }) => validationAccuracy));
}

/** How many epochs a curve takes to an accuracy; null where it never gets there. */
export function epochsTo(curve: LearningCurve, accuracy: number): number | null {
  const index = curve.findIndex(({ validationAccuracy }) => validationAccuracy >= accuracy - rounding);
  return index < 0 ? null : index + 1;
}

/** Seconds of the first epochs, where and when the curve was recorded. */
export function recordedSeconds(curve: LearningCurve, epochs: number): number {
  return curve.slice(0, epochs).reduce((sum, { seconds }) => sum + seconds, 0);
}

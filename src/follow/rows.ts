// One row for each person and frame, as CSV and as JSON lines.

import { type FaceJson, faceJson, type NoAnswer } from '../faces/recognised.js';
import { csv } from '../format/csv.js';
import type { FilmFace } from './people.js';

/** A row as JSON. */
export interface VideoRow extends FaceJson {
  /** Seconds from the start of the film. */
  time: number;
  person: number | null;
  roll: number;
  side: number;
  /** Of this frame alone. */
  expression?: string;
  probabilities?: Record<string, number>;
  /** How probable it is that this is no face that the model can judge; missing where the model has no rule for it. */
  uncertain?: number;
  /** Over time. */
  smoothed?: { expression: string; probabilities: Record<string, number> };
  /** Why there is no expression. */
  reason?: NoAnswer;
}

/** Digits of a time: tenths of a millisecond. */
const timeDigits = 4;

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

export function videoRow(time: number, face: FilmFace): VideoRow {
  const row = {
    time: rounded(time, timeDigits),
    person: face.person,
    ...faceJson(face),
    roll: rounded(face.roll, 1),
    side: rounded(face.side, 1),
  };
  if ('reason' in face) return { ...row, reason: face.reason };
  const { expression, probabilities, uncertain, smoothed } = face;
  return {
    ...row,
    expression,
    probabilities,
    ...(uncertain === undefined ? {} : { uncertain }),
    ...(smoothed && { smoothed: { expression: smoothed.expression, probabilities: smoothed.probabilities } }),
  };
}

export function csvHeader(classes: readonly string[]): string {
  return csv([
    [
      ...['time', 'person', 'x', 'y', 'width', 'height', 'score', 'expression', 'smoothed_expression'],
      ...[...classes, ...classes.map((name) => `smoothed_${name}`), 'reason', 'uncertain'],
    ],
  ]);
}

/** A row as a line of CSV; what there isn't is empty. */
export function csvRow(classes: readonly string[], row: VideoRow): string {
  const {
    time,
    person,
    box,
    score,
    expression = '',
    probabilities,
    smoothed,
    reason = '',
    uncertain = '',
  } = row;
  return csv([
    [
      ...[time, person ?? '', ...box, score, expression, smoothed?.expression ?? ''],
      ...classes.map((name) => probabilities?.[name] ?? ''),
      ...classes.map((name) => smoothed?.probabilities[name] ?? ''),
      reason,
      uncertain,
    ],
  ]);
}

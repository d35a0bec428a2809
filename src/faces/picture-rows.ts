// What was recognised in pictures as rows of a table: one for each face, the same from the command line and from the studio.

import type { Prediction } from '../predict/model.js';
import { type PictureFaces, pictureFacesJson } from './recognised.js';

/** Columns of crops, and the first ones of searched pictures. */
export const cropColumns = (classes: readonly string[]): string[] => [
  'file',
  'expression',
  ...classes,
  'error',
  'uncertain',
];

/** Columns that a table of searched pictures has after those of crops. */
export const faceColumns = ['face', 'x', 'y', 'width', 'height', 'score', 'roll', 'side', 'reason'];

export type PictureRow = (string | number)[];

/** What one picture came to: its faces, its expression where it was taken whole, or why it can't be used. */
type PictureOutcome = { file: string } & (PictureFaces | Prediction | { error: string });

/** The rows of a picture; those of searched ones have the columns of faces too, and one with face 0 stands for none. */
export function pictureRows(outcome: PictureOutcome, classes: readonly string[]): PictureRow[] {
  const noAnswer = ['', ...classes.map(() => '')];
  const answerOf = ({ expression, probabilities }: Prediction) => [
    expression,
    ...classes.map((name) => probabilities[name] ?? ''),
  ];
  const { file } = outcome;
  if ('error' in outcome) return [[file, ...noAnswer, outcome.error, '']];
  if (!('faces' in outcome)) return [[file, ...answerOf(outcome), '', outcome.uncertain ?? '']];
  const { faces } = pictureFacesJson(outcome);
  if (faces.length === 0) return [[file, ...noAnswer, '', '', 0, ...faceColumns.slice(1).map(() => '')]];
  return faces.map((face, i) => {
    const answer = 'reason' in face ? noAnswer : answerOf(face);
    const reason = 'reason' in face ? face.reason : '';
    const uncertain = 'reason' in face ? '' : (face.uncertain ?? '');
    return [file, ...answer, '', uncertain, i + 1, ...face.box, face.score, face.roll, face.side, reason];
  });
}

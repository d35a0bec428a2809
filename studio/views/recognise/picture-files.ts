// What was recognised in the pictures as the text of files: the JSON and the CSV of `ferlab predict`. Where two models are
// compared, each has its part.

import { cropColumns, faceColumns, type PictureRow, pictureRows } from '../../../src/faces/picture-rows.js';
import { type PictureFaces, pictureFacesJson, type RecognisedFace } from '../../../src/faces/recognised.js';
import { csv } from '../../../src/format/csv.js';
import type { Prediction } from '../../../src/predict/model.js';
import type { ShownPicture } from '../../engine/recognise-picture.js';
import { modelById } from '../../engine/studio.js';
import type { PictureItem } from './pictures-state.js';

type Outcome = { file: string } & (PictureFaces | Prediction | { error: string });

/** What the m-th model made of a picture. */
function outcomeOf({ name: file, answer }: PictureItem, m: number): Outcome | null {
  if (answer.state === 'waiting') return null;
  if (answer.state === 'failed') return { file, error: answer.message };
  const { width, height, faces } = answer.found;
  const [first] = faces;
  if (first !== undefined && first.place === null) return { file, ...first.answers[m]!.prediction! };
  const answered = faces.map(({ place, answers }): RecognisedFace => {
    const { prediction, reason } = answers[m]!;
    return prediction === null ? { ...place!, reason } : { ...place!, ...prediction };
  });
  return { file, width, height, faces: answered };
}

interface Part {
  model: string;
  classes: readonly string[];
  outcomes: Outcome[];
}

function partsOf(items: readonly PictureItem[]): Part[] {
  const found = items.flatMap(({ answer }): ShownPicture[] =>
    answer.state === 'done' ? [answer.found] : [],
  );
  return (found[0]?.models ?? []).map(({ id, classes }, m) => ({
    model: modelById(id)?.name ?? id,
    classes,
    outcomes: items.flatMap((item) => outcomeOf(item, m) ?? []),
  }));
}

const json = ({ outcomes }: Part): object[] =>
  outcomes.map((outcome) =>
    'faces' in outcome ? { file: outcome.file, ...pictureFacesJson(outcome) } : outcome,
  );

export function picturesJson(items: readonly PictureItem[]): string {
  const parts = partsOf(items);
  const content =
    parts.length === 1 ? json(parts[0]!) : parts.map((part) => ({ model: part.model, pictures: json(part) }));
  return `${JSON.stringify(content, null, 2)}\n`;
}

export function picturesCsv(items: readonly PictureItem[]): string {
  const parts = partsOf(items);
  const tables = parts.map(({ model, classes, outcomes }) => {
    const rows = outcomes.flatMap((outcome) => pictureRows(outcome, classes));
    const narrow = cropColumns(classes);
    const isWide = rows.some((row) => row.length > narrow.length);
    const widened = rows.map(
      (row): PictureRow =>
        isWide && row.length === narrow.length ? [...row, ...faceColumns.map(() => '')] : row,
    );
    const table = [isWide ? [...narrow, ...faceColumns] : narrow, ...widened];
    return csv(parts.length === 1 ? table : table.map((row, i) => [i === 0 ? 'model' : model, ...row]));
  });
  return tables.join('\n');
}

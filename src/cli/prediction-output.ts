// How `ferlab predict` prints predictions: as lines for people, as JSON, as CSV.

import { cropColumns, faceColumns, type PictureRow, pictureRows } from '../faces/picture-rows.js';
import { type PictureFacesJson, pictureFacesJson, type RecognisedFace } from '../faces/recognised.js';
import { percent } from '../format/numbers.js';
import { visible } from '../format/visible.js';
import { type Prediction, uncertainFrom } from '../predict/model.js';
import type { FilePrediction } from '../predict-files/predict-files.js';

/** How predictions are written: what comes before, between and after them. */
export interface PredictionWriter {
  begin: string;
  entry(prediction: FilePrediction, index: number): string;
  /** What was held back; asked for once, also where the work was stopped. */
  rest(): string;
  end: string;
}

/** A prediction as `--json` prints it. */
type PredictionJson = FilePrediction | ({ file: string; warning?: string } & PictureFacesJson);

function predictionJson(prediction: FilePrediction): PredictionJson {
  if (!('faces' in prediction)) return prediction;
  const { file, warning, ...picture } = prediction;
  return { file, ...(warning === undefined ? {} : { warning }), ...pictureFacesJson(picture) };
}

export const jsonWriter: PredictionWriter = {
  begin: '[',
  entry: (prediction, index) => `${index > 0 ? ',' : ''}\n${JSON.stringify(predictionJson(prediction))}`,
  rest: () => '',
  end: '\n]\n',
};

/**
 * A table of crops has the columns that it always had. Once a picture was searched there are further ones, and a row for
 * each face, or one with face 0 where there is none; so crops that come before it are held back until then.
 *
 * @param onlyCrops whether no picture is searched: then nothing is held back.
 */
export async function csvWriter(classes: readonly string[], onlyCrops: boolean): Promise<PredictionWriter> {
  const { csv } = await import('../format/csv.js');
  const columns = cropColumns(classes);
  const noFace = faceColumns.map(() => '');
  let held: PictureRow[] | null = onlyCrops ? null : [];
  return {
    begin: onlyCrops ? csv([columns]) : '',
    entry: (prediction) => {
      const rows = pictureRows(prediction, classes);
      if (onlyCrops) return csv(rows);
      if (held !== null && !('faces' in prediction)) {
        held.push(...rows);
        return '';
      }
      const before = held === null ? [] : [[...columns, ...faceColumns], ...held];
      held = null;
      const wide = [...before, ...rows].map((row) =>
        row.length > columns.length ? row : [...row, ...noFace],
      );
      return csv(wide);
    },
    rest: () => (held === null ? '' : csv([columns, ...held])),
    end: '',
  };
}

/** What means little says so first. */
const ranked = ({ ranking, uncertain = 0 }: Prediction) =>
  (uncertain >= uncertainFrom ? 'uncertain: ' : '') +
  ranking.map(({ label, probability }) => `${visible(label)} ${percent(probability)}`).join(', ');

/** `60x80 at 120,45`: the box of a face. */
function placeText({ box }: RecognisedFace): string {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(Math.round);
  return `${width}x${height} at ${x},${y}`;
}

export const textWriter: PredictionWriter = {
  begin: '',
  entry: (prediction) => {
    if ('error' in prediction) return '';
    const file = visible(prediction.file);
    if (!('faces' in prediction)) return `${file}: ${ranked(prediction)}\n`;
    const { faces } = prediction;
    if (faces.length === 0) return `${file}: no face\n`;
    const lines = faces.map((face, i) => {
      const answer = 'reason' in face ? `no answer, ${face.reason}` : ranked(face);
      return `${file}: face ${i + 1} of ${faces.length} (${placeText(face)}): ${answer}\n`;
    });
    return lines.join('');
  },
  rest: () => '',
  end: '',
};

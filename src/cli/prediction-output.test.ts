import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { RecognisedFace } from '../faces/recognised.js';
import type { FilePrediction } from '../predict-files/predict-files.js';
import { csvWriter, jsonWriter, type PredictionWriter, textWriter } from './prediction-output.js';

const answer = {
  expression: 'sad',
  probabilities: { happy: 0.25, sad: 0.75 },
  ranking: [
    { label: 'sad', probability: 0.75 },
    { label: 'happy', probability: 0.25 },
  ],
};
const place = {
  box: { x: 10.4, y: 20.6, width: 60, height: 80 },
  score: 0.91,
  points: [
    [1, 2],
    [3, 2],
    [2, 3],
    [1, 4],
    [3, 4],
  ] as const,
  roll: -3.14,
  side: 74.25,
};
const faces: RecognisedFace[] = [
  { ...place, ...answer },
  { ...place, reason: 'too small' },
];
const predictions: FilePrediction[] = [
  { file: 'crop.png', ...answer },
  { file: 'party.jpg', width: 640, height: 480, faces },
  { file: 'wall.jpg', width: 300, height: 200, faces: [], warning: 'found no face' },
  { file: 'broken.jpg', error: 'expected an image, found "nothing"' },
];
const written = (writer: PredictionWriter, list = predictions) =>
  writer.begin +
  list.map((prediction, i) => writer.entry(prediction, i)).join('') +
  writer.rest() +
  writer.end;

describe('predictions', () => {
  it('as text show what a terminal would act on in a name; JSON and CSV hold the name', async () => {
    const file = 'a\u001b[2J\n.png';
    const list: FilePrediction[] = [{ file, ...answer }];
    expect(written(textWriter, list)).toBe('a\\u001b[2J\\n.png: sad 75.0%, happy 25.0%\n');
    expect(JSON.parse(written(jsonWriter, list))[0].file).toBe(file);
    const csv = written(await csvWriter(['happy', 'sad'], false), list);
    expect(parse(csv, { columns: true })[0]).toMatchObject({ file });
  });

  it('as text are a line for each face, and one for a picture without', () => {
    expect(written(textWriter)).toBe(
      'crop.png: sad 75.0%, happy 25.0%\n' +
        'party.jpg: face 1 of 2 (60x80 at 10,21): sad 75.0%, happy 25.0%\n' +
        'party.jpg: face 2 of 2 (60x80 at 10,21): no answer, too small\n' +
        'wall.jpg: no face\n',
    );
  });

  it('say what is uncertain, without hiding the rest', async () => {
    const list: FilePrediction[] = [
      { file: 'wall.png', ...answer, uncertain: 0.75 },
      { file: 'face.png', ...answer, uncertain: 0.25 },
      { file: 'photo.jpg', width: 640, height: 480, faces: [{ ...place, ...answer, uncertain: 0.5 }] },
    ];
    expect(written(textWriter, list)).toBe(
      'wall.png: uncertain: sad 75.0%, happy 25.0%\n' +
        'face.png: sad 75.0%, happy 25.0%\n' +
        'photo.jpg: face 1 of 1 (60x80 at 10,21): uncertain: sad 75.0%, happy 25.0%\n',
    );
    const [wall, , photo] = JSON.parse(written(jsonWriter, list));
    expect(wall).toEqual({ file: 'wall.png', ...answer, uncertain: 0.75 });
    expect(photo.faces[0]).toMatchObject({ ...answer, uncertain: 0.5 });
    const table = parse(written(await csvWriter(['happy', 'sad'], false), list), { columns: true });
    expect(table.map((row) => (row as { uncertain: string }).uncertain)).toEqual(['0.75', '0.25', '0.5']);
  });

  it('as JSON are crops as ever, and pictures with their faces', () => {
    const [crop, party, wall, broken] = JSON.parse(written(jsonWriter));
    expect(crop).toEqual({ file: 'crop.png', ...answer });
    expect(Object.keys(party)).toEqual(['file', 'width', 'height', 'faces']);
    expect(party.faces[0]).toMatchObject({ box: [10.4, 20.6, 60, 80], roll: -3.1, side: 74.3, ...answer });
    expect(party.faces[1]).toMatchObject({ score: 0.91, reason: 'too small' });
    expect(wall).toEqual({ file: 'wall.jpg', warning: 'found no face', width: 300, height: 200, faces: [] });
    expect(broken).toEqual(predictions[3]);
  });

  it('as CSV have the columns of crops first, then those of faces', async () => {
    const table = parse(written(await csvWriter(['happy', 'sad'], false))) as string[][];
    const columns = ['file', 'expression', 'happy', 'sad', 'error', 'uncertain'];
    expect(table[0]).toEqual([
      ...columns,
      ...['face', 'x', 'y', 'width', 'height', 'score', 'roll', 'side', 'reason'],
    ]);
    expect(table.slice(1).map((row) => row.join('|'))).toEqual([
      'crop.png|sad|0.25|0.75|||||||||||',
      'party.jpg|sad|0.25|0.75|||1|10.4|20.6|60|80|0.91|-3.1|74.3|',
      'party.jpg||||||2|10.4|20.6|60|80|0.91|-3.1|74.3|too small',
      'wall.jpg||||||0||||||||',
      'broken.jpg||||expected an image, found "nothing"||||||||||',
    ]);
    const narrow = [columns, ['crop.png', 'sad', '0.25', '0.75', '', '']];
    for (const onlyCrops of [true, false]) {
      const crops = written(await csvWriter(['happy', 'sad'], onlyCrops), [predictions[0]!]);
      expect(parse(crops)).toEqual(narrow);
    }
  });

  it('as CSV hold crops back only while a picture may be searched', async () => {
    const table = await csvWriter(['happy', 'sad'], false);
    expect(table.begin + table.entry(predictions[0]!, 0)).toBe('');
    expect(table.entry(predictions[1]!, 1).trim().split(/\r?\n/)).toHaveLength(4);
    expect(table.entry(predictions[0]!, 2)).toMatch(/^crop\.png,sad,0\.25,0\.75,{11}\r?\n$/);
    expect(table.rest()).toBe('');
  });
});

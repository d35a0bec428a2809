// `node scripts/fit-crop.js FOLDER [--detector FILE] [--enlarge N] [--most N]`: how well the bundled model does on faces that are cut out of
// labelled pictures in different ways, as a Markdown table. FOLDER has one folder of pictures for each class;
// has the tables that chose the crop. Crops of faces, in which a detector needs room, are enlarged N times and framed.
// --most takes the first N pictures of each class.

import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { cropFace, defaultFaceCrop } from '../dist/faces/crop.js';
import { rollOf, turnOf } from '../dist/faces/pose.js';
import { cutRgb } from '../dist/image/cut-rgb.js';
import { toGray } from '../dist/image/gray.js';
import { resizeGray } from '../dist/image/resize.js';
import { resizeRgb } from '../dist/image/resize-rgb.js';
import { decodeRgb, loadModel, openFaceDetector } from '../dist/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    detector: { type: 'string' },
    enlarge: { type: 'string', default: '1' },
    most: { type: 'string' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('expected a folder of class folders');
const enlarge = Number(values.enlarge);
const threads = 1;

const model = await loadModel(undefined, { threads });
const detector = await openFaceDetector(values.detector, { threads });
const classes = model.classes.filter((name) => fs.existsSync(path.join(folder, name)));

/** The faces of a picture, in its own pixels: found in a framed picture where it is a crop. */
async function findIn(image) {
  if (enlarge === 1) return detector.detect(image);
  const { width, height } = image;
  const frame = Math.round(Math.max(width, height) / 2);
  const framed = cutRgb(image, {
    left: -frame,
    top: -frame,
    width: width + 2 * frame,
    height: height + 2 * frame,
  });
  const large = resizeRgb(framed, framed.width * enlarge, framed.height * enlarge);
  const place = ([x, y]) => [x / enlarge - frame, y / enlarge - frame];
  return (await detector.detect(large)).map(({ box, score, points }) => {
    const [x, y] = place([box.x, box.y]);
    return {
      box: { x, y, width: box.width / enlarge, height: box.height / enlarge },
      score,
      points: points.map(place),
    };
  });
}

const pictures = [];
let none = 0;
let several = 0;
for (const label of classes) {
  for (const name of fs
    .readdirSync(path.join(folder, label))
    .sort()
    .slice(0, Number(values.most ?? Infinity))) {
    const image = await decodeRgb(path.join(folder, label, name));
    const faces = await findIn(image);
    if (faces.length === 0) none++;
    else if (faces.length > 1) several++;
    const [face] = faces.sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height);
    if (face) pictures.push({ label, image, face });
  }
}

/** Which pictures are recognised when they are made into grey pixels of the model's size like this. */
async function right(pixelsOf) {
  const { width, height } = model.inputSize;
  const found = [];
  for (let first = 0; first < pictures.length; first += 64) {
    const batch = pictures.slice(first, first + 64);
    const pixels = new Float32Array(batch.length * width * height);
    batch.forEach((picture, i) => {
      pixels.set(pixelsOf(picture), i * width * height);
    });
    const scores = await model.probabilities(pixels);
    batch.forEach(({ label }, i) => {
      const row = scores.subarray(i * model.classes.length, (i + 1) * model.classes.length);
      found.push(model.classes[row.indexOf(Math.max(...row))] === label);
    });
  }
  return found;
}

const gray = ({ data, width, height }) => toGray(data, width, height, 3);
const whole = ({ image }) => resizeGray(gray(image), model.inputSize.width, model.inputSize.height).data;
const cut = (changes) => (picture) =>
  gray(cropFace(picture.image, picture.face, { ...defaultFaceCrop, ...changes }, model.inputSize)).data;

const share = (list) =>
  list.length === 0 ? '-' : ((100 * list.filter(Boolean).length) / list.length).toFixed(1);
const of = (found, chosen) => share(found.filter((_, i) => chosen(pictures[i])));
const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
const header = (cells) => {
  line(cells);
  line(cells.map((_, i) => (i === 0 ? '---' : '---:')));
};

console.log(
  `${pictures.length} pictures with a face, ${none} without, ${several} with several (the largest taken); ${detector.name}\n`,
);
header(['how it is cut out', 'all', ...classes]);
const row = (name, found) =>
  line([name, share(found), ...classes.map((label) => of(found, (picture) => picture.label === label))]);
const asTheyAre = await right(whole);
row('the whole picture', asTheyAre);
const chosen = await right(cut({}));
const { side, up, roll } = defaultFaceCrop;
row(`**side ${side}, up ${up}, roll beyond ${roll}**`, chosen);
for (const value of [0.9, 1, 1.15, 1.25, 1.4]) row(`side ${value}`, await right(cut({ side: value })));
for (const value of [-0.05, 0, 0.08]) row(`up ${value}`, await right(cut({ up: value })));
const rolls = new Map();
for (const value of [0, 8, 20, 180]) {
  rolls.set(value, await right(cut({ roll: value })));
  row(value === 180 ? 'roll never undone' : `roll beyond ${value}`, rolls.get(value));
}

const bins = (name, edges, measure, columns) => {
  console.log();
  header([name, 'pictures', ...columns.map(([title]) => title)]);
  edges.slice(1).forEach((to, i) => {
    const inside = (picture) => measure(picture) >= edges[i] && measure(picture) < to;
    const range = to === Number.POSITIVE_INFINITY ? `${edges[i]} and more` : `${edges[i]} to ${to}`;
    line([range, pictures.filter(inside).length, ...columns.map(([, found]) => of(found, inside))]);
  });
};
const more = Number.POSITIVE_INFINITY;
bins('roll, degrees', [0, 5, 10, 15, 20, more], ({ face }) => Math.abs(rollOf(face.points)), [
  ['whole picture', asTheyAre],
  ['never undone', rolls.get(180)],
  ['always undone', rolls.get(0)],
  ['as chosen', chosen],
]);
bins('turned away', [0, 0.1, 0.2, 0.3, 0.4, more], ({ face }) => turnOf(face.points), [
  ['whole picture', asTheyAre],
  ['as chosen', chosen],
]);
await detector.close();
await model.close();

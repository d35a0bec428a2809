// Turns the annotations of the development photographs (../shared/faces, no part of the project) into the label files that
// `ferlab faces train` reads, divided into training and validation: node scripts/face-labels.js FACES OUT. Pictures stay
// where they are; OUT/train and OUT/validation hold CSV files whose paths lead there. The division is by a hash of the
// picture's name, or of the person's where people recur, so that it is the same everywhere.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [faces, out] = process.argv.slice(2);
if (out === undefined) {
  console.error('usage: node scripts/face-labels.js FACES OUT');
  process.exit(2);
}

const header =
  'image,kind,x,y,w,h,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,' +
  'left_mouth_x,left_mouth_y,right_mouth_x,right_mouth_y,mouth_x,mouth_y';

/** From 0 to 1, the same for the same name. */
const share = (name) => createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32;

/** The person in a file's name, as frames and points80 write it: Ann_Lee_0012.jpg, Ann_Lee_3.jpg. */
const person = (file) => file.replace(/^.*\//, '').replace(/_?\d*\.jpg$/, '');

const rowsOf = (file) =>
  readFileSync(join(faces, file), 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(','));

const number = (value) => Number(value.toFixed(2));

/**
 * The upright box of a face by its points, as webfaces.csv derives it: 2.02 times as wide as the eyes' distance or that
 * of eyes and mouth, whichever is larger, and 1.307 times as high as wide. So boxes of all sources mean the same.
 */
function boxOf(points) {
  const [lx, ly, rx, ry, , , ax, ay, bx, by] = points;
  const eyes = [(lx + rx) / 2, (ly + ry) / 2];
  const mouth = [(ax + bx) / 2, (ay + by) / 2];
  const width =
    2.02 * Math.max(Math.hypot(rx - lx, ry - ly), Math.hypot(mouth[0] - eyes[0], mouth[1] - eyes[1]));
  const height = 1.307 * width;
  const [x, y] = [(eyes[0] + mouth[0]) / 2, (eyes[1] + mouth[1]) / 2 - 0.08 * height];
  return [x - width / 2, y - height / 2, width, height].map(number);
}

const written = { train: {}, validation: {} };

/** @param row the picture below FACES, and what follows it in the label file. */
function write(split, source, image, ...fields) {
  written[split][source] ??= [];
  written[split][source].push([relative(join(out, split), join(faces, image)), ...fields].join(','));
}

const isValidation = (key, wanted) => share(key) < wanted;

// Web photographs: boxes, eyes, nose and the middle of the mouth.
for (const [image, kind, x, y, w, h, lx, ly, rx, ry, nx, ny, mx, my] of rowsOf('webfaces.csv')) {
  const split = isValidation(image, 0.05) ? 'validation' : 'train';
  write(
    split,
    'webfaces',
    `webfaces/${image}`,
    kind,
    x,
    y,
    w,
    h,
    lx,
    ly,
    rx,
    ry,
    nx,
    ny,
    '',
    '',
    '',
    '',
    mx,
    my,
  );
}

// Street photographs, most faces of which are small and wear a mask: a tenth of all that is trained on. Boxes alone.
for (const [image, kind, x, y, w, h] of rowsOf('masks.csv')) {
  write(isValidation(image, 0.04) ? 'validation' : 'train', 'masks', `masks/${image}`, kind, x, y, w, h);
}

// Crops of 80x80 with one labelled face among others: faces that nobody labelled may be anywhere in them.
for (const [image, , , , , ...points] of rowsOf('points80/boxes_points.csv')) {
  const split = isValidation(person(image), 0.04) ? 'validation' : 'train';
  const path = `points80/${image}`;
  write(split, 'points80', path, 'face', ...boxOf(points.map(Number)), ...points);
  write(split, 'points80', path, 'ignore', 0, 0, 80, 80);
}

// Frames of films: 68 points (iBUG's order), of which five are taken.
for (const [image, ...all] of rowsOf('frames/points68.csv')) {
  const at = (i) => [Number(all[2 * i]), Number(all[2 * i + 1])];
  const mean = (first, last) => {
    const points = Array.from({ length: last - first + 1 }, (_, i) => at(first + i));
    return [0, 1].map((axis) => number(points.reduce((sum, point) => sum + point[axis], 0) / points.length));
  };
  const points = [mean(36, 41), mean(42, 47), at(30), at(48), at(54)].flat();
  const split = isValidation(person(image), 0.04) ? 'validation' : 'train';
  write(split, 'frames', `frames/${image}`, 'face', ...boxOf(points), ...points);
}

// Photographs without faces.
for (const image of readdirSync(join(faces, 'backgrounds')).sort()) {
  if (image.endsWith('.jpg'))
    write(isValidation(image, 0.1) ? 'validation' : 'train', 'backgrounds', `backgrounds/${image}`, 'none');
}

for (const [split, sources] of Object.entries(written)) {
  mkdirSync(join(out, split), { recursive: true });
  for (const [source, rows] of Object.entries(sources)) {
    writeFileSync(join(out, split, `${source}.csv`), `${header}\n${rows.join('\n')}\n`);
    const pictures = new Set(rows.map((row) => row.slice(0, row.indexOf(',')))).size;
    console.log(`${split}/${source}.csv: ${pictures} pictures, ${rows.length} rows`);
  }
}

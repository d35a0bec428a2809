// `node scripts/box-points.js RUN DETECTOR.onnx LABELS.csv...`: makes the network of points that comes with ferlab from a run of
// `ferlab faces points`. Scores it on the labelled photographs that the run validated on, with the boxes of a detector, and
// writes models/face-points.onnx (weights as float16), models/face-points.json (what it is, scores) and models/face-points.md
// (its card).

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const largestBytes = 300_000;
/** Tensors of fewer values stay as they are. */
const fewestHalved = 256;
/** Rounding weights may change so much of the error. */
const largestLoss = 0.001;

const { openPictures } = await import('../dist/data/faces/picture-store.js');
const { readFaceLabels } = await import('../dist/data/faces/read-labels.js');
const { serializeModel, storeAsFloat16 } = await import('../dist/engine/onnx/edit.js');
const { parseModel } = await import('../dist/engine/onnx/model.js');
const { openPointRefiner } = await import('../dist/faces/refine-points.js');
const { openSingleStage } = await import('../dist/faces/single-stage.js');
const { sha256 } = await import('../dist/files/sha256.js');
const { pointError, steadyError } = await import('../dist/train/detection/single-stage/validation.js');
const { pointCard } = await import('./point-card.js');

const [run, detectorFile, ...labels] = process.argv.slice(2);
if (labels.length === 0) {
  console.error('usage: node scripts/box-points.js RUN DETECTOR.onnx LABELS.csv...');
  process.exit(2);
}

const original = fs.readFileSync(path.join(run, 'best.onnx'));
const model = parseModel(original);
storeAsFloat16(model, fewestHalved);
const bytes = serializeModel(model);
if (bytes.length > largestBytes)
  throw new Error(`${run}: expected at most ${largestBytes} bytes, found ${bytes.length}.`);

/** The labels with the middle of the mouth in place of its corners, as web photographs have them. */
const withMouths = (picture) => ({
  ...picture,
  faces: picture.faces.map((face) => {
    const [leftEye, rightEye, nose, left, right] = face.points;
    const middle =
      left === null || right === null ? null : [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2];
    return { ...face, points: [leftEye, rightEye, nose, null, null], mouth: face.mouth ?? middle };
  }),
});

const errorOf = (found) => {
  const four = found.map(({ picture, ...rest }) => ({ ...rest, picture: withMouths(picture) }));
  return {
    /** Of all labelled points. */
    points: pointError(found),
    /** Of the eyes, the nose and the middle of the mouth. */
    four: pointError(four),
    /** The same four, without what is off the same way in all faces: conventions of the labels. */
    fourSteady: steadyError(four),
  };
};

const detector = await openSingleStage(fs.readFileSync(detectorFile), detectorFile, {});
const whole = await openPointRefiner(original, run, {});
const half = await openPointRefiner(bytes, 'the new network', {});
const bySource = {};
const all = { detector: [], whole: [], half: [] };
let [milliseconds, faces] = [0, 0];
for (const file of labels) {
  const store = await openPictures(await readFaceLabels(file));
  const found = { detector: [], whole: [], half: [] };
  for (const [i, picture] of store.pictures.entries()) {
    const image = store.image(i);
    const own = await detector.detect(image, { threshold: 0.3 });
    const start = process.cpuUsage();
    const refined = await half.refine(image, own);
    const { user, system } = process.cpuUsage(start);
    milliseconds += (user + system) / 1000;
    faces += own.length;
    found.detector.push({ picture, found: own });
    found.half.push({ picture, found: refined });
    found.whole.push({ picture, found: await whole.refine(image, own) });
  }
  const labelled = store.pictures.reduce((sum, picture) => sum + picture.faces.length, 0);
  bySource[path.basename(file, '.csv')] = {
    pictures: store.pictures.length,
    faces: labelled,
    detector: errorOf(found.detector),
    refined: errorOf(found.half),
  };
  for (const key of Object.keys(all)) all[key].push(...found[key]);
}
const lost = errorOf(all.half).points - errorOf(all.whole).points;
if (lost > largestLoss) throw new Error(`${run}: rounding the weights costs ${lost} of the error of points.`);

const { command, config } = JSON.parse(fs.readFileSync(path.join(run, 'config.json'), 'utf8'));
const rows = JSON.parse(fs.readFileSync(path.join(run, 'history.json'), 'utf8'));
const history = Array.isArray(rows) ? rows : rows.epochs;
const best = history.reduce((a, b) => (b.val_point_error < a.val_point_error ? b : a));
const description = {
  name: 'face-points',
  sha256: sha256(bytes),
  bytes: bytes.length,
  scores: {
    detector: path.basename(detectorFile),
    bySource,
    all: { detector: errorOf(all.detector), refined: errorOf(all.half) },
    cpuMillisecondsPerFace: Math.round((100 * milliseconds) / faces) / 100,
  },
  source: {
    /** Without where the label files lay, and where the run went. */
    command: command.replaceAll(/\S*\/(?=(?:train|validation)\/)/g, '').replace(/(?<=--out )\S*\//, ''),
    epoch: best.epoch,
    epochs: history.length,
    crops: history.length * config.crops.perEpoch,
  },
};
const folder = fileURLToPath(new URL('../models/', import.meta.url));
fs.writeFileSync(path.join(folder, 'face-points.onnx'), bytes);
fs.writeFileSync(path.join(folder, 'face-points.json'), `${JSON.stringify(description, null, 2)}\n`);
fs.writeFileSync(path.join(folder, 'face-points.md'), pointCard(description));
console.log(JSON.stringify(description, null, 2));
for (const opened of [detector, whole, half]) await opened.close();

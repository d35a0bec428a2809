// `node scripts/box-faces.js RUN PEER LABELS.csv...`: makes the detector that comes with ferlab from a run of `ferlab faces
// train`. Scores it on the labelled photographs that the run validated on, beside another detector in YuNet's format, and
// writes models/faces.onnx (weights as float16), models/faces.json (what it is, scores) and models/faces.md (its card).
// PEER is that detector's file, or a faces.json whose scores of it are taken over: those of the same labels.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const largestBytes = 1_000_000;
/** Tensors of fewer values stay as they are. */
const fewestHalved = 256;
/** Rounding weights may change so much of the average precision. */
const largestLoss = 0.002;
/** The smallest and the largest face that the network is shown as such, in pixels, and two looks: see docs/results/detector.md. */
const sight = { smallest: 20, largest: 280, looks: [1, 1.7] };

const { openPictures } = await import('../dist/data/faces/picture-store.js');
const { readFaceLabels } = await import('../dist/data/faces/read-labels.js');
const { serializeModel, editMetadata, storeAsFloat16 } = await import('../dist/engine/onnx/edit.js');
const { parseModel } = await import('../dist/engine/onnx/model.js');
const { detectorKey } = await import('../dist/faces/detector-file.js');
const { openSingleStage } = await import('../dist/faces/single-stage.js');
const { sha256 } = await import('../dist/files/sha256.js');
const { detectAll, pointError, scoreFound } = await import(
  '../dist/train/detection/single-stage/validation.js'
);
const { detectorCard } = await import('./detector-card.js');

const [run, peer, ...labels] = process.argv.slice(2);
if (labels.length === 0) {
  console.error('usage: node scripts/box-faces.js RUN PEER LABELS.csv...');
  process.exit(2);
}

const withSettings = (bytes, settings) => {
  const model = parseModel(bytes);
  editMetadata(model, { [detectorKey]: JSON.stringify(settings) });
  return serializeModel(model);
};

/**
 * The file gives objectness for both of YuNet's probabilities, whose product a score is. The other one, how well the box fits,
 * is learnt in the cells of faces alone; it brings no average precision, and makes scores of backgrounds higher.
 */
const withOneScore = (bytes) => {
  const model = parseModel(bytes);
  const heads = model.graph.initializer.filter(({ name }) => /^parameters\/cells\d+\/out\//.test(name));
  if (heads.length !== 6) throw new Error(`${run}: expected kernels and biases of three levels.`);
  for (const { rawData, dims } of heads) {
    const row = rawData.length / Number(dims[0]);
    rawData.copyWithin(0, row, 2 * row);
  }
  return serializeModel(model);
};

const halved = (bytes) => {
  const model = parseModel(bytes);
  storeAsFloat16(model, fewestHalved);
  return serializeModel(model);
};

const sources = [];
for (const file of labels) {
  const store = await openPictures(await readFaceLabels(file));
  sources.push({ name: path.basename(file, '.csv'), store });
}

/** Scores by source, and over all of them. The threshold doesn't matter: fainter faces are scored, too. */
async function score(bytes, name, on = sources) {
  const detector = await openSingleStage(bytes, name, {});
  const all = [];
  const bySource = {};
  for (const { name: source, store } of on) {
    const found = await detectAll(detector, store, () => {});
    all.push(...found);
    bySource[source] = summary(found);
  }
  await detector.close();
  return { all: summary(all), bySource, curve: scoreFound(all).curve };
}

function summary(found) {
  const { averagePrecision, recall, faces } = scoreFound(found);
  return { pictures: found.length, faces, averagePrecision, recall, pointError: pointError(found) };
}

/** The threshold at which precision and recall together are best (F1), to two digits. */
function bestThreshold(curve) {
  const f1 = ({ precision, recall }) => (2 * precision * recall) / (precision + recall || 1);
  const best = curve.reduce((a, b) => (f1(b) > f1(a) ? b : a));
  return { threshold: Math.floor(best.score * 100) / 100, precision: best.precision, recall: best.recall };
}

const original = withSettings(withOneScore(fs.readFileSync(path.join(run, 'best.onnx'))), {
  threshold: 0.5,
  ...sight,
});
const trial = await score(withSettings(halved(original), { threshold: 0.5, ...sight }), 'the new detector');
const { threshold, ...atThreshold } = bestThreshold(trial.curve);
const bytes = withSettings(halved(original), { threshold, ...sight });
if (bytes.length > largestBytes)
  throw new Error(`${run}: expected at most ${largestBytes} bytes, found ${bytes.length}.`);
const first = sources.slice(0, 1);
const whole = await score(original, run, first);
const lost = whole.all.averagePrecision - trial.bySource[first[0].name].averagePrecision;
if (lost > largestLoss) throw new Error(`${run}: rounding the weights costs ${lost} of average precision.`);
const withoutCurve = ({ curve, ...rest }) => rest;
const compared = peer.endsWith('.json')
  ? JSON.parse(fs.readFileSync(peer, 'utf8')).peer
  : {
      name: path.basename(peer),
      scores: withoutCurve(await score(fs.readFileSync(peer), path.basename(peer))),
    };

const { command, config } = JSON.parse(fs.readFileSync(path.join(run, 'config.json'), 'utf8'));
const history = JSON.parse(fs.readFileSync(path.join(run, 'history.json'), 'utf8'));
const rows = Array.isArray(history) ? history : history.epochs;
const best = rows.reduce((a, b) => (b.val_average_precision > a.val_average_precision ? b : a));
/** The command without where the label files lay. */
const shortCommand = command.replaceAll(/\S*\/(?=(?:train|validation)\/)/g, '');
const description = {
  name: 'faces',
  sha256: sha256(bytes),
  bytes: bytes.length,
  settings: { threshold, ...sight },
  atThreshold,
  scores: withoutCurve(trial),
  peer: compared,
  source: {
    command: shortCommand,
    epoch: best.epoch,
    epochs: rows.length,
    tiles: rows.length * config.tiles.perEpoch,
  },
};
const folder = fileURLToPath(new URL('../models/', import.meta.url));
fs.writeFileSync(path.join(folder, 'faces.onnx'), bytes);
fs.writeFileSync(path.join(folder, 'faces.json'), `${JSON.stringify(description, null, 2)}\n`);
fs.writeFileSync(path.join(folder, 'faces.md'), detectorCard(description));
console.log(JSON.stringify(description, null, 2));

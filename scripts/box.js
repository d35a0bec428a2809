// `npm run box -- RUN DATASET`: makes the bundled model from a run's model. Writes models/expression.onnx (weights
// as float16, calibrated on the validation images that training hasn't seen), models/expression.json (what it is and scores) and models/README.md
// (its card). For developers of ferlab; needs FER2013 as DATASET. `node scripts/box-uncertain.js` then measures on photographs
// without a face what it says of such images.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const largestBytes = 8_000_000;
/** FER2013's official Training and PublicTest, of which the card speaks. */
const officialCounts = { train: 28_709, validation: 3589 };
/** Rounding weights may change so much of the accuracy. */
const largestLoss = 0.002;

const { copiesInTraining } = await import('../dist/copies/copies-in-training.js');
const { readDataset } = await import('../dist/data/dataset/reader.js');
const { openImages } = await import('../dist/data/store/store.js');
const { onlyImages } = await import('../dist/data/store/subset.js');
const { sha256 } = await import('../dist/files/sha256.js');
const { calibrateBytes } = await import('../dist/evaluate/calibrate.js');
const { scorePredictions } = await import('../dist/scores/metrics.js');
const { measureRobustness } = await import('../dist/evaluate/robustness.js');
const { collectScores } = await import('../dist/evaluate/score.js');
const { createNetwork, summarizeNetwork } = await import('../dist/models/create.js');
const { loadModelFromBytes } = await import('../dist/predict/model.js');
const { describeNote } = await import('../dist/predict/notes.js');
const { withHalfPrecision } = await import('../dist/predict/rewrite.js');
const { withTestTimeAugmentation } = await import('../dist/predict/test-time.js');
const { modelCard } = await import('./model-card.js');

function fail(message) {
  console.error(`Error: ${message}`);
  process.exit(1);
}

// Errors of the library are printed without a stack trace.
process.on('uncaughtException', (error) => fail(error.message));

/** Scores of the images at `places` alone. */
function scoreAt(places, probabilities, { labels, samples }, classes) {
  const rows = new Float32Array(places.length * classes.length);
  places.forEach((i, k) => {
    rows.set(probabilities.subarray(i * classes.length, (i + 1) * classes.length), k * classes.length);
  });
  return scorePredictions({
    probabilities: rows,
    labels: Int32Array.from(places, (i) => labels[i]),
    files: places.map((i) => samples[i].file),
    classes,
    mistakes: 0,
  });
}

const accuracyOf = ({ n, accuracy, accuracyInterval, ece }) => ({ n, accuracy, accuracyInterval, ece });

/** Places of the validation images that stand in training too: `exact`, pixel by pixel; `near`, with near copies also. */
async function placesOfCopies(path, split) {
  const places = async (kind) => [...(await copiesInTraining(path, split, kind))];
  return { exact: await places('exact'), near: await places('near') };
}

/** All places but some. */
function without(count, removed) {
  const left = new Set(removed);
  return Array.from({ length: count }, (_, i) => i).filter((i) => !left.has(i));
}

/** Scores of a model file's bytes on the validation images: as it is, by several views, and without copies. */
async function score(bytes, validation, copies) {
  const model = await loadModelFromBytes(bytes, { name: 'the new model' });
  const { classes, metadata } = model;
  const all = without(validation.count, []);
  const probabilities = await collectScores(model, 'probabilities', validation, {});
  const { mistakes, ...evaluation } = scoreAt(all, probabilities, validation, classes);
  const scoreWithout = (removed) => ({
    removed: removed.length,
    ...accuracyOf(scoreAt(without(validation.count, removed), probabilities, validation, classes)),
  });
  const kinds = metadata.training.augment?.crop ? ['flip', 'ten-crop'] : ['flip'];
  const testTime = [];
  for (const tta of kinds) {
    const views = withTestTimeAugmentation(model, tta);
    const scores = await collectScores(views, 'probabilities', validation, {});
    testTime.push({ tta, ...accuracyOf(scoreAt(all, scores, validation, classes)) });
  }
  const robustness = await measureRobustness(model, validation);
  await model.close();
  return {
    metadata,
    evaluation,
    testTime,
    withoutCopies: scoreWithout(copies.exact),
    withoutNearCopies: scoreWithout(copies.near),
    robustness,
  };
}

/** Where the model comes from, for its description. */
function describeSource(run, metadata) {
  const { command, config } = JSON.parse(fs.readFileSync(path.join(run, 'config.json'), 'utf8'));
  const { model, augment } = metadata.training;
  const network = createNetwork(model, metadata.input, metadata.classes.length, augment.crop ?? null);
  const { name, parameters, flops } = summarizeNetwork(model, network);
  return {
    run: path.basename(path.resolve(run)),
    command,
    version: metadata.version,
    preset: metadata.training.preset,
    network: { name, parameters, flops },
    epoch: metadata.metrics.epoch,
    bestEpoch: config.train.restoreBest,
    val_accuracy: metadata.metrics.val_accuracy,
    leftCopiesOut: config.data.excludeLeaks === true,
    notes: (metadata.notes ?? []).map(describeNote),
  };
}

const [run, datasetPath, ...others] = process.argv
  .slice(2)
  .map((given) => path.resolve(process.env.INIT_CWD ?? '.', given));
if (run === undefined || datasetPath === undefined || others.length > 0) {
  fail('expected a run folder and the dataset that it was trained on. Try "npm run box -- runs/a fer2013".');
}

const dataset = await readDataset(datasetPath);
for (const [split, expected] of Object.entries(officialCounts)) {
  const found = dataset[split].samples.length;
  if (found !== expected)
    fail(`${datasetPath}: expected FER2013's official ${expected} ${split} images, found ${found}.`);
}
const { final } = JSON.parse(fs.readFileSync(path.join(run, 'report.json'), 'utf8'));
const original = fs.readFileSync(path.join(run, final?.file ?? 'best.onnx'));
const opened = await loadModelFromBytes(original, { name: run });
const { width, height } = opened.inputSize;
await opened.close();
const validation = await openImages(dataset.validation.samples, { width, height });
const copies = await placesOfCopies(datasetPath, {
  name: dataset.validation.name,
  store: validation,
});
try {
  const calibrated = await calibrateBytes(withHalfPrecision(original, run), run, {
    store: onlyImages(validation, without(validation.count, copies.exact)),
    dataset: path.basename(datasetPath),
    split: 'validation',
  });
  if (calibrated === null) fail(`${run}: expected a model that a temperature suits, found none.`);
  const { bytes } = calibrated;
  if (bytes.length > largestBytes) {
    fail(`${run}: expected a model of at most ${largestBytes} bytes to ship, found ${bytes.length}.`);
  }
  const { metadata, ...scores } = await score(bytes, validation, copies);
  const source = describeSource(run, metadata);
  if (Math.abs(scores.evaluation.accuracy - source.val_accuracy) > largestLoss) {
    fail(
      `${run}: expected the accuracy of training, ${source.val_accuracy}, found ${scores.evaluation.accuracy}.`,
    );
  }
  const { name, counts, fingerprints } = metadata.dataset;
  const description = {
    name: 'expression',
    sha256: sha256(bytes),
    bytes: bytes.length,
    classes: metadata.classes,
    input: metadata.input,
    accuracy: scores.evaluation.accuracy,
    source,
    dataset: { name, counts, fingerprints },
    calibration: calibrated.calibration,
    ...(calibrated.uncertain ? { uncertain: calibrated.uncertain } : {}),
    ...scores,
  };
  const folder = fileURLToPath(new URL('../models/', import.meta.url));
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'expression.onnx'), bytes);
  fs.writeFileSync(path.join(folder, 'expression.json'), `${JSON.stringify(description, null, 2)}\n`);
  fs.writeFileSync(path.join(folder, 'README.md'), modelCard(description));
  console.log(
    `${folder}: ${bytes.length} bytes, ${(100 * description.accuracy).toFixed(2)}% on the validation images`,
  );
} finally {
  await validation.close();
}

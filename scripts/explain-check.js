// `node scripts/explain-check.js DATASET [MODEL] [IMAGES]`: how far the maps of `ferlab explain` can be believed, by insertion and
// deletion (Petsiuk, Das and Saenko 2018, "RISE"). Deletion blurs the pixels that a map calls most important first, and
// follows the probability of the answer: the sooner it falls, the better the map (a small area). Insertion brings them back
// first into a blurred image (a large area). A map of random numbers, smooth as the others are, is the measure of nothing.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const { openExplainerFile } = await import('../dist/explain-files/explain-files.js');
const { resizeMap } = await import('../dist/explain/place-map.js');
const { decodeGray } = await import('../dist/decode/decode.js');
const { Random } = await import('../dist/random/random.js');
const { resizeGray } = await import('../dist/image/resize.js');

const [dataset, modelFile, wanted = '350'] = process.argv.slice(2);
if (dataset === undefined) {
  console.error(
    'Error: expected a folder of class folders. Try "node scripts/explain-check.js fer2013/validation".',
  );
  process.exit(1);
}
const steps = 24;
const explainer = await openExplainerFile(modelFile === 'box' ? undefined : modelFile);
const { model, methods } = explainer;
const { width, height } = model.inputSize;
const count = width * height;
const random = new Random(1, 'explain-check');

/** As many images of each class, the first of each by name. */
const perClass = Math.ceil(Number(wanted) / model.classes.length);
const files = model.classes.flatMap((name) => {
  const folder = path.join(dataset, name);
  return fs
    .readdirSync(folder)
    .sort()
    .slice(0, perClass)
    .map((file) => path.join(folder, file));
});

/** An image without detail: shrunk to 5 pixels and enlarged again. */
function blurred(data) {
  return resizeGray(resizeGray({ width, height, data }, 5, 5), width, height).data;
}

/** Smooth random numbers, on a grid as coarse as the networks' last features. */
function randomMap() {
  const cells = 6;
  const values = Float32Array.from({ length: cells * cells }, () => random.uniform());
  return resizeMap(values, { width: cells, height: cells }, { width, height });
}

/** Areas under the curves of deletion and insertion for one image and one order of its pixels. */
async function areas(pixels, map, answer) {
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => map[b] - map[a]);
  const blur = blurred(pixels);
  const images = new Float32Array(2 * (steps + 1) * count);
  for (let step = 0; step <= steps; step++) {
    const changed = order.slice(0, Math.round((step / steps) * count));
    const deleted = Float32Array.from(pixels);
    const inserted = Float32Array.from(blur);
    for (const i of changed) {
      deleted[i] = blur[i];
      inserted[i] = pixels[i];
    }
    images.set(deleted, step * count);
    images.set(inserted, (steps + 1 + step) * count);
  }
  const probabilities = await model.probabilities(images);
  const at = (row) => probabilities[row * model.classes.length + answer];
  const area = (first) => {
    let sum = 0;
    for (let step = 0; step < steps; step++) sum += (at(first + step) + at(first + step + 1)) / 2;
    return sum / steps;
  };
  return { deletion: area(0), insertion: area(steps + 1) };
}

const sums = new Map([...methods, 'random'].map((name) => [name, { deletion: [], insertion: [] }]));
for (const [i, file] of files.entries()) {
  const image = resizeGray(await decodeGray(file), width, height);
  for (const name of sums.keys()) {
    const method = name === 'random' ? 'occlusion' : name;
    let map = randomMap();
    let answer;
    if (name === 'random') answer = model.classes.indexOf((await model.predict(image)).expression);
    else {
      const [explanation] = await explainer.explain([image], { method });
      map = explanation.map;
      answer = model.classes.indexOf(explanation.expression);
    }
    const found = await areas(image.data, map, answer);
    sums.get(name).deletion.push(found.deletion);
    sums.get(name).insertion.push(found.insertion);
  }
  if ((i + 1) % 50 === 0) console.error(`${i + 1} of ${files.length}`);
}
await explainer.close();

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values) => {
  const m = mean(values);
  return (1.96 * Math.sqrt(mean(values.map((value) => (value - m) ** 2)))) / Math.sqrt(values.length);
};
const cell = (values) => `${mean(values).toFixed(3)} ± ${spread(values).toFixed(3)}`;
console.log(
  `${files.length} images\n\n| map | deletion (small is good) | insertion (large is good) |\n| --- | ---: | ---: |`,
);
for (const [name, { deletion, insertion }] of sums) {
  console.log(`| ${name} | ${cell(deletion)} | ${cell(insertion)} |`);
}

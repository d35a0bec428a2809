// `node scripts/box-uncertain.js FER2013 FACES`: measures what the bundled model says of images that it can't judge, and writes the
// figures into models/expression.json and the model card. A model file that has no output `uncertain` yet gets one first.
// FACES is the folder that has backgrounds/, photographs without a face. For developers of ferlab; `npm run box` comes before.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const { copiesInTraining } = await import('../dist/copies/copies-in-training.js');
const { readDataset } = await import('../dist/data/dataset/reader.js');
const { drawSample } = await import('../dist/data/sample/write.js');
const { openImages } = await import('../dist/data/store/store.js');
const { onlyImages } = await import('../dist/data/store/subset.js');
const { decodeRgb } = await import('../dist/decode/decode.js');
const { fitUncertain } = await import('../dist/evaluate/uncertain.js');
const { cropFace } = await import('../dist/faces/crop.js');
const { cropOf } = await import('../dist/faces/recognise.js');
const { sha256 } = await import('../dist/files/sha256.js');
const { imageChanges } = await import('../dist/image/changes.js');
const { cutRgb } = await import('../dist/image/cut-rgb.js');
const { toGray } = await import('../dist/image/gray.js');
const { resizeGray } = await import('../dist/image/resize.js');
const { loadModelFromBytes, uncertainFrom } = await import('../dist/predict/model.js');
const { openFaceDetector } = await import('../dist/predict-files/open-face-detector.js');
const { Random } = await import('../dist/random/random.js');
const { modelCard } = await import('./model-card.js');

const cropsOfEach = 6;
/** Below the detector's own threshold, so that there are enough that look like faces to it. */
const detectorThreshold = 0.05;
const drawnFaces = 280;

const [ferFolder, facesFolder] = process.argv.slice(2);
if (facesFolder === undefined) throw new Error('expected the folders of FER2013 and of faces');
const models = fileURLToPath(new URL('../models/', import.meta.url));
const at = (name) => path.join(models, name);
const description = JSON.parse(fs.readFileSync(at('expression.json'), 'utf8'));
const { width, height } = description.input;

const dataset = await readDataset(ferFolder);
const validation = await openImages(dataset.validation.samples, { width, height });
let bytes = new Uint8Array(fs.readFileSync(at('expression.onnx')));
let model = await loadModelFromBytes(bytes, { name: 'the bundled model' });
if (model.metadata.uncertain === undefined) {
  await model.close();
  const copies = await copiesInTraining(ferFolder, { name: 'validation', store: validation }, 'exact');
  const places = Array.from({ length: validation.count }, (_, i) => i).filter((i) => !copies.has(i));
  const images = {
    store: onlyImages(validation, places),
    dataset: path.basename(path.resolve(ferFolder)),
    split: 'validation',
  };
  ({ bytes } = await fitUncertain(bytes, 'the bundled model', images));
  model = await loadModelFromBytes(bytes, { name: 'the bundled model' });
}

/** Share of some images, grey bytes in the network's size, that are uncertain. */
async function marked(images) {
  let count = 0;
  for (let first = 0; first < images.length; first += 64) {
    const batch = images.slice(first, first + 64);
    const pixels = new Float32Array(batch.length * width * height);
    batch.forEach((image, i) => {
      pixels.set(image, i * width * height);
    });
    const { uncertain } = await model.answers(pixels);
    count += uncertain.filter((value) => value >= uncertainFrom).length;
  }
  return { n: images.length, uncertain: count / images.length };
}

const gray = ({ data, ...size }) => toGray(data, size.width, size.height, 3);
const faces = await Promise.all(Array.from({ length: validation.count }, (_, i) => validation.bytes(i)));
await validation.close();

const folder = path.join(facesFolder, 'backgrounds');
const backgrounds = fs
  .readdirSync(folder)
  .filter((name) => /\.jpe?g$/i.test(name))
  .sort();
const detector = await openFaceDetector();
const crops = [];
const falsePositives = [];
for (const [k, name] of backgrounds.entries()) {
  const image = await decodeRgb(path.join(folder, name));
  const random = new Random(0, 'background', k);
  const most = Math.min(image.width, image.height);
  for (let i = 0; i < cropsOfEach; i++) {
    const side = Math.round(Math.exp(random.uniform(Math.log(24), Math.log(most))));
    const window = {
      left: random.integer(image.width - side + 1),
      top: random.integer(image.height - side + 1),
      width: side,
      height: side,
    };
    crops.push(resizeGray(gray(cutRgb(image, window)), width, height).data);
  }
  for (const face of await detector.detect(image, { threshold: detectorThreshold }))
    falsePositives.push(gray(cropFace(image, face, cropOf(model.metadata), { width, height })).data);
}
await detector.close();

const drawn = [];
for (let i = 0; i < drawnFaces; i++) {
  const { pixels } = await drawSample('validation', i, 0, width);
  drawn.push(resizeGray({ width, height: width, data: pixels }, width, height).data);
}
const changed = (id) => {
  const change = imageChanges({ width, height }).find((one) => one.id === id);
  return faces.map((data, i) => change.apply({ width, height, data }, i));
};
const sets = {
  'FER2013 validation, as it is': await marked(faces),
  'the same, shrunk to 24 pixels and back': await marked(changed('shrunk-24')),
  'the same, shrunk to 16 pixels and back': await marked(changed('shrunk-16')),
  'the same, turned by 20 degrees': await marked(changed('turned+20')),
  'squares of photographs without a face': await marked(crops),
  'what the face detector takes for faces there (from a score of 0.05)': await marked(falsePositives),
  'drawn faces of `ferlab sample`': await marked(drawn),
};
const { uncertain } = model.metadata;
await model.close();
const whole = {
  ...description,
  sha256: sha256(bytes),
  bytes: bytes.length,
  uncertain: { ...uncertain, sets },
};
fs.writeFileSync(at('expression.onnx'), bytes);
fs.writeFileSync(at('expression.json'), `${JSON.stringify(whole, null, 2)}\n`);
fs.writeFileSync(at('README.md'), modelCard(whole));
for (const [name, { n, uncertain: share }] of Object.entries(sets))
  console.log(`${(100 * share).toFixed(1).padStart(6)}%  ${name} (${n})`);

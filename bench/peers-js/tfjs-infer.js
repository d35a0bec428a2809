// Inference of the seed network in TensorFlow.js on its wasm backend; images are decoded by sharp, since TensorFlow.js
// has no decoder in Node. Prints one JSON object with the fields of ../peers/keras_infer.py.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { imageSize, printResult, timeCalls, timings } from './measure.js';
import { seedNetwork, tf, useBackend } from './tfjs-seed.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    batch: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
    'cold-rounds': { type: 'string', default: '3' },
    /** The cold start itself: the model's file, then the image's. */
    cold: { type: 'string', multiple: true },
  },
});
const warmup = 2;

/** TensorFlow.js saves to places of the browser; these put a model into one file. */
async function saveModel(model, file) {
  const handler = tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const weights = Buffer.from(weightData).toString('base64');
    writeFileSync(file, JSON.stringify({ modelTopology, weightSpecs, weights }));
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
  });
  await model.save(handler);
}

async function loadModel(file) {
  const { modelTopology, weightSpecs, weights } = JSON.parse(readFileSync(file, 'utf8'));
  const bytes = Buffer.from(weights, 'base64');
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
}

/** Grey pixels of files from 0 to 1, one after another. */
async function readImages(files) {
  const images = await Promise.all(
    files.map((file) => sharp(file).resize(imageSize, imageSize).toColourspace('b-w').raw().toBuffer()),
  );
  const pixels = new Float32Array(files.length * imageSize ** 2);
  images.forEach((image, i) => {
    for (let j = 0; j < imageSize ** 2; j++) pixels[i * imageSize ** 2 + j] = image[j] / 255;
  });
  return pixels;
}

async function predict(model, pixels) {
  const count = pixels.length / imageSize ** 2;
  const result = tf.tidy(() => model.predictOnBatch(tf.tensor(pixels, [count, imageSize, imageSize, 1])));
  const probabilities = await result.data();
  result.dispose();
  return probabilities;
}

/** Milliseconds from starting a process until it prints its first prediction. */
function coldStart(modelFile, file) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const script = fileURLToPath(import.meta.url);
    const child = spawn(process.execPath, [script, '--cold', modelFile, '--cold', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let time = null;
    child.stdout.once('data', () => {
      time = performance.now() - start;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 && time !== null) resolve(time);
      else reject(new Error(`expected a cold start to print probabilities; it ended with ${code}`));
    });
  });
}

function imageFiles(folder, count) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  return Array.from({ length: count }, (_, i) => files[i % files.length]);
}

async function measure(scratch) {
  const batch = Number(values.batch);
  const rounds = Number(values.rounds);
  const model = seedNetwork();
  const modelFile = path.join(scratch, 'seed.json');
  await saveModel(model, modelFile);
  const files = imageFiles(values.data, batch);
  const [one, many] = [await readImages(files.slice(0, 1)), await readImages(files)];
  const run = async (call, images) => timings(await timeCalls(call, rounds, warmup), images);
  const result = {
    fileOne: await run(async () => predict(model, await readImages(files.slice(0, 1))), 1),
    fileBatch: await run(async () => predict(model, await readImages(files)), batch),
    networkOne: await run(() => predict(model, one), 1),
    networkBatch: await run(() => predict(model, many), batch),
  };
  const cold = [];
  for (let i = 0; i < Number(values['cold-rounds']); i++) cold.push(await coldStart(modelFile, files[0]));
  printResult({
    peer: 'tfjs',
    task: 'infer',
    backend: 'wasm',
    batch,
    ...result,
    coldStart: timings(cold, 1),
  });
}

await useBackend('wasm');
if (values.cold) {
  const [modelFile, file] = values.cold;
  console.log(JSON.stringify([...(await predict(await loadModel(modelFile), await readImages([file])))]));
} else {
  const scratch = mkdtempSync(path.join(tmpdir(), 'tfjs-bench-'));
  try {
    await measure(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

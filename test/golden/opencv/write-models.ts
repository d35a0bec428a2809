// Writes the models and the pixels into a folder, for generate.py.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeModel, modelNames, pixels } from './models.js';

const folder = process.argv[2]!;
writeFileSync(path.join(folder, 'pixels.json'), JSON.stringify({ names: modelNames, pixels: [...pixels] }));
for (const name of modelNames) {
  const started = performance.now();
  writeFileSync(path.join(folder, `${name}.onnx`), makeModel(name));
  console.log(`${name}: ${Math.round(performance.now() - started)} ms`);
}

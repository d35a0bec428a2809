// One round of finding faces by ferlab, in a process of its own. Prints one JSON object with the fields of
// peers/faces_detect.py; with a model, faces are recognised too.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { findFaces, loadModel, openFaceDetector, recognise } from '../../dist/index.js';
import { printResult, timeCalls, timings } from './timing.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    detector: { type: 'string' },
    rounds: { type: 'string', default: '20' },
    recognise: { type: 'boolean', default: false },
  },
});

const detector = await openFaceDetector(values.detector);
const model = values.recognise ? await loadModel() : null;
const pictures = [];
for (const text of positionals) {
  const colon = text.lastIndexOf(':');
  const raw = sharp(readFileSync(text.slice(0, colon)))
    .removeAlpha()
    .toColourspace('srgb')
    .raw();
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  const picture = { width: info.width, height: info.height, data, channels: 3 as const };
  const options = { minFace: Number(text.slice(colon + 1)) };
  const find = () =>
    model ? recognise(picture, { detector, model }, options) : findFaces(picture, detector, options);
  const { medianMs } = timings(await timeCalls(find, Number(values.rounds), 2), 1);
  pictures.push({ medianMs, faces: (await find()).faces.length });
}
await detector.close();
await model?.close();
printResult({ pictures });

// `node scripts/box-cascade.js RUN`: makes the MTCNN that comes with ferlab from a run of `ferlab faces train --detector
// mtcnn`. Copies the three files of its detector, which the run scored, into models/mtcnn, and writes mtcnn.json (what they
// are, scores) and mtcnn.md (the card) beside them.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Of the three files together. */
const largestBytes = 1_300_000;

const { sha256 } = await import('../dist/files/sha256.js');
const { cascadeCard } = await import('./cascade-card.js');

const [run] = process.argv.slice(2);
if (run === undefined) {
  console.error('usage: node scripts/box-cascade.js RUN');
  process.exit(2);
}
const report = JSON.parse(fs.readFileSync(path.join(run, 'report.json'), 'utf8'));
const files = {};
const written = {};
for (const stage of ['pnet', 'rnet', 'onet']) {
  const bytes = fs.readFileSync(path.join(run, 'mtcnn', `${stage}.onnx`));
  written[stage] = bytes;
  files[stage] = { sha256: sha256(bytes), bytes: bytes.length };
}
const total = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);
if (total > largestBytes) throw new Error(`${run}: expected at most ${largestBytes} bytes, found ${total}.`);

const summary = ({ pictures, scores, pointError }) => ({ pictures, ...scores, pointError });
const description = {
  name: 'mtcnn',
  files,
  thresholds: Object.fromEntries(report.stages.map(({ name, threshold }) => [name, threshold])),
  scores: {
    all: { ...report.scores, pointError: report.pointError },
    bySource: Object.fromEntries(report.sources.map((source) => [source.source, summary(source)])),
  },
  stages: report.stages.map(({ name, title, threshold, recall, history, bestEpoch }) => {
    const kept = recall.filter((point) => point.threshold <= threshold + 1e-9).at(-1);
    return {
      name,
      title,
      epochs: history.length,
      epoch: bestEpoch,
      recall: kept.recall,
      proposals: kept.proposals,
    };
  }),
  source: { command: report.command.replaceAll(/\S*\/(?=(?:train|validation)\/)/g, '') },
};
const folder = fileURLToPath(new URL('../models/mtcnn/', import.meta.url));
fs.mkdirSync(folder, { recursive: true });
for (const [stage, bytes] of Object.entries(written))
  fs.writeFileSync(path.join(folder, `${stage}.onnx`), bytes);
fs.writeFileSync(path.join(folder, 'mtcnn.json'), `${JSON.stringify(description, null, 2)}\n`);
fs.writeFileSync(path.join(folder, 'mtcnn.md'), cascadeCard(description));
console.log(JSON.stringify(description, null, 2));

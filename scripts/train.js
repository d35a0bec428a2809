// `npm run train`: makes the checkout ready, then
//   without arguments shows the whole way from images to predictions, on a dataset of drawn faces;
//   with arguments is `ferlab train` with them: `npm run train -- PATH --epochs 30`.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setupOrExit } from './setup.js';

/** The demonstration's dataset, and how it is trained: enough for over 90% within minutes on two cores. */
const dataset = 'sample';
const trainOptions = ['--epochs', '8', '--batch-size', '32', '--batch-norm-momentum', '0.9'];
const wantedAccuracy = 0.9;
const imagesPredicted = 5;

setupOrExit();
const { main } = await import('../dist/cli/main.js');

/** Runs one command as a user would type it, and ends with its exit code where it fails. */
async function ferlab(...argv) {
  console.log(`\n$ npx ferlab ${argv.join(' ')}`);
  const code = await main(argv);
  if (code !== 0) process.exit(code);
}

function freeFolder(base) {
  for (let n = 1; ; n++) {
    const folder = n === 1 ? base : `${base}-${n}`;
    if (!fs.existsSync(folder)) return folder;
  }
}

/** One validation image of each of the first classes. */
function someImages() {
  const folder = path.join(dataset, 'validation');
  return fs
    .readdirSync(folder)
    .sort()
    .slice(0, imagesPredicted)
    .map((name) => path.join(folder, name, fs.readdirSync(path.join(folder, name)).sort()[0]));
}

async function demonstrate() {
  const started = performance.now();
  const run = freeFolder(path.join('runs', 'sample-seed'));
  const model = path.join(run, 'best.onnx');
  const scores = path.join(run, 'evaluation');
  if (fs.existsSync(dataset)) console.log(`Using the drawn faces in ./${dataset}.`);
  else await ferlab('sample', dataset);
  await ferlab('train', dataset, ...trainOptions, '--out', run);
  await ferlab('evaluate', model, dataset, '--out', scores);
  await ferlab('predict', model, ...someImages());

  const history = JSON.parse(fs.readFileSync(path.join(run, 'history.json'), 'utf8'));
  const accuracy = Math.max(...history.map((row) => row.val_accuracy));
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.log(`
Done in ${minutes} minutes: ${(100 * accuracy).toFixed(1)}% validation accuracy on faces of people never seen in training.
  Dataset      ${dataset}/
  Run          ${run}/
  Report       ${path.join(run, 'report.md')}
  Plots        ${path.join(run, '*.svg')} and .png
  Model        ${model}
  Evaluation   ${scores}/
Train on your own images with: npm run train -- PATH (see "npx ferlab train --help").`);
  if (accuracy < wantedAccuracy) {
    console.error(
      `Error: expected at least ${100 * wantedAccuracy}% validation accuracy, got ${(100 * accuracy).toFixed(1)}%.`,
    );
    process.exit(1);
  }
}

const args = process.argv.slice(2);
if (args.length === 0) await demonstrate();
else {
  // npm runs scripts in the checkout; paths are meant from where the user stands.
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  process.exitCode = await main(['train', ...args]);
}

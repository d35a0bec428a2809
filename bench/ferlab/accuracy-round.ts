// One training by ferlab, until a validation accuracy is reached or to the schedule's end. Prints one JSON object: seconds
// and validation accuracy of every epoch.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { resolveTrainConfig } from '../../dist/train/config.js';
import { train } from '../../dist/train/train.js';
import { printResult } from './timing.js';

const { values } = parseArgs({
  options: {
    train: { type: 'string', default: '' },
    validation: { type: 'string', default: '' },
    preset: { type: 'string', default: 'seed' },
    epochs: { type: 'string' },
    /** A share; the whole schedule without it. */
    target: { type: 'string', default: 'Infinity' },
  },
});
const scratch = mkdtempSync(path.join(tmpdir(), 'ferlab-bench-'));
try {
  const config = resolveTrainConfig(values.preset, {
    data: { train: values.train, validation: values.validation },
    run: { out: path.join(scratch, 'run') },
    // A try of an epoch has no room for a warm-up.
    ...(values.epochs === undefined
      ? {}
      : { train: { epochs: Number(values.epochs) }, schedule: { warmupEpochs: 0 } }),
  });
  const reached = new AbortController();
  const start = performance.now();
  const epochs: { epoch: number; seconds: number; accuracy: number; validationAccuracy: number }[] = [];
  await train(config, {
    signal: reached.signal,
    onProgress(event) {
      if (event.type !== 'epoch') return;
      const { epoch, accuracy, val_accuracy: validationAccuracy } = event.row;
      const seconds = (performance.now() - start) / 1000;
      epochs.push({ epoch, seconds, accuracy, validationAccuracy });
      if (validationAccuracy >= Number(values.target)) reached.abort();
      console.error(`epoch ${epoch}: ${validationAccuracy.toFixed(4)} after ${seconds.toFixed(0)} s`);
    },
  });
  printResult({ preset: values.preset, epochs });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

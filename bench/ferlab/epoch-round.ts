// One round of whole epochs by ferlab, as `ferlab train` runs them: training, validation, checkpoint. Prints one JSON
// object: when each epoch ended, in seconds since training began.

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
    epochs: { type: 'string', default: '2' },
  },
});
const scratch = mkdtempSync(path.join(tmpdir(), 'ferlab-bench-'));
try {
  const config = resolveTrainConfig(values.preset, {
    data: { train: values.train, validation: values.validation },
    run: { out: path.join(scratch, 'run') },
    // So few epochs have no room for a warm-up.
    train: { epochs: Number(values.epochs) },
    schedule: { warmupEpochs: 0 },
  });
  const epochs: { epoch: number; seconds: number }[] = [];
  const enough = new AbortController();
  const start = performance.now();
  await train(config, {
    signal: enough.signal,
    onProgress(event) {
      if (event.type !== 'epoch') return;
      epochs.push({ epoch: event.row.epoch, seconds: (performance.now() - start) / 1000 });
      if (epochs.length === config.train.epochs) enough.abort(); // no report
    },
  });
  printResult({ preset: values.preset, epochs });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

// One round of whole epochs by ferlab, as `ferlab train` runs them: training, validation, checkpoint. Prints one JSON
// object: when each epoch ended, in seconds since training began, how many its checkpoint took, and the side of its
// images. Where a preset's images grow, every size gets two epochs, of which the second shows what it takes; else there
// are two in all.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { growingEpochs, sideAt } from '../../dist/train/classification/growth.js';
import { resolveTrainConfig } from '../../dist/train/config/config.js';
import { trainFromConfig } from '../../dist/train/train.js';
import { printResult } from './timing.js';

const epochsOfASize = 2;

const { values } = parseArgs({
  options: {
    train: { type: 'string', default: '' },
    validation: { type: 'string', default: '' },
    preset: { type: 'string', default: 'seed' },
  },
});
const scratch = mkdtempSync(path.join(tmpdir(), 'ferlab-bench-'));
try {
  const data = { train: values.train, validation: values.validation };
  const whole = resolveTrainConfig(values.preset, { data });
  const sizes = new Set(Array.from({ length: growingEpochs(whole) }, (_, epoch) => sideAt(whole, epoch)))
    .size;
  const config = resolveTrainConfig(values.preset, {
    data,
    out: path.join(scratch, 'run'),
    train: {
      epochs: epochsOfASize * (sizes + 1),
      ...(sizes > 0 ? { growth: { share: sizes / (sizes + 1) } } : {}),
    },
  });
  const epochs: { side: number | null; seconds: number; checkpointSeconds: number }[] = [];
  const enough = new AbortController();
  const start = performance.now();
  await trainFromConfig(config, {
    signal: enough.signal,
    onProgress(event) {
      if (event.type !== 'epoch') return;
      const side = sideAt(config, epochs.length);
      const seconds = (performance.now() - start) / 1000;
      // Of an epoch's time its row has training and validation. The first one's rest is the start, too.
      const rest = seconds - (epochs.at(-1)?.seconds ?? 0) - event.row.seconds;
      epochs.push({ side, seconds, checkpointSeconds: epochs.length === 0 ? 0 : rest });
      if (epochs.length === config.train.epochs) enough.abort(); // no report
    },
  });
  printResult({ preset: values.preset, epochs });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

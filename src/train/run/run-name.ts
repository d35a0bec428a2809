// Where a run goes when it wasn't told.

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TrainConfig } from '../config/config.js';

/** The first `runs/<dataset>-<preset>`, with `-2`, `-3`, ... appended, that doesn't exist below `parent`. */
export function chooseRunFolder(config: Pick<TrainConfig, 'data' | 'preset'>, parent = 'runs'): string {
  const { name } = path.parse(path.resolve(config.data.path ?? config.data.train ?? '.'));
  const base = path.join(parent, `${name || 'dataset'}-${config.preset}`);
  for (let n = 1; ; n++) {
    const folder = n === 1 ? base : `${base}-${n}`;
    if (!existsSync(folder)) return folder;
  }
}

// What a stage keeps at each threshold, beside its run, for the report.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FerlabError } from '../../../errors.js';
import { writeFileAtomically } from '../../../files/atomic.js';
import type { RecallPoint } from './recall.js';

const name = 'recall.json';

const schema = z.array(z.object({ threshold: z.number(), recall: z.number(), proposals: z.number() }));

export async function writeRecall(folder: string, points: readonly RecallPoint[]): Promise<void> {
  const lines = points.map((point) => `  ${JSON.stringify(point)}`);
  await writeFileAtomically(join(folder, name), `[\n${lines.join(',\n')}\n]\n`);
}

/** Throws FerlabError `model` where a finished stage lacks it. */
export async function readRecall(folder: string): Promise<RecallPoint[]> {
  const file = join(folder, name);
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new FerlabError(
      'model',
      `${file}: expected what the stage keeps at each threshold, found something else. Start the training anew.`,
      { cause: error },
    );
  }
}

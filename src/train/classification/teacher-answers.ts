// The answers of teachers for the images of a step: they are asked about every batch as the network sees it, or about
// every training image once, before training.

import { type Batch, sequentialBatches } from '../../data/store/batches.js';
import type { ImageStore } from '../../data/store/store.js';
import { meanLogits } from '../../predict/test-time.js';
import { testTimeViews } from '../../predict/views.js';
import type { TrainConfig } from '../config/config.js';
import type { TrainHooks } from '../loop/events.js';
import { rowsAt } from './targets.js';
import type { Teachers } from './teachers.js';

export interface TeacherAnswers {
  /** Logits [size, classes] for the images of a batch. */
  logits(batch: Pick<Batch, 'indices'>): Float32Array;
}

/** Asks teachers about every training image; null where there are none. */
export async function askTeachers(
  teachers: Pick<Teachers, 'logits'> | null,
  { augment }: Pick<TrainConfig, 'augment'>,
  training: ImageStore,
  classes: number,
  hooks: TrainHooks,
): Promise<TeacherAnswers | null> {
  if (teachers === null) return null;
  const table = await answersToImages(teachers, training, classes, augment.horizontalFlip, hooks);
  return { logits: ({ indices }) => rowsAt(table, indices, classes) };
}

/** Images per question. */
const batchSize = 64;

/**
 * Asks teachers about every training image as it is, [images, classes]. Where it is interrupted, the rows that are left are
 * zeros: no step follows.
 *
 * @param mirrored whether an answer is the mean of that to the image and that to its mirror image.
 */
async function answersToImages(
  teachers: Pick<Teachers, 'logits'>,
  training: ImageStore,
  classes: number,
  mirrored: boolean,
  hooks: TrainHooks,
): Promise<Float32Array> {
  const table = new Float32Array(training.count * classes);
  let done = 0;
  for await (const { pixels, width, height, size, release } of sequentialBatches(training, batchSize)) {
    const seen = testTimeViews(pixels, width, height, mirrored ? 'flip' : 'none', { x: 0, y: 0 });
    table.set(await meanLogits(seen, teachers.logits), done * classes);
    release();
    done += size;
    hooks.onProgress?.({ type: 'teach', done, total: training.count });
    if (hooks.signal?.aborted) break;
  }
  return table;
}

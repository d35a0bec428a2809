// Photographs decoded once, ahead of training, in memory that threads share: each at its own size and at halves of it, so
// that any smaller scale is resampled without aliasing. Pictures that can't be read are known before the first step.

import { createHash } from 'node:crypto';
import { FerlabError } from '../../errors.js';
import type { RgbImage } from '../../image/rgb.js';
import type { BadFile } from '../dataset/types.js';
import { ThreadPool } from '../store/thread-pool.js';
import type { PictureResult, PictureTask } from './picture-tasks.js';
import type { LabelledFace, LabelledPicture } from './types.js';

/** A level of a photograph: RGB, `height * width * 3` values from `offset` of `memory`. */
export interface PictureLevel {
  readonly memory: SharedArrayBuffer;
  readonly offset: number;
  readonly width: number;
  readonly height: number;
}

/** A photograph in memory. Its labels are in pixels of its first level. */
export interface StoredPicture extends LabelledPicture {
  readonly width: number;
  readonly height: number;
  /** Largest first, each half of the one before. */
  readonly levels: readonly PictureLevel[];
}

export interface PictureStore {
  readonly pictures: readonly StoredPicture[];
  readonly bad: readonly BadFile[];
  /** SHA-256 (hex) over every picture's name, pixels and labels, in order. */
  readonly fingerprint: string;
  /** Picture i at its own size. Its pixels lie in shared memory, and aren't to be changed. */
  image(i: number): RgbImage;
}

export interface PictureStoreOptions {
  /** Number of threads that decode; by default one per core, at most 8. */
  workers?: number;
  /** Larger pictures are kept at so many pixels, with their labels: 1,000,000 by default. */
  keep?: number;
  /** Bytes that all pictures may take: 6 GiB by default. */
  memoryBudget?: number;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

const defaultKeep = 1_000_000;
const defaultMemoryBudget = 6 * 1024 ** 3;
const picturesPerTask = 16;

class PicturePool extends ThreadPool {
  constructor(workers?: number) {
    super('dist/data/faces/picture-worker.js', workers);
  }

  run(task: PictureTask): Promise<PictureResult> {
    return this.post(task);
  }
}

/** Labels in pixels of a picture that was made smaller. */
function scaled(picture: LabelledPicture, x: number, y: number): Pick<LabelledPicture, 'faces' | 'ignore'> {
  if (x === 1 && y === 1) return picture;
  const box = (b: LabelledFace['box']) => ({
    x: b.x * x,
    y: b.y * y,
    width: b.width * x,
    height: b.height * y,
  });
  const point = (p: LabelledFace['mouth']) => p && ([p[0] * x, p[1] * y] as const);
  return {
    faces: picture.faces.map((face) => ({
      box: box(face.box),
      points: face.points.map(point) as unknown as LabelledFace['points'],
      mouth: point(face.mouth),
    })),
    ignore: picture.ignore.map(box),
  };
}

/**
 * Decodes photographs, in threads.
 *
 * @throws FerlabError `interrupted` when `signal` fires, `data` where they take more memory than the budget. Pictures that
 *   can't be read are no error here: see `bad` and checkBadShare.
 */
export async function openPictures(
  pictures: readonly LabelledPicture[],
  options: PictureStoreOptions = {},
): Promise<PictureStore> {
  const { keep = defaultKeep, memoryBudget = defaultMemoryBudget, signal, onProgress } = options;
  const pool = new PicturePool(options.workers);
  const stored: (StoredPicture | BadFile)[] = [];
  const digests: string[] = [];
  let [next, done, bytes] = [0, 0, 0];
  const run = async (): Promise<void> => {
    while (next < pictures.length) {
      if (signal?.aborted) throw new FerlabError('interrupted', 'Stopped while pictures were being decoded.');
      const first = next;
      next = Math.min(pictures.length, first + picturesPerTask);
      const paths = pictures.slice(first, next).map(({ path }) => path);
      const { memory, pictures: decoded } = await pool.run({ kind: 'pictures', paths, keep });
      bytes += memory.byteLength;
      if (bytes > memoryBudget) {
        throw new FerlabError(
          'data',
          `pictures: expected ${pictures.length} that take at most ${Math.round(memoryBudget / 1024 ** 2)} MiB decoded, ` +
            `found more after ${done}. Give fewer pictures, or make them smaller.`,
        );
      }
      decoded.forEach((answer, i) => {
        const picture = pictures[first + i]!;
        if ('reason' in answer) {
          stored[first + i] = { file: picture.file, reason: answer.reason };
          return;
        }
        const levels = answer.levels.map((level) => ({ ...level, memory }));
        const { width, height } = levels[0]!;
        const labels = scaled(picture, width / answer.fileWidth, height / answer.fileHeight);
        stored[first + i] = { ...picture, ...labels, width, height, levels };
        digests[first + i] = answer.digest;
      });
      done += paths.length;
      onProgress?.(done, pictures.length);
    }
  };
  try {
    await pool.holdFor(Promise.all(Array.from({ length: pool.size * 2 }, run)));
  } finally {
    await pool.close();
  }
  return toStore(stored, digests);
}

function toStore(stored: readonly (StoredPicture | BadFile)[], digests: readonly string[]): PictureStore {
  const good: StoredPicture[] = [];
  const bad: BadFile[] = [];
  const hash = createHash('sha256');
  stored.forEach((picture, i) => {
    if ('reason' in picture) {
      bad.push(picture);
      return;
    }
    good.push(picture);
    const { file, faces, ignore } = picture;
    hash.update(`${file}\0${digests[i]}\0${JSON.stringify([faces, ignore])}\0`);
  });
  return {
    pictures: good,
    bad,
    fingerprint: hash.digest('hex'),
    image(i) {
      const { memory, offset, width, height } = good[i]!.levels[0]!;
      return { width, height, data: new Uint8Array(memory, offset, width * height * 3) };
    },
  };
}

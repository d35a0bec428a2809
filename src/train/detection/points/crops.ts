// Batches of training crops. What a batch holds depends on the seed, the epoch and its number alone: faces and their squares
// are drawn here, pixels are made by threads ahead of the step that uses them.

import type { StoredPicture } from '../../../data/faces/picture-store.js';
import type { LabelledFace } from '../../../data/faces/types.js';
import { ThreadPool } from '../../../data/store/thread-pool.js';
import { Random } from '../../../random/random.js';
import { type AheadLoader, batchesAhead } from '../batches-ahead.js';
import { drawCrop, hasPoints, targetSize, writeTargets } from './crop-plan.js';
import type { CropTask } from './crop-tasks.js';

export interface CropOptions {
  /** Of the square crops in pixels. */
  side: number;
  batchSize: number;
  /** Crops of an epoch. */
  crops: number;
  seed: number;
  /** Batches that are made ahead. */
  ahead: number;
  workers: number;
}

class CropPool extends ThreadPool {
  constructor(workers: number) {
    super('dist/train/detection/points/crop-worker.js', workers);
  }

  run(task: CropTask): Promise<ArrayBuffer> {
    return this.post(task, [task.pixels]);
  }
}

interface PlacedFace {
  picture: StoredPicture;
  face: LabelledFace;
}

/** Smaller faces aren't trained on: their labels are too coarse. The mean of the sides, in pixels. */
const leastFace = 14;

/** Of the first source, which is what the network is for. */
const firstShare = 0.6;

/** Sources place noses differently, at the tip or below it: where the first has noses, those of the others count nothing. */
const withoutNose = ({
  points: [leftEye, rightEye, , left, right],
  ...face
}: LabelledFace): LabelledFace => ({
  ...face,
  points: [leftEye, rightEye, null, left, right],
});

/** Draws faces: mostly one of the first picture's source, else one of the others'. */
function faceChooser(pictures: readonly StoredPicture[]): (random: Random) => PlacedFace {
  const faces = pictures.flatMap((picture) =>
    picture.faces
      .filter((face) => hasPoints(face) && (face.box.width + face.box.height) / 2 >= leastFace)
      .map((face) => ({ picture, face })),
  );
  const source = pictures[0]?.source;
  const first = faces.filter(({ picture }) => picture.source === source);
  const noses = first.some(({ face }) => face.points[2] !== null);
  const others = faces
    .filter(({ picture }) => picture.source !== source)
    .map(({ picture, face }) => ({ picture, face: noses ? withoutNose(face) : face }));
  if (first.length === 0 || others.length === 0) return (random) => faces[random.integer(faces.length)]!;
  return (random) => {
    const list = random.uniform() < firstShare ? first : others;
    return list[random.integer(list.length)]!;
  };
}

type Drawn = Omit<CropTask, 'pixels'> & { targets: Float32Array };

function drawBatch(
  choose: (random: Random) => PlacedFace,
  { side, seed }: Pick<CropOptions, 'side' | 'seed'>,
  epoch: number,
  first: number,
  size: number,
): Drawn {
  const targets = new Float32Array(size * targetSize);
  const crops = Array.from({ length: size }, (_, i) => {
    const random = new Random(seed, 'crop', epoch, first + i);
    const { picture, face } = choose(random);
    const plan = drawCrop(face, random);
    writeTargets(face, plan, targets, i * targetSize);
    return { number: first + i, plan, photo: picture.levels };
  });
  return { side, seed, epoch, crops, targets };
}

const memoryFor = (size: number, side: number): ArrayBuffer =>
  new ArrayBuffer(size * 3 * side * side * Float32Array.BYTES_PER_ELEMENT);

export function createCropLoader(pictures: readonly StoredPicture[], options: CropOptions): AheadLoader {
  const { side, batchSize, crops, ahead, workers } = options;
  const pool = new CropPool(workers);
  const choose = faceChooser(pictures);
  return batchesAhead(pool, { total: crops, batchSize, ahead }, (epoch, first, size) => {
    const { targets, ...task } = drawBatch(choose, options, epoch, first, size);
    return { size, targets, pixels: pool.run({ ...task, pixels: memoryFor(size, side) }) };
  });
}

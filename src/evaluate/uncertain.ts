// Fits what a model file says of images that it can't judge: a linear layer on what its last layer sees, which tells faces
// from images without a face that are made from them. With the bundled model of November 2026 and 2% of the faces lost, it marks
// 96% of squares of photographs without a face; the largest probability marks 25%, the energy of the logits 2% and the
// Mahalanobis distance from the training faces 11% of them.

import type { ImageStore } from '../data/store/store.js';
import type { Device } from '../engine/runtime/device.js';
import { openSession } from '../engine/runtime/session.js';
import { tensorType } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import { notAFace } from '../image/not-a-face.js';
import { fitLogistic } from '../math/logistic.js';
import type { UncertainRule } from '../predict/metadata.js';
import { withFeatures, withUncertain } from '../predict/rewrite.js';
import { Random } from '../random/random.js';
import type { CalibrationImages, ScoreOptions } from './score.js';

/** Share of the faces that may count as uncertain. */
const facesLost = 0.02;

/** With fewer faces there is no rule: half of them decide where the last fiftieth begins. */
const fewestFaces = 200;

/** More faces take time and change little. */
const mostFaces = 4000;

interface Engine {
  threads?: number | undefined;
  device?: Device | undefined;
}

/** What the last layer sees of the faces of a store, and of an image without a face made from each; [images, width] each. */
interface Seen {
  faces: Float32Array;
  others: Float32Array;
  width: number;
}

/**
 * The bytes of a model file with the output `uncertain`; an earlier one is replaced. The same file, images and threads give the
 * same bytes. Half of the faces, and of what is made from them, decide the weights, the other half the bias, so that 2% of
 * these come to .5 or more.
 *
 * @returns null where there are fewer than 200 faces, or the model's last layer isn't linear.
 * @throws FerlabError `model` where the bytes are not a model of this project, `interrupted`.
 */
export async function fitUncertain(
  bytes: Uint8Array,
  where: string,
  { store, dataset, split }: CalibrationImages,
  options: ScoreOptions & Engine = {},
): Promise<{ bytes: Uint8Array; uncertain: UncertainRule } | null> {
  const open = withFeatures(bytes, where);
  if (store.count < fewestFaces || open === null) return null;
  const n = Math.min(store.count, mostFaces);
  const places = Array.from({ length: n }, (_, i) => Math.floor((i * store.count) / n));
  const { faces, others, width } = await look(open.bytes, open.features, store, places, options);
  const halves = [0, 1].map((half) => ({
    faces: everySecond(faces, width, half),
    others: everySecond(others, width, half),
  }));
  const [fitted, held] = halves as [(typeof halves)[0], (typeof halves)[0]];
  const rows = new Float32Array(fitted.faces.length + fitted.others.length);
  rows.set(fitted.faces);
  rows.set(fitted.others, fitted.faces.length);
  const second = new Uint8Array(rows.length / width).fill(1, fitted.faces.length / width);
  const { weights, bias } = fitLogistic(rows, width, second);
  // As the file will hold them, so that the shares are those of the file.
  const stored = Float32Array.from(weights);
  const sums = (features: Float32Array) =>
    Array.from({ length: features.length / width }, (_, row) =>
      stored.reduce((sum, weight, k) => sum + weight * features[row * width + k]!, bias),
    );
  const ofFaces = sums(held.faces).sort((a, b) => a - b);
  const ofOthers = sums(held.others);
  // Between two faces, so that rounding moves none of them over it.
  const last = Math.floor(ofFaces.length * (1 - facesLost));
  const from = (ofFaces[last - 1]! + ofFaces[last]!) / 2;
  const share = (list: readonly number[]) => list.filter((sum) => sum >= from).length / list.length;
  const { fingerprint } = store;
  const uncertain = { dataset, split, n, fingerprint, faces: share(ofFaces), others: share(ofOthers) };
  const plane = { weights: stored, bias: bias - from };
  return { bytes: withUncertain(bytes, where, plane, uncertain), uncertain };
}

/** Rows `half`, `half + 2`, ... */
function everySecond(rows: Float32Array, width: number, half: number): Float32Array {
  const count = Math.ceil((rows.length / width - half) / 2);
  const chosen = new Float32Array(count * width);
  for (let i = 0; i < count; i++)
    chosen.set(rows.subarray((2 * i + half) * width, (2 * i + half + 1) * width), i * width);
  return chosen;
}

async function look(
  file: Uint8Array,
  features: string,
  store: ImageStore,
  places: readonly number[],
  { batchSize = 64, threads, device, onProgress, signal }: ScoreOptions & Engine,
): Promise<Seen> {
  const { width, height } = store;
  const session = await openSession(file, {
    quiet: true,
    ...(threads === undefined ? {} : { threads }),
    ...(device === undefined ? {} : { device }),
  });
  const see = async (images: readonly Uint8Array[]): Promise<Float32Array> => {
    const data = new Float32Array(images.length * width * height);
    for (const [i, image] of images.entries()) data.set(image, i * width * height);
    const type = tensorType('float32', [images.length, 1, height, width]);
    return (await session.run({ pixels: { type, data } }))[features]!.data as Float32Array;
  };
  const [faces, others]: [Float32Array[], Float32Array[]] = [[], []];
  try {
    for (let first = 0; first < places.length; first += batchSize) {
      if (signal?.aborted) throw new FerlabError('interrupted', 'Stopped while scoring.');
      const batch = places.slice(first, first + batchSize);
      const images = await Promise.all(batch.map((place) => store.bytes(place)));
      const made = images.map((data, i) => {
        const number = first + i;
        // Every second face is held out: the kind goes by pairs, so that both halves have all kinds.
        return notAFace({ data, width, height }, new Random(0, 'not-a-face', number), number >> 1);
      });
      faces.push((await see(images)).slice());
      others.push((await see(made)).slice());
      onProgress?.(first + batch.length, places.length);
    }
  } finally {
    await session.close();
  }
  return { faces: joined(faces), others: joined(others), width: joined(faces).length / places.length };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

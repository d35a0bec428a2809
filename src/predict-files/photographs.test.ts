// Photographs among the files that are predicted. What holds for all files is in predict-files.test.ts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DetectOptions, FaceDetector } from '../faces/detector.js';
import type { Face } from '../faces/face.js';
import type { RgbImage } from '../image/rgb.js';
import type { ExpressionModel } from '../predict/model.js';
import {
  type FilePrediction,
  type PredictFilesOptions,
  predictFiles,
  predictPictures,
} from './predict-files.js';

let root: string;

/** A picture of one grey level left and another right. */
async function write(name: string, width: number, height: number, left: number, right = left): Promise<void> {
  const data = Uint8Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? left : right));
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toFormat(name.endsWith('jpg') ? 'jpeg' : 'png')
    .toFile(join(root, name));
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-photographs-'));
  await write('crop.png', 128, 96, 100, 200);
  await write('dark.png', 300, 200, 20, 30);
  await write('two.jpg', 400, 300, 60, 220);
  writeFileSync(join(root, 'broken.jpg'), 'no');
  const row = Array.from({ length: 48 * 48 }, (_, i) => i % 250).join(' ');
  writeFileSync(join(root, 'rows.csv'), `emotion,pixels\n3,${row}\n`);
});
afterAll(() => rmSync(root, { recursive: true }));

const points = (x: number, y: number, side: number): Face['points'] => [
  [x + 0.3 * side, y + 0.4 * side],
  [x + 0.7 * side, y + 0.4 * side],
  [x + 0.5 * side, y + 0.6 * side],
  [x + 0.35 * side, y + 0.8 * side],
  [x + 0.65 * side, y + 0.8 * side],
];
const faceAt = (x: number, y: number, side: number): Face => ({
  box: { x, y, width: side, height: side },
  score: 0.9,
  points: points(x, y, side),
});

const seen: { width: number; height: number; options: DetectOptions | undefined }[] = [];
/** Finds a face on either side of bright pictures, and none in dark ones. */
const detector: FaceDetector = {
  name: 'fake',
  async detect({ width, height, data }: RgbImage, options) {
    seen.push({ width, height, options });
    return data.at(-1)! < 40 ? [] : [faceAt(20, 50, 60), faceAt(width - 90, 50, 60)];
  },
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

const calls: number[] = [];
/** Calls bright faces happy. */
const model = {
  classes: ['sad', 'happy'],
  inputSize: { width: 4, height: 4 },
  metadata: {},
  probabilities: async (pixels: Float32Array) => {
    calls.push(pixels.length / 16);
    return Float32Array.from({ length: pixels.length / 8 }, (_, i) =>
      pixels[(i >> 1) * 16 + 5]! > 128 === (i % 2 === 1) ? 1 : 0,
    );
  },
} as unknown as ExpressionModel;

beforeEach(() => {
  seen.length = 0;
  calls.length = 0;
});

async function predict(names: string[], options: PredictFilesOptions = {}): Promise<FilePrediction[]> {
  const found: FilePrediction[] = [];
  const paths = names.map((name) => join(root, name));
  for await (const prediction of predictFiles(model, paths, { detector, ...options })) found.push(prediction);
  return found;
}

/** File, and what is said of it. */
const shown = (found: FilePrediction[]) =>
  found.map((entry) => {
    const name = relative(root, entry.file);
    if ('error' in entry) return `${name}: error`;
    if (!('faces' in entry)) return `${name}: crop, ${entry.expression}`;
    return `${name}: ${entry.faces.map((face) => ('reason' in face ? face.reason : face.expression)).join()}`;
  });

const names = ['crop.png', 'two.jpg', 'broken.jpg', 'dark.png', 'rows.csv'];

describe('photographs', () => {
  it('are searched and crops taken whole, by their size, in order', async () => {
    const found = await predict(names);
    expect(shown(found)).toEqual([
      'crop.png: crop, sad',
      'two.jpg: sad,happy',
      'broken.jpg: error',
      'dark.png: ',
      'rows.csv:2: crop, happy',
    ]);
    expect(seen.map(({ width }) => width)).toEqual([400, 300]);
    expect(found[1]).toMatchObject({ width: 400, height: 300, faces: [{ score: 0.9, roll: 0 }, {}] });
    expect(found[3]).toMatchObject({ faces: [], warning: expect.stringContaining('--faces crop') });
    expect(found[1]).not.toHaveProperty('warning');
  });

  it('are all searched, or none, where that is asked for', async () => {
    expect(shown(await predict(names, { faces: 'find' }))[0]).toBe('crop.png: sad,sad');
    expect(seen).toHaveLength(4);
    seen.length = 0;
    const crops = await predict(names, { faces: 'crop' });
    expect(shown(crops)[1]).toBe('two.jpg: crop, sad');
    expect(seen).toHaveLength(0);
    // A crop's answer doesn't depend on the choice.
    expect(crops[0]).toEqual((await predict(names))[0]);
  });

  it('share calls of the network, and hand options to the detector', async () => {
    await predict(Array(5).fill('two.jpg'), { threshold: 0.4, minFace: 25, maxFaces: 3 });
    expect(calls).toEqual([10]);
    expect(seen[0]!.options).toEqual({ threshold: 0.4, minFace: 25, maxFaces: 3 });
  });

  it('are answered some at a time, not only at the end', async () => {
    const answers = predictFiles(model, Array(40).fill(join(root, 'two.jpg')), { detector });
    await answers.next();
    expect(seen.length).toBeLessThan(15);
    await answers.return();
  });

  it('come with their pixels where these are asked for, and then in small batches', async () => {
    const paths = names.map((name) => join(root, name));
    const sizes: (number | null)[] = [];
    for await (const { image } of predictPictures(model, paths, { detector }, {}, true))
      sizes.push(image === null ? null : image.width);
    expect(sizes).toEqual([128, 400, null, 300, 48]);
  });

  it('need a detector only once one of them comes, and say where it is missing', async () => {
    const gone = { detector: join(root, 'gone.onnx') };
    expect(shown(await predict(['crop.png'], gone))).toEqual(['crop.png: crop, sad']);
    await expect(predict(['two.jpg'], gone)).rejects.toThrow(
      expect.objectContaining({ kind: 'model', message: expect.stringContaining('gone.onnx') }),
    );
    await expect(async () => predict(['two.jpg'], { detector: 7 as never })).rejects.toThrow(
      /detector: expected/,
    );
  });
});

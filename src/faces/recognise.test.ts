import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../image/rgb.js';
import type { ExpressionModel, Prediction } from '../predict/model.js';
import type { DetectOptions, FaceDetector } from './detector.js';
import type { Face } from './face.js';
import { recognise, smallestSide } from './recognise.js';

/** A face from the front, or with its nose moved aside by shares of the width. */
function faceAt(x: number, y: number, side: number, noseAside = 0): Face {
  const at = (u: number, v: number): [number, number] => [x + u * side, y + v * side];
  return {
    box: { x, y, width: side, height: side },
    score: 0.9,
    points: [at(0.3, 0.4), at(0.7, 0.4), at(0.5 + noseAside, 0.6), at(0.35, 0.8), at(0.65, 0.8)],
  };
}

const asked: (DetectOptions | undefined)[] = [];
const detectorOf = (...faces: Face[]): FaceDetector => ({
  name: 'fake',
  detect: async (_, options) => {
    asked.push(options);
    return faces;
  },
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
});

const calls: number[] = [];
/** Calls bright faces happy. */
const model = {
  classes: ['sad', 'happy'],
  inputSize: { width: 4, height: 4 },
  metadata: {},
  predict: async () => [],
  probabilities: async (pixels: Float32Array) => {
    calls.push(pixels.length / 16);
    return Float32Array.from({ length: pixels.length / 8 }, (_, i) => {
      const bright = pixels[(i >> 1) * 16 + 5]! / 256;
      return i % 2 === 1 ? bright : 1 - bright;
    });
  },
} as unknown as ExpressionModel;

/** Dark on the left, bright on the right. */
const picture: RgbImage = {
  width: 400,
  height: 200,
  data: Uint8Array.from({ length: 400 * 200 * 3 }, (_, i) => (Math.floor(i / 3) % 400 < 200 ? 64 : 192)),
};

describe('recognise', () => {
  it('answers each face by the pixels at its place, with roll and side', async () => {
    const { width, height, faces } = await recognise(picture, {
      detector: detectorOf(faceAt(50, 50, 60), faceAt(300, 50, 60)),
      model,
    });
    expect([width, height]).toEqual([400, 200]);
    expect(faces).toMatchObject([
      { expression: 'sad', probabilities: { sad: 0.75, happy: 0.25 }, roll: 0 },
      { expression: 'happy', box: { x: 300, y: 50, width: 60, height: 60 } },
    ]);
    expect(faces[0]!.side).toBeGreaterThan(60);
    expect(faces[0]).not.toHaveProperty('pixels');
  });

  it('gives the reason for no answer: too small, too turned; and no face is no error', async () => {
    const small = faceAt(50, 50, smallestSide * 0.8);
    const found = await recognise([picture, picture], {
      detector: detectorOf(small, faceAt(50, 50, 60, 0.3), faceAt(300, 50, 60)),
      model,
    });
    expect(found[1]!.faces.map((face) => ('reason' in face ? face.reason : face.expression))).toEqual([
      'too small',
      'too turned',
      'happy',
    ]);
    // 0.3 of the width is 0.6 of the distance of eyes and mouth; other detectors place noses elsewhere.
    const patient = { ...detectorOf(faceAt(50, 50, 60, 0.3)), largestTurn: 1 };
    const [face] = (await recognise(picture, { detector: patient, model })).faces;
    expect(face).not.toHaveProperty('reason');
    expect(await recognise(picture, { detector: detectorOf(), model })).toEqual({
      width: 400,
      height: 200,
      faces: [],
    });
  });

  it('shows the model the faces of many pictures at a time', async () => {
    calls.length = 0;
    const faces = Array.from({ length: 30 }, (_, i) => faceAt(10 * i, 20, 50));
    const found = await recognise([picture, picture, picture], { detector: detectorOf(...faces), model });
    expect(calls).toEqual([64, 26]);
    const expressions = found.map(({ faces: list }) =>
      list.map((face) => (face as Prediction).expression).join(),
    );
    expect(new Set(expressions).size).toBe(1);
    expect(expressions[0]).toMatch(/^sad.*happy$/);
  });

  it('hands options on, and refuses wrong ones and what is no detector', async () => {
    asked.length = 0;
    await recognise(picture, { detector: detectorOf(), model }, { threshold: 0.7, minFace: 33, maxFaces: 2 });
    expect(asked).toEqual([{ threshold: 0.7, minFace: 33, maxFaces: 2 }]);
    const refused = (recogniser: unknown, options = {}) =>
      expect(recognise(picture, recogniser as { detector: FaceDetector; model: ExpressionModel }, options))
        .rejects;
    await refused({ detector: {}, model }).toThrow(/detector: expected an open face detector/);
    await refused({ detector: detectorOf(), model: 7 }).toThrow(/model: expected a loaded model/);
    await refused({ detector: detectorOf(), model }, { threshold: 2 }).toThrow(/threshold: expected/);
  });

  it('reports pictures, and stops between two of them', async () => {
    const stop = new AbortController();
    const done: number[] = [];
    const hooks = {
      signal: stop.signal,
      onProgress: (event: { done: number }) => {
        done.push(event.done);
        if (event.done === 2) stop.abort();
      },
    };
    const call = recognise([picture, picture, picture], { detector: detectorOf(), model }, {}, hooks);
    await expect(call).rejects.toThrow(expect.objectContaining({ kind: 'interrupted' }));
    expect(done).toEqual([1, 2]);
  });
});

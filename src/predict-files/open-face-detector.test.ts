import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redCascade, redSquares } from '../../test/data/red-cascade.js';
import { decodePicture } from '../decode/decode.js';
import { overlap } from '../faces/boxes.js';
import { turnRgb } from '../image/cut-rgb.js';
import { resizeRgb } from '../image/resize-rgb.js';
import { checkSum, readBundledPoints } from './bundled-detector.js';
import { openFaceDetector } from './open-face-detector.js';

const astronaut = fileURLToPath(new URL('../../test/data/astronaut.jpg', import.meta.url));
/** By YuNet n and by eye. */
const face = { x: 176, y: 56, width: 98, height: 122 };
const eyes = [
  [205, 102],
  [249, 102],
] as const;

async function open(...args: Parameters<typeof openFaceDetector>) {
  const detector = await openFaceDetector(args[0], { threads: 1, ...args[1] });
  onTestFinished(() => detector.close());
  return detector;
}

describe('the detector that comes with ferlab', () => {
  it('finds the face and the eyes of an astronaut, at several sizes, upright and turned', async () => {
    const detector = await open();
    const { image } = await decodePicture(astronaut);
    for (const [factor, minFace] of [
      [1, 20],
      [1, 60],
      [0.4, 20],
      [3, 100],
    ] as const) {
      const picture = resizeRgb(image, Math.round(512 * factor), Math.round(512 * factor));
      const [found] = await detector.detect(picture, { minFace, maxFaces: 1 });
      const { x, y, width, height } = found!.box;
      const box = { x: x / factor, y: y / factor, width: width / factor, height: height / factor };
      expect(overlap(box, face), `${factor}`).toBeGreaterThan(0.6);
      for (const [i, eye] of eyes.entries()) {
        const [left, top] = found!.points[i]!;
        expect(Math.hypot(left / factor - eye[0], top / factor - eye[1]), `${factor}`).toBeLessThan(12);
      }
    }
    const [turned] = await detector.detect(turnRgb(image, 1), { minFace: 40, maxFaces: 1, rotations: true });
    const place = { x: 512 - face.y - face.height, y: face.x, width: face.height, height: face.width };
    expect(overlap(turned!.box, place)).toBeGreaterThan(0.6);
    // The left eye is the left one of the upright face: (x, y) has become (512 - y, x).
    expect(
      Math.hypot(turned!.points[0][0] - (512 - eyes[0][1]), turned!.points[0][1] - eyes[0][0]),
    ).toBeLessThan(12);
  });

  it('takes pictures of 20 x 20 pixels and of one row', async () => {
    const detector = await open();
    for (const [width, height] of [
      [20, 20],
      [3000, 1],
    ] as const)
      expect(await detector.detect({ width, height, data: new Uint8Array(width * height * 3) })).toEqual([]);
  });

  it('is compared with its checksum', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const sum = '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81';
    const bundled = { what: 'the detector', remedy: 'Install ferlab again.' };
    expect(() => checkSum(bytes, sum, 'faces.onnx', bundled)).not.toThrow();
    expect(() => checkSum(Uint8Array.of(1, 2, 4), sum, 'faces.onnx', bundled)).toThrow(
      /faces.onnx: expected the detector, with SHA-256 .*; found 3 bytes .* Install ferlab again/,
    );
  });
});

it('is an MTCNN by that name', async () => {
  const detector = await open('mtcnn');
  const { image } = await decodePicture(astronaut);
  const [found] = await detector.detect(image, { minFace: 60, maxFaces: 1 });
  expect(overlap(found!.box, face)).toBeGreaterThan(0.6);
});

it('brings the network of points that is described beside it', async () => {
  expect((await readBundledPoints()).length).toBeGreaterThan(100_000);
});

describe('a detector of files', () => {
  it('may be a folder with the three networks of a cascade', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ferlab-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const files = redCascade({ thresholds: { pnet: 0.4, rnet: 0.4, onet: 0.4 } });
    for (const [stage, bytes] of Object.entries(files))
      writeFileSync(path.join(folder, `${stage}.onnx`), bytes);
    const detector = await open(folder);
    expect(await detector.detect(redSquares(120, 90, [[40, 30, 24]]))).toHaveLength(1);
    rmSync(path.join(folder, 'rnet.onnx'));
    await expect(openFaceDetector(folder)).rejects.toThrow(
      /rnet.onnx: expected the ONNX file of a face detector, found/,
    );
  });

  it('is refused where there is none', async () => {
    await expect(openFaceDetector('nowhere.onnx')).rejects.toMatchObject({ kind: 'model' });
    await expect(openFaceDetector(7 as unknown as string)).rejects.toMatchObject({ kind: 'usage' });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Explainer, Explanation } from '../explain/explain.js';
import type { RgbImage } from '../image/rgb.js';
import { predictFiles } from '../predict-files/predict-files.js';
import { explainFiles, type FileExplanation, openExplainerFile, type Unexplained } from './explain-files.js';
import { explanationPicture } from './explanation-picture.js';

const photograph = fileURLToPath(new URL('../../test/data/astronaut.jpg', import.meta.url));
let root: string;
let explainer: Explainer;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-explain-'));
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#9ab' } })
    .jpeg()
    .toFile(join(root, 'wall.jpg'));
  writeFileSync(join(root, 'broken.png'), 'no');
  const data = Uint8Array.from({ length: 60 * 50 }, (_, i) => (i * 7) % 256);
  await sharp(data, { raw: { width: 60, height: 50, channels: 1 } })
    .png()
    .toFile(join(root, 'crop.png'));
  explainer = await openExplainerFile(undefined, { threads: 1 });
});
afterAll(async () => {
  await explainer.close();
  rmSync(root, { recursive: true });
});

async function all(paths: string[], options = {}): Promise<(FileExplanation | Unexplained)[]> {
  const found = [];
  for await (const entry of explainFiles(explainer, paths, options, 120)) found.push(entry);
  return found;
}

describe('explainFiles', () => {
  it('explains the face of a photograph, with the answer that predict gives', async () => {
    const [entry] = (await all([photograph])) as [FileExplanation];
    const predicted = (await predictFiles(explainer.model, photograph).next()).value;
    const [face] = (predicted as { faces: { expression: string; probabilities: object; box: object }[] })
      .faces;
    expect(entry.face).toMatchObject({ number: 1, of: 1, place: { box: face!.box } });
    expect(entry.explanation.expression).toBe(face!.expression);
    expect(entry.explanation.prediction.probabilities).toEqual(face!.probabilities);
    expect([entry.picture.width, entry.picture.height]).toEqual([120, 120]);
    expect(Math.max(...entry.explanation.map)).toBeGreaterThan(0);
  });

  it('takes crops whole, and says of the rest why there is nothing', async () => {
    const entries = await all([root], { method: 'occlusion', expression: 'fear' });
    expect(entries.map((entry) => entry.file)).toEqual(
      ['broken.png', 'crop.png', 'wall.jpg'].map((f) => join(root, f)),
    );
    expect(entries[0]).toHaveProperty('error');
    expect(entries[1]).toMatchObject({
      face: null,
      explanation: { method: 'occlusion', expression: 'fear', width: 48, height: 48 },
    });
    expect(entries[2]).toEqual({ file: join(root, 'wall.jpg'), reason: 'no face' });
  });

  it('refuses a class that the model does not know before it reads anything', async () => {
    await expect(all([root], { expression: 'bored' })).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('explanationPicture', () => {
  const face: RgbImage = { width: 40, height: 40, data: new Uint8Array(40 * 40 * 3).fill(120) };
  const explanation = (map: number[], method: Explanation['method'] = 'class-activation'): Explanation => ({
    method,
    expression: 'happy',
    prediction: {
      expression: 'happy',
      probabilities: { happy: 0.9, sad: 0.1 },
      ranking: [
        { label: 'happy', probability: 0.9 },
        { label: 'sad', probability: 0.1 },
      ],
    },
    width: 2,
    height: 2,
    map: Float32Array.from(map),
    pixels: new Uint8Array(4),
  });
  /** Within the right, covered face: below the header, beyond the first face. */
  const pixel = ({ width, data }: RgbImage, x: number, y: number): [number, number, number] => {
    const at = ((34 + y) * width + 16 + 40 + 16 + x) * 3;
    return [data[at]!, data[at + 1]!, data[at + 2]!];
  };

  it('is orange where something speaks for the class, blue where against, plain where nothing', async () => {
    const picture = await explanationPicture(face, explanation([4, 0, 0, -4]));
    expect([picture.width, picture.height]).toEqual([2 * 40 + 48, 34 + 40 + 62]);
    const [forIt, nothing, against] = [pixel(picture, 2, 2), pixel(picture, 37, 2), pixel(picture, 37, 37)];
    expect(forIt[0]).toBeGreaterThan(forIt[2] + 100);
    expect(against[2]).toBeGreaterThan(against[0] + 80);
    expect(nothing).toEqual([120, 120, 120]);
  });

  it('of a map without values is the face itself', async () => {
    const picture = await explanationPicture(face, explanation([0, 0, 0, 0], 'gradient'));
    expect(pixel(picture, 20, 20)).toEqual([120, 120, 120]);
  });
});

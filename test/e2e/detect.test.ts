// `ferlab detect` as a user runs it, with a detector that needs no training.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redDetector, redPicture } from '../data/red-detector.js';
import { expectRefusal, ferlab, succeed, temporaryFolder } from './program.js';

const astronaut = path.resolve(import.meta.dirname, '../../docs/astronaut.jpg');
let folder = '';
const cleaning: (() => Promise<void>)[] = [];
const settings = { threshold: 0.5, smallest: 32, largest: 320 };
const detector = ['--detector', 'red.onnx', '--min-face', '32'];

async function save(name: string, ...cells: Parameters<typeof redPicture>[2]): Promise<void> {
  const { data, width, height } = redPicture(160, 96, cells);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path.join(folder, name));
}

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  writeFileSync(path.join(folder, 'red.onnx'), redDetector({ settings }));
  mkdirSync(path.join(folder, 'photos/more'), { recursive: true });
  await save('photos/a.png', [104, 16], [24, 48, 120]);
  await save('photos/more/none.png');
  await sharp(path.join(folder, 'photos/a.png'))
    .withMetadata({ orientation: 6 })
    .png()
    .toFile(path.join(folder, 'photos/turned.png'));
  writeFileSync(path.join(folder, 'photos/bad.jpg'), 'no image');
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

describe('ferlab detect', () => {
  it('has faint faces in JSON alone, unless a threshold is given', async () => {
    const faces = async (...options: string[]) =>
      JSON.parse(await succeed(['detect', astronaut, '--json', ...options], folder))[0].faces as {
        score: number;
      }[];
    const sure = (await succeed(['detect', astronaut], folder)).match(/ face/g);
    expect(sure).toHaveLength(1);
    const scores = (await faces()).map(({ score }) => score);
    expect(Math.min(...scores)).toBeGreaterThanOrEqual(0.4);
    expect(await faces('--threshold', '0.05')).not.toHaveLength(scores.length);
  });

  it('prints JSON of every file, in pixels of the upright picture, and goes on after bad ones', async () => {
    const { code, stdout, stderr } = await ferlab(
      ['detect', 'photos', 'missing.png', ...detector, '--json'],
      folder,
    );
    expect(code, stderr).toBe(0);
    const found = JSON.parse(stdout) as { file: string; faces?: { box: number[]; points: number[][] }[] }[];
    expect(found.map(({ file }) => file)).toEqual([
      'photos/a.png',
      'photos/bad.jpg',
      'photos/more/none.png',
      'photos/turned.png',
      'missing.png',
    ]);
    expect(found[0]).toEqual({
      file: 'photos/a.png',
      width: 160,
      height: 96,
      faces: [
        {
          box: [96, 4, 24, 32],
          score: 1,
          points: expect.any(Array),
        },
        { box: [16, 36, 24, 32], score: expect.closeTo(0.7276, 2), points: expect.any(Array) },
      ],
    });
    // The network that refines points has its own idea of a red square's: within it.
    const [face] = found[0]!.faces!;
    expect(face!.points).toHaveLength(5);
    for (const [x, y] of face!.points) {
      expect(Math.abs(x! - 108)).toBeLessThan(12);
      expect(Math.abs(y! - 20)).toBeLessThan(16);
    }
    expect(found[1]).toEqual({
      file: 'photos/bad.jpg',
      error: expect.stringMatching(/^expected a JPEG, PNG/),
    });
    expect(found[2]).toMatchObject({ faces: [] });
    // Turned clockwise: (x, y) has become (96 - y, x).
    expect(found[3]).toMatchObject({
      width: 96,
      height: 160,
      faces: [{ box: [96 - 20 - 12, 108 - 16, 24, 32] }, {}],
    });
    expect(found[4]).toEqual({ file: 'missing.png', error: expect.stringMatching(/no such file/) });
    expect(stderr).toMatch(/^photos\/bad.jpg: expected/m);
  });

  it('prints lines for people', async () => {
    const text = await succeed(['detect', 'photos/a.png', 'photos/more', ...detector], folder);
    expect(text).toBe(
      'photos/a.png: 2 faces\n  24x32 at 96,4, score 1.00\n  24x32 at 16,36, score 0.73\nphotos/more/none.png: no face\n',
    );
  });

  it('takes thresholds, numbers and turns', async () => {
    const count = async (...options: string[]) =>
      (
        JSON.parse(await succeed(['detect', 'photos/a.png', ...detector, '--json', ...options], folder)) as [
          { faces: unknown[] },
        ]
      )[0].faces.length;
    expect(await count('--threshold', '0.9')).toBe(1);
    expect(await count('--max-faces', '1')).toBe(1);
    expect(await count('--rotations')).toBe(2);
    expect(await count('--min-face', '200')).toBe(0);
  });

  it('ends with 3 where no file can be used, 4 for a detector that is none, 2 for wrong options', async () => {
    const { code, stdout } = await ferlab(['detect', 'photos/bad.jpg', ...detector, '--json'], folder);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toHaveLength(1);
    const bad = await ferlab(['detect', 'photos/a.png', '--detector', 'photos/bad.jpg'], folder);
    expectRefusal(bad, 4, /photos\/bad.jpg: expected a face detector/);
    expectRefusal(
      await ferlab(['detect', 'photos/a.png', '--detector', 'no.onnx'], folder),
      4,
      /no.onnx: expected/,
    );
    expectRefusal(await ferlab(['detect', 'photos/a.png', '--threshold', '2'], folder), 2, /--threshold/);
  });
});

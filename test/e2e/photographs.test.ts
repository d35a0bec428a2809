// Photographs: finding faces with the detector that comes with the program, recognising and cutting them out.

import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawExpression } from '../../dist/data/sample/expressions.js';
import { drawFace, drawIdentity } from '../../dist/data/sample/face.js';
import { Random } from '../../dist/random/random.js';
import { checkout } from './process.js';
import { ferlab, succeed, temporaryFolder } from './program.js';

let folder = '';
const cleaning: (() => Promise<void>)[] = [];

/** Where the drawn people stand: middle of the face, and the side of their drawing. */
const people = [
  { x: 95, y: 95, side: 150, expression: 'happy' },
  { x: 340, y: 120, side: 180, expression: 'surprise' },
  { x: 585, y: 135, side: 210, expression: 'neutral' },
  { x: 340, y: 370, side: 180, expression: 'angry' },
  { x: 585, y: 385, side: 210, expression: 'happy' },
] as const;

/** Several drawn people in one picture. */
async function scene(): Promise<Buffer> {
  const parts = people.map(({ x, y, side, expression }, i) => {
    const seed = [15, 16, 17, 19, 20][i]!;
    const pose = { roll: 0, yaw: 0, pitch: 0, scale: 1, x: 0, y: 0, background: 214 };
    const drawn = drawFace(
      drawIdentity(new Random(seed, 'readme-identity')),
      pose,
      drawExpression(expression, new Random(seed, 'readme-expression')),
      side,
    );
    return { input: new Resvg(drawn).render().asPng(), left: x - side / 2, top: y - side / 2 };
  });
  return sharp({ create: { width: 720, height: 500, channels: 3, background: '#d6d6d6' } })
    .composite(parts)
    .png()
    .toBuffer();
}

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  mkdirSync(path.join(folder, 'photos/a'), { recursive: true });
  writeFileSync(path.join(folder, 'photos/scene.png'), await scene());
  copyFileSync(path.join(checkout, 'test/data/astronaut.jpg'), path.join(folder, 'photos/a/astronaut.jpg'));
  const wall = sharp({ create: { width: 320, height: 240, channels: 3, background: '#9ab' } });
  writeFileSync(path.join(folder, 'photos/wall.jpg'), await wall.jpeg().toBuffer());
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

describe('ferlab predict of photographs', () => {
  it('finds every drawn face and the astronaut, and none on a wall, which is no error', async () => {
    const { code, stdout, stderr } = await ferlab(['predict', 'photos', '--json'], folder);
    expect(code).toBe(0);
    const [astronaut, drawn, wall] = JSON.parse(stdout);
    expect(drawn).toMatchObject({ file: 'photos/scene.png', width: 720, height: 500 });
    for (const { x, y, side } of people) {
      const face = drawn.faces.find(
        ({ box: [left, top, width, height] }: { box: number[] }) =>
          Math.abs(left! + width! / 2 - x) < side / 6 && Math.abs(top! + height! / 2 - y) < side / 5,
      );
      expect(face, `the face at ${x}, ${y}`).toMatchObject({ expression: expect.any(String) });
    }
    expect(astronaut.file).toBe(path.join('photos', 'a', 'astronaut.jpg'));
    expect(astronaut.faces).toHaveLength(1);
    const [face] = astronaut.faces;
    expect(face).toMatchObject({ expression: 'happy' });
    expect(Math.abs(face.box[0] + face.box[2] / 2 - 224)).toBeLessThan(20);
    expect(Math.abs(face.roll)).toBeLessThan(15);
    expect(wall).toMatchObject({ file: 'photos/wall.jpg', faces: [] });
    expect(stderr).toContain('--faces crop');
  });

  it('writes annotated copies and faces, with the folders below the one that was named', async () => {
    const text = await succeed(['predict', 'photos', '--out', 'marked', '--crops', 'faces'], folder);
    expect(text).toMatch(/^photos\/scene\.png: face 1 of \d+ \(\d+x\d+ at \d+,\d+\): [a-z]+ [\d.]+%, /m);
    expect(text).toContain('photos/wall.jpg: no face\n');
    const files = (name: string) =>
      readdirSync(path.join(folder, name), { recursive: true, encoding: 'utf8' });
    expect(files('marked').sort()).toEqual(
      ['.ferlab-annotated', 'a', 'a/astronaut.jpg', 'scene.png', 'wall.jpg'].map(path.normalize),
    );
    expect(files('faces')).toContain(path.normalize('a/astronaut.png'));
    const copy = sharp(path.join(folder, 'marked/a/astronaut.jpg'));
    expect(await copy.metadata()).toMatchObject({ width: 512, height: 512, format: 'jpeg' });
    const bytes = readFileSync(path.join(folder, 'photos/a/astronaut.jpg'));
    expect(bytes.equals(readFileSync(path.join(checkout, 'test/data/astronaut.jpg')))).toBe(true);
    // Copies that lie among the photographs aren't read the next time.
    cpSync(path.join(folder, 'marked'), path.join(folder, 'photos/marked'), { recursive: true });
    expect(JSON.parse(await succeed(['detect', 'photos', '--json'], folder))).toHaveLength(3);
    rmSync(path.join(folder, 'photos/marked'), { recursive: true });
    // A face that was written is a crop by its size, and shows the same again.
    const again = await succeed(['predict', 'faces/a', '--json'], folder);
    expect(JSON.parse(again)).toMatchObject([{ expression: 'happy' }]);
    expect(await ferlab(['predict', 'photos', '--out', 'marked'], folder)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('expected a new or empty folder'),
    });
  });

  it('takes everything whole when it is told to, with the table that it had before', async () => {
    const table = await succeed(['predict', 'photos/a', '--faces', 'crop', '--csv'], folder);
    const [header, row] = table.trim().split(/\r?\n/);
    expect(header).toBe('file,expression,angry,disgust,fear,happy,neutral,sad,surprise,error,uncertain');
    expect(row!.split(',')).toHaveLength(11);
    const wrong = await ferlab(['predict', 'photos', '--faces', 'crop', '--min-face', '30'], folder);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/--min-face: .*--faces crop/) });
    const high = await ferlab(['predict', 'photos', '--threshold', '60'], folder);
    expect(high).toMatchObject({ code: 2, stderr: expect.stringContaining('from 0 to 1') });
  });

  it('leaves out small faces, and all but some, where that is asked for', async () => {
    const faces = async (file: string, ...options: string[]) =>
      JSON.parse(await succeed(['predict', `photos/${file}`, '--json', ...options], folder))[0].faces;
    const all = await faces('scene.png');
    expect(await faces('scene.png', '--max-faces', '2')).toEqual(all.slice(0, 2));
    expect(await faces('a/astronaut.jpg', '--min-face', '60')).toHaveLength(1);
    expect(await faces('a/astronaut.jpg', '--min-face', '200')).toEqual([]);
    expect(await faces('a/astronaut.jpg', '--threshold', '1')).toEqual([]);
  });
});

describe('ferlab crop', () => {
  it('makes a dataset that the other commands take', async () => {
    for (const name of ['happy', 'sad']) {
      mkdirSync(path.join(folder, 'sorted', name), { recursive: true });
      copyFileSync(
        path.join(folder, 'photos/a/astronaut.jpg'),
        path.join(folder, 'sorted', name, 'astronaut.jpg'),
      );
    }
    copyFileSync(path.join(folder, 'photos/wall.jpg'), path.join(folder, 'sorted/sad/wall.jpg'));
    const text = await succeed(['crop', 'sorted', 'cropped', '--size', '64'], folder);
    expect(text).toMatch(/^Cut 2 faces out of 3 photographs into cropped\nPictures .*: no face: 1\. /);
    expect(readFileSync(path.join(folder, 'cropped/without-one-face.csv'), 'utf8')).toMatch(
      /^file,faces,crops,reason\r?\nsad\/wall\.jpg,0,0,no face\r?\n$/,
    );
    const scored = JSON.parse(await succeed(['evaluate', 'cropped', '--json'], folder));
    expect(scored).toMatchObject({ n: 2, accuracy: 0.5 });
    const audited = JSON.parse(await succeed(['audit', 'cropped', '--json'], folder));
    expect(audited.exactDuplicates).toMatchObject({ images: 2 });
  });
});

describe('ferlab explain', () => {
  it('writes a picture of each face with its map, and the numbers as JSON', async () => {
    const { code, stdout, stderr } = await ferlab(
      ['explain', 'photos', '--expression', 'happy', '--out', 'maps', '--json'],
      folder,
    );
    expect(code, stderr).toBe(0);
    const entries = JSON.parse(stdout) as {
      file: string;
      map?: number[];
      reason?: string;
      probability: number;
    }[];
    const maps = entries.filter(({ map }) => map !== undefined);
    expect(maps.length).toBe(people.length + 1);
    expect(maps.every(({ map }) => map!.length === 48 * 48 && Math.max(...map!) > 0)).toBe(true);
    expect(entries.filter(({ reason }) => reason === 'no face').length).toBe(1);
    expect(readdirSync(path.join(folder, 'maps')).sort()).toEqual([
      '.ferlab-annotated', // by which predict passes them over where they lie among photographs
      'a',
      ...people.map((_, i) => `scene-${i + 1}.png`),
    ]);
    const { width, height } = await sharp(path.join(folder, 'maps/a/astronaut.png')).metadata();
    expect(width! > height! && height! > 336).toBe(true);
  });

  it('asks for a folder, and refuses a class that the model does not know', async () => {
    const nowhere = await ferlab(['explain', 'photos/wall.jpg'], folder);
    expect(nowhere).toMatchObject({ code: 2 });
    expect(nowhere.stderr).toContain('Give --out FOLDER, or --json');
    const unknown = await ferlab(['explain', 'photos/wall.jpg', '--json', '--expression', 'bored'], folder);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/expression: expected one of angry/);
  });
});

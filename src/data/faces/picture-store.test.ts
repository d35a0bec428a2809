import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPictures } from './picture-store.js';
import type { LabelledPicture } from './types.js';

let folder: string;
let pictures: LabelledPicture[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-pictures-'));
  pictures = [];
  for (let i = 0; i < 20; i++) {
    const path = join(folder, `${i}.png`);
    const background = { r: i * 10, g: 100, b: 200 };
    await sharp({ create: { width: 70 + i, height: 40, channels: 3, background } }).toFile(path);
    const box = { x: i, y: 2, width: 20, height: 30 };
    const points = [[i, 10], null, null, null, null] as unknown as LabelledPicture['faces'][0]['points'];
    pictures.push({
      file: `${i}.png`,
      path,
      source: 'drawn',
      faces: [{ box, points, mouth: [i, 20] }],
      ignore: [box],
    });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('openPictures', () => {
  it('keeps pictures in order, in colours, with halves of them down to 16 pixels', async () => {
    const seen: number[] = [];
    const store = await openPictures(pictures, { workers: 2, onProgress: (done) => seen.push(done) });
    expect(store.bad).toEqual([]);
    expect(seen.at(-1)).toBe(20);
    for (const [i, picture] of store.pictures.entries()) {
      expect(picture).toMatchObject({ ...pictures[i], width: 70 + i, height: 40 });
      expect(picture.levels.map(({ width, height }) => [width, height])).toEqual([
        [70 + i, 40],
        [(70 + i) >> 1, 20],
      ]);
      const { memory, offset } = picture.levels[1]!;
      expect([...new Uint8Array(memory, offset, 3)]).toEqual([i * 10, 100, 200]);
      expect([...store.image(i).data.subarray(0, 3)]).toEqual([i * 10, 100, 200]);
      expect(store.image(i).data.length).toBe((70 + i) * 40 * 3);
    }
  });

  it('makes large pictures smaller, and their labels with them', async () => {
    const store = await openPictures(pictures.slice(10, 11), { workers: 1, keep: 900 });
    const [picture] = store.pictures;
    const [x, y] = [picture!.width / 80, picture!.height / 40];
    expect(picture!.width * picture!.height).toBeLessThanOrEqual(900);
    expect(picture!.faces[0]).toEqual({
      box: { x: 10 * x, y: 2 * y, width: 20 * x, height: 30 * y },
      points: [[10 * x, 10 * y], null, null, null, null],
      mouth: [10 * x, 20 * y],
    });
    expect(picture!.ignore[0]!.width).toBe(20 * x);
  });

  it('lists what cannot be read, and goes on', async () => {
    const broken = join(folder, 'broken.jpg');
    writeFileSync(broken, 'no picture');
    const bad = { ...pictures[0]!, file: 'broken.jpg', path: broken };
    const gone = { ...pictures[0]!, file: 'gone.jpg', path: join(folder, 'gone.jpg') };
    const store = await openPictures([pictures[3]!, bad, gone, pictures[4]!], { workers: 1 });
    expect(store.pictures.map(({ file }) => file)).toEqual(['3.png', '4.png']);
    expect(store.bad.map(({ file }) => file)).toEqual(['broken.jpg', 'gone.jpg']);
    expect(store.bad[1]!.reason).toMatch(/found no such file/);
    expect(store.image(1).data[0]).toBe(40);
  });

  it('has one fingerprint for the same pictures and labels, whatever the workers', async () => {
    const print = async (of: LabelledPicture[], workers: number) =>
      (await openPictures(of, { workers })).fingerprint;
    const first = await print(pictures, 1);
    expect(await print(pictures, 3)).toBe(first);
    const moved = { ...pictures[5]!, ignore: [] };
    expect(await print(pictures.with(5, moved), 1)).not.toBe(first);
    expect(await print(pictures.with(5, { ...pictures[5]!, path: pictures[6]!.path }), 1)).not.toBe(first);
  });

  it('stops at the budget of memory, and when asked to', async () => {
    await expect(openPictures(pictures, { workers: 1, memoryBudget: 50_000 })).rejects.toThrow(
      /expected 20 that take at most 0 MiB decoded, found more/,
    );
    await expect(openPictures(pictures, { workers: 1, signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'interrupted',
    });
  });
});

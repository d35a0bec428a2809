import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { FilmFrame, FrameChoice } from './film.js';
import { openFilm } from './open-film.js';

const folder = mkdtempSync(join(tmpdir(), 'ferlab-animation-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [width, height] = [20, 10];

/** An animation whose page number i has the level 16 i, shown for `delays[i]` milliseconds. */
async function animation(name: string, delays: number[]): Promise<string> {
  const pixels = Buffer.concat(delays.map((_, i) => Buffer.alloc(width * height * 3, 16 * i)));
  const pages = sharp(pixels, {
    raw: { width, height: height * delays.length, channels: 3, pageHeight: height },
  });
  const encoded = name.endsWith('.gif')
    ? pages.gif({ delay: delays })
    : pages.webp({ delay: delays, lossless: true });
  writeFileSync(join(folder, name), await encoded.toBuffer());
  return join(folder, name);
}

async function read(path: string, choice: FrameChoice = {}, size = { width, height }) {
  const film = await openFilm(path);
  const frames: FilmFrame[] = [];
  for await (const frame of film.frames(size, choice)) frames.push(frame);
  const levels = frames.map(({ picture }) => Math.round(picture.image.data[0]! / 16));
  return { film, frames, levels, times: frames.map(({ time }) => Number(time.toFixed(3))) };
}

describe.each(['a.gif', 'a.webp'])('%s', (name) => {
  it('is read page by page, with the times at which it shows them', async () => {
    const { film, levels, times, frames } = await read(await animation(name, [100, 200, 50, 400]));
    expect(film).toMatchObject({ width, height, seconds: 0.75, sound: false });
    expect(levels).toEqual([0, 1, 2, 3]);
    expect(times).toEqual([0, 0.1, 0.3, 0.35]);
    expect(frames[0]!.picture.image.data).toHaveLength(width * height * 3);
  });

  it('is read from a start, to an end, in parts and at another size', async () => {
    const path = await animation(name, Array(12).fill(100) as number[]);
    expect((await read(path, { start: 0.3, end: 0.6 })).levels).toEqual([3, 4, 5]);
    expect((await read(path, { every: { frames: 5 } })).levels).toEqual([0, 5, 10]);
    expect((await read(path, { every: { seconds: 0.5 } })).levels).toEqual([0, 5, 10]);
    const { frames } = await read(path, {}, { width: 10, height: 5 });
    expect(frames[1]!.picture).toMatchObject({ width, height, image: { width: 10, height: 5 } });
  });

  it('that is cut short gives the pages that are there, and says so; or an error where there is none', async () => {
    const path = await animation(name, [100, 100, 100, 100]);
    const whole = readFileSync(path).length;
    truncateSync(path, Math.floor(whole * 0.8));
    const cut = await read(path).catch((error: Error) => error.message);
    if (typeof cut === 'string') expect(cut).toMatch(/expected an undamaged animation/);
    else expect(cut.levels.length).toBeGreaterThan(0);
    truncateSync(path, 30);
    await expect(read(path)).rejects.toThrow(/expected an undamaged animation/);
  });
});

it('a picture that stands still is a film of one frame, and pages without a time are shown for a tenth of a second', async () => {
  expect((await read(await animation('still.gif', [100]))).levels).toEqual([0]);
  expect((await read(await animation('fast.gif', [0, 10, 20]))).times).toEqual([0, 0.1, 0.2]);
});

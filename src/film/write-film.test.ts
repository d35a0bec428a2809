// Films that are written are read back.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ffmpeg, hasFfmpeg, needsFfmpeg } from '../../test/film/films.js';
import { openFilm } from './open-film.js';
import { checkFilmPath, createFilm, type WriterOptions } from './write-film.js';

const folder = mkdtempSync(join(tmpdir(), 'ferlab-write-film-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => join(folder, name);

const plain: WriterOptions = { width: 64, height: 48, soundOf: null, start: 0 };
const level = (value: number, { width, height } = plain) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
});

async function frames(path: string) {
  const film = await openFilm(path);
  const found: { time: number; level: number }[] = [];
  for await (const { time, picture } of film.frames(film))
    found.push({ time: Number(time.toFixed(3)), level: picture.image.data[3000]! });
  return { film, found };
}

describe.skipIf(!hasFfmpeg)(`films that are written${needsFfmpeg}`, () => {
  it.each(['a.mp4', 'b.mkv', '-c.mov'])('have their frames at their times: %s', async (name) => {
    const writer = await createFilm(file(name), plain);
    const times = [0, 0.02, 0.06, 0.5, 1.7];
    for (const [i, time] of times.entries()) await writer.write(time, level(40 * i + 20));
    expect(existsSync(file(name))).toBe(false);
    expect(await writer.close()).toBeNull();
    const { found } = await frames(file(name));
    expect(found.map(({ time }) => time)).toEqual(times);
    for (const [i, { level: found_ }] of found.entries())
      expect(Math.abs(found_ - (40 * i + 20))).toBeLessThan(8);
    expect(readdirSync(folder).filter((other) => other.endsWith('.tmp'))).toEqual([]);
  });

  it('have odd sides made even, and the sound of the same time', async () => {
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=64x48:d=2', '-f', 'lavfi', '-i', 'sine=d=2', file('sound.mkv'));
    const options = { width: 63, height: 47, soundOf: file('sound.mkv'), start: 0.5 };
    const writer = await createFilm(file('odd.mp4'), options);
    for (let i = 0; i < 25; i++) await writer.write(0.5 + i * 0.04, level(100, { ...plain, ...options }));
    expect(await writer.close()).toBeNull();
    const { film, found } = await frames(file('odd.mp4'));
    expect(film).toMatchObject({ width: 64, height: 48, sound: true });
    expect(found[0]!.time).toBe(0);
    expect(Math.abs(film.seconds! - 1)).toBeLessThan(0.1);
  });

  it('leave nothing when they are given up, or have no frame', async () => {
    const given = await createFilm(file('given-up.mp4'), plain);
    await given.write(0, level(1));
    await given.abandon();
    await (await createFilm(file('no-frame.mp4'), plain)).close();
    expect(readdirSync(folder).filter((name) => /given|no-frame/.test(name))).toEqual([]);
  });

  it('say so when ffmpeg ends early', async () => {
    const writer = await createFilm(file('killed.mp4'), { ...plain, width: 640, height: 480 });
    const { tool } = writer as unknown as { tool: { kill(): void } };
    const writing = (async () => {
      for (let i = 0; i < 500; i++) {
        if (i === 3) tool.kill();
        await writer.write(i * 0.04, level(1, { ...plain, width: 640, height: 480 }));
      }
    })();
    await expect(writing).rejects.toThrow(/killed\.mp4: expected ffmpeg to write.*SIGKILL/);
    expect(existsSync(file('killed.mp4'))).toBe(false);
  });
});

describe('names of films to be written', () => {
  it('are refused where they name no film, or there is such a file', async () => {
    await expect(checkFilmPath(file('a.gif'))).rejects.toThrow(/ends in \.mp4/);
    await expect(checkFilmPath(join(folder, 'missing', 'a.mp4'))).rejects.toThrow(/existing folder/);
    writeFileSync(file('there.mp4'), '');
    await expect(checkFilmPath(file('there.mp4'))).rejects.toThrow(/expected no such file yet/);
    expect(await checkFilmPath(file('A.MKV'))).toBe('matroska');
  });
});

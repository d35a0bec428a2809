// Films are made by ffmpeg, and read back.

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { countingFilm, ffmpeg, hasFfmpeg, needsFfmpeg } from '../../test/film/films.js';
import type { Film, FilmFrame, FrameChoice } from './film.js';
import { openFilm } from './open-film.js';

const folder = mkdtempSync(join(tmpdir(), 'ferlab-film-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => join(folder, name);

async function readAll(film: Film, choice: FrameChoice = {}, size = film): Promise<FilmFrame[]> {
  const frames: FilmFrame[] = [];
  for await (const frame of film.frames({ width: size.width, height: size.height }, choice))
    frames.push(frame);
  return frames;
}

/** Which frame of a counting film it is, by its level. */
const numberOf = ({ picture: { image } }: FilmFrame) => Math.round(image.data[image.data.length >> 1]! / 8);
const timesOf = (frames: FilmFrame[]) => frames.map(({ time }) => Number(time.toFixed(3)));

describe.skipIf(!hasFfmpeg)(`films${needsFfmpeg}`, () => {
  const counting = () => {
    countingFilm(file('counting.mkv'), 25);
    return openFilm(file('counting.mkv'));
  };

  it('are read frame by frame, with their times', async () => {
    const film = await counting();
    expect(film).toMatchObject({ width: 64, height: 48, seconds: 1, frameRate: 25, sound: false });
    expect(film.format).toBe('matroska, ffv1');
    const frames = await readAll(film);
    expect(frames.map(numberOf)).toEqual(Array.from({ length: 25 }, (_, i) => i));
    expect(timesOf(frames)).toEqual(Array.from({ length: 25 }, (_, i) => Number((i * 0.04).toFixed(3))));
    expect(frames[3]!.picture.image).toMatchObject({ width: 64, height: 48 });
    expect(film.damage).toEqual([]);
  });

  it('are read from a start to an end, one of so many frames, and one in so many seconds', async () => {
    const film = await counting();
    const numbers = async (choice: FrameChoice) => (await readAll(film, choice)).map(numberOf);
    expect(await numbers({ start: 0.2, end: 0.4 })).toEqual([5, 6, 7, 8, 9]);
    expect(timesOf(await readAll(film, { start: 0.2, end: 0.28 }))).toEqual([0.2, 0.24]);
    expect(await numbers({ every: { frames: 10 } })).toEqual([0, 10, 20]);
    expect(await numbers({ every: { seconds: 0.3 } })).toEqual([0, 8, 15, 23]);
    expect(await numbers({ start: 0.5, every: { seconds: 0.3 } })).toEqual([13, 15, 23]);
  });

  it('keep the times of frames that are not equally far apart', async () => {
    countingFilm(
      file('variable.mkv'),
      8,
      '-vf',
      "settb=1/1000,setpts='if(lt(N,4),N*0.02,0.5+N*0.1)/TB'",
      '-enc_time_base',
      '1/1000',
      '-vsync',
      '0',
    );
    const frames = await readAll(await openFilm(file('variable.mkv')));
    expect(timesOf(frames)).toEqual([0, 0.02, 0.04, 0.06, 0.9, 1, 1.1, 1.2]);
    expect(frames.map(numberOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('come upright where they were taken sideways, and with square pixels', async () => {
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=64x48:d=0.2', '-c:v', 'mpeg4', file('flat.mp4'));
    ffmpeg('-i', file('flat.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90', file('turned.mp4'));
    ffmpeg('-i', file('flat.mp4'), '-vf', 'setsar=2', '-c:v', 'mpeg4', file('wide.mp4'));
    const turned = await openFilm(file('turned.mp4'));
    expect(turned).toMatchObject({ width: 48, height: 64 });
    const [first] = await readAll(turned);
    expect(first!.picture).toMatchObject({ width: 48, height: 64, image: { width: 48, height: 64 } });
    expect(await openFilm(file('wide.mp4'))).toMatchObject({ width: 128, height: 48 });
  });

  it('come in another size where that is asked for, in pixels that are not stretched', async () => {
    const frames = await readAll(await counting(), { end: 0.1 }, { width: 32, height: 24 } as Film);
    expect(frames.at(-1)!.picture).toMatchObject({ width: 64, height: 48, image: { width: 32, height: 24 } });
    expect(frames.map(numberOf)).toEqual([0, 1, 2]);
  });

  it('that change their size go on in the first one, with bars', async () => {
    for (const [name, size] of [
      ['a.ts', '64x48'],
      ['b.ts', '64x96'],
    ] as const)
      ffmpeg('-f', 'lavfi', '-i', `color=white:s=${size}:r=25:d=0.4`, '-c:v', 'mpeg2video', file(name));
    const joined = Buffer.concat([readFileSync(file('a.ts')), readFileSync(file('b.ts'))]);
    writeFileSync(file('changes.ts'), joined);
    const film = await openFilm(file('changes.ts'));
    const frames = await readAll(film);
    expect(frames.length).toBeGreaterThan(15);
    const { data, width } = frames.at(-1)!.picture.image;
    const level = (x: number, y: number) => data[(y * width + x) * 3]!;
    expect([width, level(2, 24) < 40, level(32, 24) > 200]).toEqual([64, true, true]);
  });

  it('that are cut short give what is there', async () => {
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=320x240:d=2', '-c:v', 'mpeg2video', file('short.mpg'));
    truncateSync(file('short.mpg'), 40_000);
    const film = await openFilm(file('short.mpg'));
    const frames = await readAll(film);
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.length).toBeLessThan(50);
  });

  it('with odd names are files, whatever the name says', async () => {
    const original = (await counting()).path;
    mkdirSync(file('http:'), { recursive: true });
    for (const name of [
      '-i.mkv',
      'http:/x.mkv',
      'concat:a|b.mkv',
      "it's 100%d [1].mkv",
      'ein Film – ü.mkv',
    ]) {
      copyFileSync(original, file(name));
      expect(await readAll(await openFilm(file(name)))).toHaveLength(25);
    }
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(await readAll(await openFilm('-i.mkv'))).toHaveLength(25);
    } finally {
      process.chdir(before);
    }
  });

  it('stop when nobody reads on', async () => {
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=640x480:d=20', '-c:v', 'mpeg4', file('long.mp4'));
    const film = await openFilm(file('long.mp4'));
    for await (const { time } of film.frames(film)) if (time > 0.1) break;
    await expect.poll(() => children()).toEqual([]);
  });

  it('whose ffmpeg is killed say so', async () => {
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=640x480:d=20', '-c:v', 'mpeg4', file('long.mp4'));
    const film = await openFilm(file('long.mp4'));
    const reading = (async () => {
      for await (const { time } of film.frames(film))
        if (time > 0.1) for (const pid of children()) process.kill(pid, 'SIGKILL');
    })();
    await expect(reading).rejects.toThrow(
      /long\.mp4: expected ffmpeg to read to the end.*SIGKILL after 0\.\d+ s/,
    );
  });
});

/** Processes of ffmpeg that this one has started. */
function children(): number[] {
  const table = execFileSync('ps', ['-o', 'pid=,ppid=,stat=,comm=', '-A'], { encoding: 'utf8' });
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, parent, state, name]) => Number(parent) === process.pid && name === 'ffmpeg' && state![0] !== 'Z',
    )
    .map(([pid]) => Number(pid));
}

describe('what is no film', () => {
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });

  it.each([
    ['empty.mp4', '', /empty\.mp4: expected a film, found an empty file/],
    ['photo.jpg', '\xff\xd8\xff\xe0 and so on', /found a JPEG image.*ferlab predict/],
  ])('%s is refused without ffmpeg', async (name, content, message) => {
    writeFileSync(file(name), content, 'latin1');
    await expect(openFilm(file(name))).rejects.toThrow(message);
  });

  it('a folder, nothing at all, and an address are refused', async () => {
    await expect(openFilm(folder)).rejects.toThrow(/found a folder/);
    await expect(openFilm(file('missing.mp4'))).rejects.toThrow(/found no such file/);
    await expect(openFilm('http://example.org/film.mp4')).rejects.toThrow(/no such file/);
  });

  it('without ffmpeg the error says how to install it', async () => {
    writeFileSync(file('any.mp4'), 'something');
    process.env.PATH = folder;
    await expect(openFilm(file('any.mp4'))).rejects.toThrow(
      /ffprobe: expected the program.*apt install ffmpeg/,
    );
  });

  it.skipIf(!hasFfmpeg).each([
    ['noise.mp4', 'this is text, and no film\n'.repeat(200), /noise\.mp4: expected a film/],
    ['list.m3u8', '#EXTM3U\n#EXTINF:1,\ncounting.mkv\n#EXT-X-ENDLIST\n', /playlist|other data/],
    ['list.ffconcat', 'ffconcat version 1.0\nfile counting.mkv\n', /playlist|other data/],
    ['list.mp4', '#EXTM3U\n#EXTINF:1,\nhttp://example.org/a.ts\n#EXT-X-ENDLIST\n', /playlist|other data/],
  ])(`%s is refused${needsFfmpeg}`, async (name, content, message) => {
    countingFilm(file('counting.mkv'), 3);
    writeFileSync(file(name), content);
    await expect(openFilm(file(name))).rejects.toThrow(message);
  });

  it.skipIf(!hasFfmpeg)(`sound alone is refused, with a cover too${needsFfmpeg}`, async () => {
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=0.2', file('sound.wav'));
    await expect(openFilm(file('sound.wav'))).rejects.toThrow(/expected a film/);
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=0.2', '-c:a', 'aac', file('sound.m4a'));
    await expect(openFilm(file('sound.m4a'))).rejects.toThrow(/found sound alone/);
  });

  it.skipIf(!hasFfmpeg)(`a link to a film is one${needsFfmpeg}`, async () => {
    countingFilm(file('counting.mkv'), 3);
    symlinkSync(file('counting.mkv'), file('link.mkv'));
    expect(await readAll(await openFilm(file('link.mkv')))).toHaveLength(3);
  });
});

// The whole way from a film to frames with people, by squares for faces (test/film/blobs.ts): neither networks nor ffmpeg.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Blob, blobGif, blobRecogniser, drawBlobs, frameSize } from '../../test/film/blobs.js';
import type { Film, FilmFrame } from '../film/film.js';
import type { VideoFrame } from '../follow/people.js';
import type { RgbImage } from '../image/rgb.js';
import { searchedSize } from './follow-people.js';
import { recogniseVideo, type VideoEvent, type VideoOptions, watch } from './recognise-video.js';

const folder = mkdtempSync(join(tmpdir(), 'ferlab-video-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function gif(name: string, frames: readonly (readonly Blob[])[]): Promise<string> {
  writeFileSync(join(folder, name), await blobGif(frames));
  return join(folder, name);
}

async function collect(frames: AsyncIterable<VideoFrame>): Promise<VideoFrame[]> {
  const list: VideoFrame[] = [];
  for await (const frame of frames) list.push(frame);
  return list;
}

/** A red one walks to the right, dark and later light; a green one stands, and isn't seen in frame 5. */
const two = Array.from({ length: 20 }, (_, i): Blob[] => [
  { x: 10 + 4 * i, y: 20, who: 'red', level: i < 10 ? 60 : 200 },
  ...(i === 5 ? [] : [{ x: 200, y: 150, who: 'green' as const, level: 200 }]),
]);

const look = async (path: string, options: VideoOptions = {}) =>
  collect(recogniseVideo(path, blobRecogniser(), options));

describe('recogniseVideo', () => {
  it('gives every frame with its people, who keep their numbers over a frame in which they are missed', async () => {
    const frames = await look(await gif('two.gif', two));
    expect(frames).toHaveLength(20);
    expect(frames.map(({ faces }) => faces.map(({ person }) => person).join())).toEqual(
      two.map((blobs) => (blobs.length === 2 ? '1,2' : '1')),
    );
    expect(frames[7]!.time).toBeCloseTo(0.28, 6);
    expect(frames[7]).toMatchObject({ width: 320, height: 240 });
    const [walker] = frames[7]!.faces;
    expect(Math.abs(walker!.box.x - 43)).toBeLessThan(3);
  });

  it('gives probabilities of the frame, and smoothed over time', async () => {
    const frames = await look(await gif('two.gif', two), { smoothing: 0.2 });
    const light = frames.map(({ faces: [face] }) => {
      if (face === undefined || 'reason' in face) throw new Error('expected an expression');
      return { raw: face.probabilities.light!, smoothed: face.smoothed!.probabilities.light! };
    });
    expect(light[9]!.raw).toBeCloseTo(0.1, 5);
    expect(light[10]!.raw).toBeCloseTo(0.9, 5);
    expect(light[10]!.smoothed).toBeLessThan(0.3);
    // It rose half way between frames 9 and 10, 0.18 s before.
    expect(light[14]!.smoothed).toBeCloseTo(0.1 + 0.8 * (1 - Math.exp(-0.18 / 0.2)), 2);
    const [, green] = frames[3]!.faces;
    expect(green!.smoothed!.expression).toBe('light');
  });

  it('looks at some of the frames, of a part', async () => {
    const path = await gif('two.gif', two);
    const times = async (options: VideoOptions) =>
      (await look(path, options)).map(({ time }) => Number(time.toFixed(2)));
    expect(await times({ every: { frames: 8 } })).toEqual([0, 0.32, 0.64]);
    expect(await times({ every: { seconds: 0.2 }, start: 0.3 })).toEqual([0.32, 0.4, 0.6]);
    expect(await times({ start: 0.3, end: 0.4 })).toEqual([0.32, 0.36]); // 0.4 is the end
  });

  it('gives frames without a face, and films without any', async () => {
    const frames = await look(await gif('empty.gif', [[], [], []]));
    expect(frames.map(({ faces }) => faces.length)).toEqual(Array(frames.length).fill(0));
    expect(frames.length).toBeGreaterThan(0);
  });

  it('tells how far it is, and stops where it is told to, with what was seen', async () => {
    const path = await gif('two.gif', two);
    const controller = new AbortController();
    const events: VideoEvent[] = [];
    const seen: VideoFrame[] = [];
    const onProgress = (event: VideoEvent) => {
      events.push(event);
      if (event.frames === 6) controller.abort();
    };
    const watching = (async () => {
      const hooks = { signal: controller.signal, onProgress };
      for await (const frame of recogniseVideo(path, blobRecogniser(), {}, hooks)) seen.push(frame);
    })();
    await expect(watching).rejects.toMatchObject({ kind: 'interrupted' });
    // The one that was held back until the next was looked at comes, too.
    expect(seen).toHaveLength(7);
    expect(seen.at(-1)!.faces.map(({ person }) => person)).toEqual([1, 2]);
    expect(events[2]).toMatchObject({ type: 'video', from: 0, frames: 3 });
    expect(events[2]!.to).toBeCloseTo(0.8, 6);
  });

  it('refuses wrong arguments at once, and times outside the film', async () => {
    const path = await gif('two.gif', two);
    const recogniser = blobRecogniser();
    for (const [options, message] of [
      [{ every: { frames: 0 } }, /every: expected \{ frames: 5 \}/],
      [{ every: { seconds: 0.5, frames: 2 } }, /every: expected/],
      [{ start: -1 }, /start: expected a number of seconds/],
      [{ smoothing: Number.NaN }, /smoothing: expected/],
      [{ evry: 1 }, /expected options among/],
    ] as const)
      expect(() => recogniseVideo(path, recogniser, options as VideoOptions)).toThrow(message);
    await expect(look(path, { start: 3 })).rejects.toThrow(
      /start before the end of the film, 0.80 s, got 3 s/,
    );
    await expect(look(path, { start: 0.5, end: 0.4 })).rejects.toThrow(/end after the start/);
  });
});

describe('watch', () => {
  const film = (count: number, made: { frames: number }): Film => ({
    ...{ path: 'x', ...frameSize, seconds: null, frameRate: null, sound: false, format: 'test', damage: [] },
    async *frames(): AsyncGenerator<FilmFrame> {
      for (let i = 0; i < count; i++) {
        made.frames++;
        const image: RgbImage = drawBlobs([{ x: 10, y: 10, who: 'red', level: 60 }]);
        yield { time: i * 0.04, picture: { ...frameSize, image } };
      }
    },
  });

  it('reads no further ahead than a few frames, also where few are looked at', async () => {
    const made = { frames: 0 };
    let given = 0;
    for await (const { frame } of watch(
      film(60, made),
      blobRecogniser(),
      { every: { frames: 20 } },
      {},
      true,
    )) {
      given++;
      expect(made.frames - given).toBeLessThanOrEqual(10);
      if (given === 1) expect(frame).not.toBeNull();
    }
    expect(given).toBe(60);
  });

  it('ends the reading when nobody wants more frames', async () => {
    const made = { frames: 0 };
    for await (const _ of watch(film(1000, made), blobRecogniser(), {}, {}, false)) break;
    expect(made.frames).toBeLessThan(5);
  });
});

it('large films are looked at in a smaller size, unless small faces are asked for', () => {
  expect(searchedSize({ width: 640, height: 480 }, undefined)).toEqual({ width: 640, height: 480 });
  expect(searchedSize({ width: 1920, height: 1080 }, undefined)).toEqual({ width: 960, height: 540 });
  expect(searchedSize({ width: 1920, height: 1080 }, 30)).toEqual({ width: 1280, height: 720 });
  expect(searchedSize({ width: 1920, height: 1080 }, 8)).toEqual({ width: 1920, height: 1080 });
});

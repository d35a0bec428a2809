import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { type Blob, blobGif, blobRecogniser } from '../../test/film/blobs.js';
import { ffmpeg, hasFfmpeg, needsFfmpeg } from '../../test/film/films.js';
import { isOwnPicture, ownOutputMark } from '../files/own-output.js';
import { openFilm } from '../film/open-film.js';
import type { VideoRow } from '../follow/rows.js';
import { recordVideo } from './record-video.js';
import { summaryText, type VideoSummary } from './summary.js';

const folder = mkdtempSync(join(tmpdir(), 'ferlab-record-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (...name: string[]) => join(folder, ...name);

/** A red one turns from dark to light half way; a green one comes in the second half; a blue one is seen once. */
const story = Array.from({ length: 50 }, (_, i): Blob[] => [
  { x: 10 + i, y: 20, who: 'red', level: i < 25 ? 60 : 200 },
  ...(i >= 25 ? [{ x: 200, y: 150, who: 'green' as const, level: 200 }] : []),
  ...(i === 10 ? [{ x: 200, y: 20, who: 'blue' as const, level: 60 }] : []),
]);
const film = file('story.gif');

const written = (name: string) => readFileSync(file(name), 'utf8');

describe('recordVideo', async () => {
  writeFileSync(film, await blobGif(story));
  const { summary, failure } = await recordVideo(film, blobRecogniser(), { out: file('seen'), smoothing: 0 });

  it('sums up who was seen, for how long and how', () => {
    expect(failure).toBeNull();
    expect(summary).toMatchObject({
      from: 0,
      to: 2,
      frames: 50,
      framesWithoutFaces: 0,
      facesOfNobody: 1,
      stopped: null,
    });
    const [red, green, ...others] = summary.people;
    expect(others).toEqual([]);
    expect(red).toMatchObject({ person: 1, first: 0, last: 1.96, seconds: 2, frames: 50, changes: 1 });
    expect(red!.expressions).toEqual({ dark: 0.5, light: 0.5 });
    expect(green).toMatchObject({ person: 2, first: 1, seconds: 1, frames: 25, changes: 0 });
    expect(green!.expressions).toEqual({ light: 1 });
    const text = summaryText(summary);
    expect(text).toMatch(/320 x 240, 2\.0 s from 0\.0 s on, 50 frames looked at, 0 without a face/);
    expect(text).toMatch(/1 +0\.0 - 2\.0 s +2\.0 s +1 +dark 50%, light 50%/);
    expect(text).toMatch(/^1 face was seen in one frame only/m);
  });

  it('writes a row for each person and frame, the same in both files', () => {
    const rows = written('seen/faces.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as VideoRow);
    const table = parse(written('seen/faces.csv'), { columns: true }) as Record<string, string>[];
    expect(rows).toHaveLength(50 + 25 + 1);
    expect(table).toHaveLength(rows.length);
    for (const [i, row] of rows.entries()) {
      const line = table[i]!;
      expect([Number(line.time), line.person, line.smoothed_expression]).toEqual([
        row.time,
        String(row.person ?? ''),
        row.smoothed!.expression,
      ]);
      expect(Number(line.light)).toBe(row.probabilities!.light);
      expect(Number(line.smoothed_dark)).toBe(row.smoothed!.probabilities.dark);
      expect([line.x, line.y, line.width, line.height].map(Number)).toEqual(row.box);
    }
    expect(rows.filter(({ person }) => person === null).map(({ time }) => time)).toEqual([0.4]);
  });

  it('writes the summary and timelines, and other commands know the folder as ours', async () => {
    expect(readdirSync(file('seen')).sort()).toEqual(
      ['faces.csv', 'faces.jsonl', 'summary.json', 'summary.txt']
        .concat(['timeline', 'person-1', 'person-2'].flatMap((name) => [`${name}.png`, `${name}.svg`]))
        .sort(),
    );
    expect(JSON.parse(written('seen/summary.json'))).toEqual(summary satisfies VideoSummary);
    expect(await ownOutputMark(file('seen'))).toBe('summary.json');
    expect(['timeline.png', 'person-12.png', 'person.png'].map(isOwnPicture)).toEqual([true, true, false]);
  });

  it('refuses folders and films that are there, before it watches', async () => {
    await expect(recordVideo(film, blobRecogniser(), { out: file('seen') })).rejects.toThrow(
      /new or empty folder/,
    );
    const looked: never[] = [];
    await expect(recordVideo(film, blobRecogniser(looked), { annotate: film })).rejects.toThrow(
      /ends in \.mp4/,
    );
    expect(looked).toEqual([]);
  });

  it('stopped, leaves rows, summary and plots of what was seen', async () => {
    const controller = new AbortController();
    const stopped = await recordVideo(
      film,
      blobRecogniser(),
      { out: file('stopped') },
      { signal: controller.signal, onProgress: ({ frames }) => frames === 20 && controller.abort() },
    );
    expect(stopped.failure).toMatchObject({ kind: 'interrupted' });
    expect(stopped.summary.frames).toBe(21);
    expect(written('stopped/faces.csv').trimEnd().split('\n')).toHaveLength(1 + 21 + 1);
    const summary = JSON.parse(written('stopped/summary.json')) as VideoSummary;
    expect(summary).toEqual(stopped.summary);
    expect(summary.stopped).not.toBeNull();
    expect(existsSync(file('stopped', 'timeline.png'))).toBe(true);
  });

  it('a film without anybody has a summary that says so', async () => {
    writeFileSync(file('nobody.gif'), await blobGif([[], [], []]));
    const nobody = await recordVideo(file('nobody.gif'), blobRecogniser(), { out: file('nobody') });
    expect(summaryText(nobody.summary)).toMatch(/Nobody was seen/);
    expect(readdirSync(file('nobody')).sort()).toEqual([
      'faces.csv',
      'faces.jsonl',
      'summary.json',
      'summary.txt',
    ]);
  });

  it.skipIf(!hasFfmpeg)(`annotates every frame, with the sound${needsFfmpeg}`, async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=d=2', '-c:a', 'aac', '-shortest'];
    ffmpeg('-i', film, ...sound, '-c:v', 'mpeg4', '-q:v', '2', file('story.mp4'));
    const options = { annotate: file('marked.mp4'), every: { frames: 10 }, out: file('annotated') };
    const { summary: some } = await recordVideo(file('story.mp4'), blobRecogniser(), options);
    expect(some).toMatchObject({ frames: 5, warnings: [] });
    const marked = await openFilm(file('marked.mp4'));
    expect(marked).toMatchObject({ width: 320, height: 240, sound: true });
    let frames = 0;
    let yellow = 0;
    for await (const { picture } of marked.frames(marked)) {
      const { data } = picture.image;
      for (let at = 0; at < data.length; at += 3)
        if (data[at]! > 190 && data[at + 1]! > 180 && data[at + 2]! < 130) {
          yellow++;
          break;
        }
      frames++;
    }
    expect([frames, yellow]).toEqual([50, 50]);
  });

  it.skipIf(!hasFfmpeg)(`an annotated film that is stopped is whole${needsFfmpeg}`, async () => {
    const controller = new AbortController();
    const { failure: why } = await recordVideo(
      film,
      blobRecogniser(),
      { annotate: file('part.mp4') },
      { signal: controller.signal, onProgress: ({ frames }) => frames === 20 && controller.abort() },
    );
    expect(why).toMatchObject({ kind: 'interrupted' });
    const part = await openFilm(file('part.mp4'));
    let frames = 0;
    for await (const _ of part.frames(part)) frames++;
    expect(frames).toBe(21);
  });
});

// Films through the built program: drawn people found by the detector that comes with it, wrong uses, Ctrl-C.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ffmpeg, hasFfmpeg, needsFfmpeg } from '../film/films.js';
import { startFerlab } from './process.js';
import { expectRefusal, ferlab, succeed, temporaryFolder } from './program.js';

const script = new URL('../../scripts/draw-film.js', import.meta.url).href;
const { drawFilm } = (await import(script)) as {
  drawFilm(path: string, seconds: number, rate?: number): Promise<void>;
};

interface Summary {
  frames: number;
  people: { person: number; seconds: number; expressions: Record<string, number> }[];
}

describe('ferlab video', () => {
  it('follows drawn people through an animation, without ffmpeg', async () => {
    const folder = await temporaryFolder();
    await drawFilm(path.join(folder, 'people.gif'), 4, 3);
    const before = process.env.PATH;
    process.env.PATH = folder;
    let printed: string;
    try {
      printed = await succeed(['video', 'people.gif', '--out', 'seen', '--json'], folder);
    } finally {
      process.env.PATH = before;
    }
    const summary = JSON.parse(printed) as Summary;
    expect(summary.frames).toBe(12);
    expect(summary.people.length).toBeGreaterThanOrEqual(2);
    for (const { expressions } of summary.people.slice(0, 2))
      expect(Object.values(expressions).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 2);
    const text = readFileSync(path.join(folder, 'seen', 'summary.txt'), 'utf8');
    expect(text).toMatch(/Person +From - to/);
    const names = readdirSync(path.join(folder, 'seen'));
    expect(names).toEqual(
      expect.arrayContaining(['faces.csv', 'faces.jsonl', 'timeline.svg', 'person-1.png']),
    );
  });

  it('refuses what is no film and options that can not be', async () => {
    const folder = await temporaryFolder();
    writeFileSync(path.join(folder, 'empty.mp4'), '');
    const use = (...args: string[]) => ferlab(['video', ...args], folder);
    expectRefusal(await use('empty.mp4'), 3, /found an empty file/);
    expectRefusal(await use('missing.mp4'), 3, /no such file/);
    expectRefusal(await use('http://example.org/a.mp4'), 3, /no such file/);
    expectRefusal(await use('a.mp4', 'b.mp4'), 2, /expected one film, got 2/);
    expectRefusal(await use('a.mp4', '--every', '0'), 2, /--every: expected/);
    expectRefusal(await use('a.mp4', '--every', '1.5f'), 2, /--every: expected/);
    expectRefusal(await use('a.mp4', '--start', 'soon'), 2, /--start: expected seconds/);
    expectRefusal(await use('a.mp4', '--smoothing', '-1'), 2, /--smoothing: expected/);
    expect(readdirSync(folder)).toEqual(['empty.mp4']);
  });

  it.skipIf(!hasFfmpeg)(
    `stops at Ctrl-C with whole files${needsFfmpeg}`,
    async () => {
      const folder = await temporaryFolder();
      ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=640x480:d=120', '-c:v', 'mpeg4', path.join(folder, 'long.mp4'));
      const args = ['video', 'long.mp4', '--out', 'seen', '--annotate', 'marked.mp4'];
      const { child, finished } = startFerlab(args, folder);
      const inFolder = (...names: string[]) => path.join(folder, ...names);
      // The encoder's file has content once frames have gone through.
      await expect
        .poll(() => readdirSync(folder).some((name) => name.endsWith('.tmp')), { timeout: 120_000 })
        .toBe(true);
      await new Promise((wake) => setTimeout(wake, 3000));
      child.kill('SIGINT');
      const { code, stdout } = await finished;
      expect(code).toBe(130);
      expect(stdout).toMatch(/frames looked at/);
      const summary = JSON.parse(readFileSync(inFolder('seen', 'summary.json'), 'utf8')) as Summary;
      expect(summary.frames).toBeGreaterThan(0);
      expect(summary.frames).toBeLessThan(120 * 25);
      expect(existsSync(inFolder('marked.mp4'))).toBe(true);
      ffmpeg('-xerror', '-i', inFolder('marked.mp4'), '-f', 'null', '-');
      expect(readdirSync(folder).sort()).toEqual(['long.mp4', 'marked.mp4', 'seen']);
    },
    240_000,
  );
});

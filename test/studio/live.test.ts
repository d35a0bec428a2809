// The webcam and films in the Recognise view. The webcam is a file of a photograph that moves.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { browser as executable, named } from '../browser/chromium.js';
import { temporaryFolder } from '../e2e/program.js';
import { launch, type Opened, openPage, saved, startWithWebcam } from './open.js';

interface Recorded {
  source: string;
  classes: string[];
  rows: { time: number; person: number | null; box: number[]; expression?: string; smoothed?: object }[];
}

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

describe.skipIf(executable === null)(named('what moves'), () => {
  const cleaning: (() => Promise<unknown> | unknown)[] = [];
  let folder = '';
  let chrome: Browser;
  let opened: Opened;

  beforeAll(async () => {
    folder = await temporaryFolder((clean) => cleaning.push(clean));
    ({ opened, chrome } = await startWithWebcam(folder, cleaning));
  });

  afterAll(async () => {
    for (const clean of cleaning.reverse()) await clean();
  });

  it('follows a person at the webcam, over time, and lets go of the camera', async () => {
    const { page, complaints } = await openPage(chrome, opened.origin);
    await page.getByText('Webcam', { exact: true }).click();
    await page.getByRole('button', { name: 'Start the camera' }).click();
    await page.waitForSelector('.face-card');
    await page.waitForSelector('.timeline img');
    expect(await page.getAttribute('.timeline img', 'alt')).toMatch(/person 1: happy \d+%/);
    expect(await page.textContent('.pace')).toMatch(/frames\/s .* behind/);
    // People see themselves as in a mirror, and the box stands where they see their face.
    const [turned, box] = await page.evaluate(() => {
      const video = document.querySelector('.shown video')!;
      const { scale, transform } = getComputedStyle(video);
      const overlay = document.querySelector('.overlay')!.getBoundingClientRect();
      const face = document.querySelector('.overlay .box')!.getBoundingClientRect();
      return [[scale, transform], (face.x + face.width / 2 - overlay.x) / overlay.width] as const;
    });
    expect(turned).toEqual(['-1 1', 'none']);
    expect(box).toBeGreaterThan(0.5); // in the film the face stands left of the middle
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Go on' }).waitFor();
    const { name, bytes } = await saved(page, 'JSON');
    expect(name).toBe('webcam.json');
    const recorded = JSON.parse(bytes.toString()) as Recorded;
    expect(recorded.source).toBe('webcam');
    expect(recorded.rows.length).toBeGreaterThan(1);
    // Where frames are seconds apart, the same face may come back as somebody else.
    expect(recorded.rows.some(({ person }) => person === 1)).toBe(true);
    expect(recorded.rows.at(-1)).toMatchObject({ expression: 'happy', smoothed: { expression: 'happy' } });
    const csv = (await saved(page, 'CSV')).bytes.toString().trim().split('\n');
    expect(csv[0]).toMatch(/^time,person,x,y,width,height,score,expression,smoothed_expression,/);
    expect(csv.length).toBeGreaterThanOrEqual(recorded.rows.length);
    const shot = await saved(page, 'Snapshot');
    expect(await sharp(shot.bytes).metadata()).toMatchObject({ format: 'png', width: 640, height: 480 });
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Start the camera' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it.skipIf(!hasFfmpeg)(
    `follows the people of a film${hasFfmpeg ? '' : ' (skipped: no ffmpeg to make one)'}`,
    async () => {
      const film = path.join(folder, 'film.webm');
      const input = path.join(folder, 'webcam.mjpeg');
      const made = spawnSync('ffmpeg', [
        ...['-v', 'error', '-framerate', '10', '-i', input, '-vf', 'scale=480:-2'],
        ...['-c:v', 'libvpx', '-b:v', '1M', '-deadline', 'realtime', film],
      ]);
      expect(made.status, String(made.stderr)).toBe(0);
      const { page, complaints } = await openPage(chrome, opened.origin);
      await page.getByText('Film', { exact: true }).click();
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        page.getByRole('button', { name: 'Choose a film' }).click(),
      ]);
      await chooser.setFiles(film);
      await page.waitForSelector('.face-card');
      await page
        .locator('video')
        .evaluate(
          (video: HTMLVideoElement) =>
            video.ended || new Promise((resolve) => video.addEventListener('ended', () => resolve(true))),
        );
      const { name, bytes } = await saved(page, 'JSON');
      expect(name).toBe('film.json');
      const { rows } = JSON.parse(bytes.toString()) as Recorded;
      expect(rows.length).toBeGreaterThan(1);
      for (const [i, row] of rows.entries()) if (i > 0) expect(row.time).toBeGreaterThan(rows[i - 1]!.time);
      expect(rows.at(-1)!.time).toBeLessThanOrEqual(2);
      expect(complaints).toEqual([]);
    },
  );

  it('says what to do where the camera is refused', async () => {
    const plain = await launch('--deny-permission-prompts');
    onTestFinished(() => plain.close());
    const { page } = await openPage(plain, opened.origin);
    await page.getByText('Webcam', { exact: true }).click();
    await page.getByRole('button', { name: 'Start the camera' }).click();
    expect(await page.locator('[role=alert]').textContent()).toMatch(
      /Allow it beside the address|No camera was found/,
    );
  });
});

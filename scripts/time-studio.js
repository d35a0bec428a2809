// `node scripts/time-studio.js [SECONDS]`: how fast the studio is in chromium on this machine: from opening to the first answer,
// on a first and a second visit; frames of a webcam of 640x480 recognised in a second, and how old they are; the longest tasks of the
// page's main thread meanwhile; and a lesson of three classes with sixty drawn samples each. Prints Markdown.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { drawSample } from '../dist/data/sample/write.js';
import { openStudio } from '../dist/studio/server.js';

const seconds = Number(process.argv[2] ?? 20);
const astronaut = fileURLToPath(new URL('../test/data/astronaut.jpg', import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ferlab-time-studio-'));

/** A webcam's film: the photograph, moving a little, as JPEG files one after the other. */
async function writeWebcam(file) {
  const large = await sharp(astronaut).resize(720, 720).toBuffer();
  const frames = Array.from({ length: 20 }, (_, i) => {
    const left = 30 + Math.round(6 * Math.sin((i * Math.PI) / 10));
    return sharp(large).extract({ left, top: 12, width: 640, height: 480 }).jpeg({ quality: 92 }).toBuffer();
  });
  fs.writeFileSync(file, Buffer.concat(await Promise.all(frames)));
}

/** Collects tasks of the main thread that take longer than 50 ms. */
const watchTasks = () => {
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longTasks.push(duration);
  }).observe({ type: 'longtask', buffered: true });
};
const longest = async (page) => Math.max(0, ...(await page.evaluate(() => window.longTasks)));

async function openPage(context, origin) {
  const page = await context.newPage();
  page.setDefaultTimeout(600_000);
  await page.addInitScript(watchTasks);
  await page.goto(`${origin}/`);
  return page;
}

/** Milliseconds from opening the page to the face of a picture that is given at once. */
async function firstAnswer(context, origin) {
  const from = performance.now();
  const page = await openPage(context, origin);
  await page.locator('input[type=file]:not([webkitdirectory])').first().setInputFiles(astronaut);
  await page.waitForSelector('.face-card');
  const taken = performance.now() - from;
  await page.close();
  return taken;
}

async function webcam(context, origin) {
  const page = await openPage(context, origin);
  await page.waitForSelector('[data-state=ready]');
  await page.getByText('Webcam', { exact: true }).click();
  await page.getByRole('button', { name: 'Start the camera' }).click();
  await page.waitForSelector('.face-card');
  await page.waitForTimeout(3000);
  await page.evaluate(() => window.longTasks.splice(0));
  const paces = [];
  for (let i = 0; i < seconds; i++) {
    await page.waitForTimeout(1000);
    paces.push(await page.textContent('.pace'));
  }
  const tasks = await longest(page);
  await page.close();
  const numbers = paces.map((pace) => (pace.match(/[\d.]+/g) ?? []).map(Number));
  const median = (k) => numbers.map((found) => found[k]).sort((a, b) => a - b)[numbers.length >> 1];
  return { pace: `${median(0)} frames/s, ${median(1)} ms behind (medians over ${seconds} s)`, tasks };
}

async function lesson(context, origin) {
  const page = await openPage(context, origin);
  await page.waitForSelector('[data-state=ready]');
  await page.getByRole('link', { name: 'Teach' }).click();
  await page.getByRole('button', { name: 'Add a class' }).click();
  const expressions = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];
  for (const [i, name] of ['happy', 'sad', 'surprise'].entries()) {
    const files = await Promise.all(
      Array.from({ length: 60 }, async (_, person) => {
        const index = person * expressions.length + expressions.indexOf(name);
        const { pixels } = await drawSample('train', index, 0, 48);
        const buffer = await sharp(pixels, { raw: { width: 48, height: 48, channels: 1 } })
          .png()
          .toBuffer();
        return { name: `${name}-${person}.png`, mimeType: 'image/png', buffer };
      }),
    );
    const card = page.locator('.class-card').nth(i);
    await card.getByRole('textbox').fill(name);
    await card.locator('input[type=file]').first().setInputFiles(files);
    await card.getByText('60 samples').waitFor();
  }
  await page.evaluate(() => window.longTasks.splice(0));
  const from = performance.now();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.locator('progress').waitFor();
  await page.locator('progress').waitFor({ state: 'detached' });
  const taken = performance.now() - from;
  const outcome = await page.locator('section[aria-label=Outcome]').innerText();
  const tasks = await longest(page);
  await page.close();
  return { taken, right: outcome.match(/Right on \d+%/)?.[0] ?? 'no outcome', tasks };
}

const film = path.join(folder, 'webcam.mjpeg');
await writeWebcam(film);
const studio = await openStudio({ folders: [], host: '127.0.0.1', token: null });
const origin = await studio.listen({ host: '127.0.0.1', port: 0 });
const chrome = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
  ],
});
try {
  const context = await chrome.newContext({ viewport: { width: 1280, height: 900 } });
  const ms = (value) => `${Math.round(value)} ms`;
  const first = await firstAnswer(context, origin);
  const second = await firstAnswer(context, origin);
  const camera = await webcam(context, origin);
  const taught = await lesson(context, origin);
  const load = os.loadavg().map((value) => value.toFixed(1));
  console.log(`${os.cpus()[0]?.model}, ${os.availableParallelism()} cores\nLoad: ${load.join(', ')}\n
| what | measured |
| --- | --- |
| first answer after opening, first visit | ${ms(first)} |
| the same, second visit | ${ms(second)} |
| webcam, 640x480, one face | ${camera.pace} |
| longest task of the main thread meanwhile | ${ms(camera.tasks)} |
| lesson, 3 classes of 60 samples | ${(taught.taken / 1000).toFixed(1)} s, ${taught.right} |
| longest task of the main thread meanwhile | ${ms(taught.tasks)} |`);
} finally {
  await chrome.close();
  await studio.close();
  fs.rmSync(folder, { recursive: true });
}

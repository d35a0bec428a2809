// `node scripts/studio-pictures.js [FOLDER]`: opens the studio in chromium and takes pictures of its views: without a folder those
// of the docs, with one every view at the widths of phones, small and large screens, in light and dark colours, to look at.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { drawSample } from '../dist/data/sample/write.js';
import { openStudio } from '../dist/studio/server.js';
import { buildPageWhereNeeded } from './page.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Eileen Collins, NASA, public domain. */
const astronaut = path.join(root, 'test/data/astronaut.jpg');
const patience = 120_000;

/** A webcam's film: the photograph, moving a little, as JPEG files one after the other. */
async function writeWebcam(file) {
  const large = await sharp(astronaut).resize(720, 720).toBuffer();
  const frames = Array.from({ length: 20 }, (_, i) => {
    const left = 30 + Math.round(6 * Math.sin((i * Math.PI) / 10));
    return sharp(large).extract({ left, top: 12, width: 640, height: 480 }).jpeg({ quality: 92 }).toBuffer();
  });
  fs.writeFileSync(file, Buffer.concat(await Promise.all(frames)));
}

/** Drawn faces of an expression, as files. */
function drawn(expression, count) {
  const names = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];
  return Promise.all(
    Array.from({ length: count }, async (_, person) => {
      const { pixels } = await drawSample('train', person * names.length + names.indexOf(expression), 0, 96);
      const raw = { width: 96, height: 96, channels: 1 };
      const buffer = await sharp(pixels, { raw }).png().toBuffer();
      return { name: `${expression}-${person}.png`, mimeType: 'image/png', buffer };
    }),
  );
}

const ready = (page) => page.waitForSelector('[data-state=ready]');

async function showPicture(page) {
  await ready(page);
  await page.locator('input[type=file]:not([webkitdirectory])').first().setInputFiles(astronaut);
  await page.waitForSelector('.face-card');
}

/** Each brings a page to what is to be seen. */
const scenes = {
  empty: ready,
  picture: showPicture,
  compare: async (page) => {
    await showPicture(page);
    await page.getByLabel('Compare with').selectOption({ index: 2 });
    await page.waitForSelector('.compared');
  },
  webcam: async (page) => {
    await ready(page);
    await page.getByText('Webcam', { exact: true }).click();
    await page.getByRole('button', { name: 'Start the camera' }).click();
    await page.waitForSelector('.timeline img');
    await page.waitForTimeout(4000);
  },
  film: async (page) => {
    await ready(page);
    await page.getByText('Film', { exact: true }).click();
    await page.waitForSelector('.drop-zone');
  },
  teach: async (page) => {
    await ready(page);
    await page.getByRole('link', { name: 'Teach' }).click();
    await page.waitForSelector('.class-card');
  },
  taught: async (page) => {
    await scenes.teach(page);
    await page.getByRole('button', { name: 'Add a class' }).click();
    for (const [i, name] of ['happy', 'sad', 'surprise'].entries()) {
      const card = page.locator('.class-card').nth(i);
      await card.getByRole('textbox').fill(name);
      await card
        .locator('input[type=file]')
        .first()
        .setInputFiles(await drawn(name, 14));
      await card.getByText('14 samples').waitFor();
    }
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await page.locator('section[aria-label=Outcome]').waitFor();
    await page.evaluate(() => window.scrollTo(0, 0));
  },
};

async function take(browser, origin, scene, { width, height, colours, file }) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: colours });
  page.setDefaultTimeout(patience);
  page.on('pageerror', (error) => process.stderr.write(`${scene}: ${error.message}\n`));
  page.on('console', (message) => {
    if (message.type() === 'error') process.stderr.write(`${scene}: ${message.text()}\n`);
  });
  await page.goto(origin);
  await scenes[scene](page);
  const shot = await page.screenshot();
  await sharp(shot).webp({ quality: 88 }).toFile(file);
  await page.close();
  process.stdout.write(`${file}\n`);
}

/** What is taken: for the docs, or everything into a folder. */
function plan(folder) {
  if (folder === undefined) {
    const docs = (name) => path.join(root, 'docs', name);
    const size = { width: 1180, height: 760, colours: 'light' };
    return [
      ['picture', { ...size, file: docs('studio.webp') }],
      ['compare', { ...size, height: 900, file: docs('studio-compare.webp') }],
      ['webcam', { ...size, height: 980, file: docs('studio-webcam.webp') }],
      ['taught', { ...size, height: 1000, file: docs('studio-teach.webp') }],
    ];
  }
  fs.mkdirSync(folder, { recursive: true });
  const only = process.argv[3]?.split(',') ?? Object.keys(scenes);
  const sizes = [
    { width: 390, height: 844 },
    { width: 1024, height: 768 },
    { width: 1920, height: 1080 },
  ];
  return only.flatMap((scene) =>
    sizes.flatMap((size) =>
      ['light', 'dark'].map((colours) => [
        scene,
        { ...size, colours, file: path.join(folder, `${scene}-${size.width}-${colours}.webp`) },
      ]),
    ),
  );
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'ferlab-studio-pictures-'));
await buildPageWhereNeeded();
await writeWebcam(path.join(work, 'webcam.mjpeg'));
for (const name of ['quick', 'tiny']) {
  fs.mkdirSync(path.join(work, 'runs', name), { recursive: true });
  fs.copyFileSync(
    path.join(root, 'docs/results', name, 'last.onnx'),
    path.join(work, 'runs', name, 'last.onnx'),
  );
}
const studio = await openStudio({ folders: [path.join(work, 'runs')], host: '127.0.0.1', token: null });
const origin = await studio.listen({ host: '127.0.0.1', port: 0 });
const browser = await chromium.launch({
  executablePath: browsers.find((file) => fs.existsSync(file)),
  args: [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${path.join(work, 'webcam.mjpeg')}`,
  ],
});
try {
  for (const [scene, how] of plan(process.argv[2])) await take(browser, origin, scene, how);
} finally {
  await browser.close();
  studio.server.closeAllConnections();
  await studio.close();
  fs.rmSync(work, { recursive: true, force: true });
}

// Starts the studio and opens it in chromium, as a person would find it. What the page complains of, and whatever it asks of
// others, is collected.

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import { openStudio } from '../../dist/studio/server.js';
import { browser as executable } from '../browser/chromium.js';
import { checkout } from '../e2e/process.js';

export const astronaut = path.join(checkout, 'test/data/astronaut.jpg');

/** Milliseconds that anything in the page may take, on a machine that does much else. */
const patience = 60_000;

export interface Opened {
  studio: FastifyInstance;
  origin: string;
}

/** The studio with a folder of two runs: `runs/quick` and `runs/tiny`. */
export async function startStudio(folder: string): Promise<Opened> {
  for (const name of ['quick', 'tiny']) {
    mkdirSync(path.join(folder, 'runs', name), { recursive: true });
    const model = path.join(checkout, `docs/results/${name}/last.onnx`);
    copyFileSync(model, path.join(folder, 'runs', name, 'last.onnx'));
  }
  const studio = await openStudio({ folders: [path.join(folder, 'runs')], host: '127.0.0.1', token: null });
  return { studio, origin: await studio.listen({ host: '127.0.0.1', port: 0 }) };
}

export function launch(...args: string[]): Promise<Browser> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: executable!, args: [...sandbox, ...args] });
}

export interface OpenedPage {
  page: Page;
  /** Errors and warnings of the console, and requests of other origins. */
  complaints: string[];
}

/** Opens the page and waits until its engine runs. */
export async function openPage(
  chrome: Browser,
  origin: string,
  theme: 'light' | 'dark' = 'light',
): Promise<OpenedPage> {
  const page = await chrome.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: theme });
  onTestFinished(() => page.close());
  page.setDefaultTimeout(patience);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('blob:')) complaints.push(`request: ${url}`);
  });
  await page.goto(`${origin}/`);
  await page.waitForSelector('[data-state=ready]');
  return { page, complaints };
}

/** A file as the page's events carry it. */
export interface GivenFile {
  name: string;
  type: string;
  bytes: Buffer;
}

export async function asPng(file: string, name: string): Promise<GivenFile> {
  return { name, type: 'image/png', bytes: await sharp(file).png().toBuffer() };
}

/** Drops files on the page, or pastes them. */
export async function give(page: Page, how: 'drop' | 'paste', files: readonly GivenFile[]): Promise<void> {
  const given = files.map(({ name, type, bytes }) => ({ name, type, text: bytes.toString('base64') }));
  await page.evaluate(
    ({ how, given }) => {
      const transfer = new DataTransfer();
      for (const { name, type, text } of given) {
        const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type }));
      }
      const place = document.querySelector('main')!;
      const event =
        how === 'drop'
          ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true });
      place.dispatchEvent(event);
    },
    { how, given },
  );
}

/** The bytes of what pressing a button saves. */
export async function saved(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: button, exact: true }).click();
  const download = await waiting;
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** The studio, and chromium with a webcam, which shows the film at `film`. `cleaning` takes what has to be closed, in order. */
export async function startWithWebcam(
  folder: string,
  cleaning: (() => Promise<unknown> | unknown)[],
): Promise<{ opened: Opened; chrome: Browser; film: string }> {
  const opened = await startStudio(folder);
  cleaning.push(() => opened.studio.close());
  const film = path.join(folder, 'webcam.mjpeg');
  writeFileSync(film, await webcamFilm());
  const chrome = await launch(
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
  );
  cleaning.push(() => chrome.close());
  return { opened, chrome, film };
}

/** A film of the astronaut's face, which moves, in the form that chromium takes for a webcam: JPEG files one after the other. */
async function webcamFilm(): Promise<Buffer> {
  const large = await sharp(astronaut).resize(720, 720).toBuffer();
  const frames = Array.from({ length: 20 }, (_, i) =>
    sharp(large)
      .extract({
        left: 30 + Math.round(6 * Math.sin((i * Math.PI) / 10)),
        top: 10 + Math.round(4 * Math.cos((i * Math.PI) / 10)),
        width: 640,
        height: 480,
      })
      .jpeg({ quality: 92, chromaSubsampling: '4:2:0' })
      .toBuffer(),
  );
  return Buffer.concat(await Promise.all(frames));
}

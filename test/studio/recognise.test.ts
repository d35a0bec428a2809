// The Recognise view as a person uses it: its answers are those of the command line, and it asks nobody else.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PictureFacesJson, RecognisedFaceJson } from '../../src/faces/recognised.js';
import type { Prediction } from '../../src/predict/model.js';
import { browser as executable, named } from '../browser/chromium.js';
import { checkout } from '../e2e/process.js';
import { succeed, temporaryFolder } from '../e2e/program.js';
import { asPng, astronaut, give, launch, type Opened, openPage, saved, startStudio } from './open.js';

type FileJson = { file: string } & PictureFacesJson;

function expectSame(found: readonly RecognisedFaceJson[], expected: readonly RecognisedFaceJson[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, face] of expected.entries()) {
    for (const [k, value] of face.box.entries()) expect(Math.abs(found[i]!.box[k]! - value)).toBeLessThan(1);
    expectSamePrediction(found[i] as Prediction, face as Prediction);
  }
}

function expectSamePrediction(found: Prediction, expected: Prediction): void {
  expect(found.expression).toBe(expected.expression);
  for (const [name, probability] of Object.entries(expected.probabilities))
    expect(Math.abs(found.probabilities[name]! - probability), name).toBeLessThan(1e-4);
}

/** What axe finds against the page, by rule and place. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}

describe.skipIf(executable === null)(named('the Recognise view'), () => {
  const cleaning: (() => Promise<unknown> | unknown)[] = [];
  let folder = '';
  let chrome: Browser;
  let opened: Opened;
  let png = '';

  beforeAll(async () => {
    folder = await temporaryFolder((clean) => cleaning.push(clean));
    opened = await startStudio(folder);
    cleaning.push(() => opened.studio.close());
    chrome = await launch();
    cleaning.push(() => chrome.close());
    png = path.join(folder, 'astronaut.png');
    await sharp(astronaut).png().toFile(png);
  });

  afterAll(async () => {
    for (const clean of cleaning.reverse()) await clean();
  });

  /** The answer to the first dropped picture, read from what the page exports. */
  async function exported(page: Page): Promise<FileJson[]> {
    await page.waitForSelector('.face-card');
    return JSON.parse((await saved(page, 'JSON')).bytes.toString());
  }

  it('gives the answer of the command line to a dropped picture, in bars and as files', async () => {
    const { page, complaints } = await openPage(chrome, opened.origin);
    await give(page, 'drop', [await asPng(astronaut, 'astronaut.png')]);
    const found = await exported(page);
    const expected = JSON.parse(await succeed(['predict', '--json', png], folder)) as FileJson[];
    expect(found[0]).toMatchObject({ file: 'astronaut.png', width: 512, height: 512 });
    expectSame(found[0]!.faces, expected[0]!.faces);
    const [best] = (expected[0]!.faces[0] as Prediction).ranking;
    expect(await page.textContent('.bars span.first')).toBe(best!.label);
    expect(await page.getAttribute('.shown-picture', 'alt')).toContain(`face 1: ${best!.label}`);
    const csv = (await saved(page, 'CSV')).bytes.toString();
    const ours = csv.split('\n');
    const theirs = (await succeed(['predict', '--csv', png], folder)).split('\n');
    expect(ours[0]).toBe(theirs[0]);
    expect(ours).toHaveLength(theirs.length);
    const copy = await saved(page, 'Snapshot');
    expect(await sharp(copy.bytes).metadata()).toMatchObject({ format: 'png', width: 512, height: 512 });
    expect(complaints).toEqual([]);
  });

  it('takes pasted pictures, crops of faces and pictures without a face', async () => {
    await succeed(['sample', 'faces', '--train', '7', '--validation', '7'], folder);
    const crops = path.join(folder, 'faces/validation/happy');
    const crop = path.join(crops, readdirSync(crops)[0]!);
    const { page, complaints } = await openPage(chrome, opened.origin);
    await give(page, 'paste', [{ name: 'crop.png', type: 'image/png', bytes: readFileSync(crop) }]);
    const [found] = (await exported(page)) as unknown as Prediction[];
    const [expected] = JSON.parse(await succeed(['predict', '--json', crop], folder)) as Prediction[];
    expectSamePrediction(found!, expected!);
    const sky = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#88aacc' } })
      .png()
      .toBuffer();
    await give(page, 'drop', [{ name: 'sky.png', type: 'image/png', bytes: sky }]);
    await page.getByText('No face was found in this picture').waitFor();
    expect(await page.locator('.filmstrip button').count()).toBe(2);
    await page.getByRole('button', { name: 'Take it whole' }).click();
    await page.waitForSelector('.face-card');
    await give(page, 'drop', [{ name: 'broken.png', type: 'image/png', bytes: Buffer.from('no picture') }]);
    expect(await page.locator('[role=alert]').textContent()).toContain(
      'an image that this browser can decode',
    );
    await give(page, 'drop', [{ name: 'notes.txt', type: 'text/plain', bytes: Buffer.from('text') }]);
    await page.getByText('None of these files').waitFor();
    // Showing a picture that can't be decoded is the browser's own complaint.
    expect(complaints.filter((text) => !text.includes('ERR_'))).toEqual([]);
  });

  it('compares two models on the same picture, and opens a dropped one', async () => {
    const { page, complaints } = await openPage(chrome, opened.origin);
    await give(page, 'drop', [await asPng(astronaut, 'astronaut.png')]);
    await page.waitForSelector('.face-card');
    await page.getByLabel('Compare with').selectOption({ index: 2 });
    await page.waitForSelector('.compared');
    const parts = JSON.parse((await saved(page, 'JSON')).bytes.toString()) as {
      model: string;
      pictures: FileJson[];
    }[];
    expect(parts.map(({ model }) => model)).toEqual(['ferlab', 'runs/quick/last.onnx']);
    for (const [i, options] of [[], ['--model', 'runs/quick/last.onnx']].entries()) {
      const expected = JSON.parse(await succeed(['predict', '--json', ...options, png], folder));
      expectSame(parts[i]!.pictures[0]!.faces, (expected as FileJson[])[0]!.faces);
    }
    const model = readFileSync(path.join(checkout, 'docs/results/seed/best.onnx'));
    await give(page, 'drop', [{ name: 'mine.onnx', type: '', bytes: model }]);
    await page.locator('option:checked', { hasText: 'mine.onnx' }).waitFor({ state: 'attached' });
    await give(page, 'drop', [{ name: 'broken.onnx', type: '', bytes: Buffer.from('none') }]);
    expect(await page.locator('[role=alert]').textContent()).toContain(
      'expected a model file written by ferlab',
    );
    expect(complaints).toEqual([]);
  });

  it('finds the models from its second visit in the browser, not on the server', async () => {
    const context = await chrome.newContext();
    const fetched: string[] = [];
    for (const visit of [1, 2]) {
      const page = await context.newPage();
      page.on('request', (request) => {
        if (request.url().includes('/api/models/')) fetched.push(`visit ${visit}`);
      });
      context.on('request', (request) => {
        if (request.url().includes('/api/models/')) fetched.push(`visit ${visit}`);
      });
      await page.goto(opened.origin);
      await page.waitForSelector('[data-state=ready]');
      expect(
        await page.evaluate(async () => (await (await caches.open('ferlab-models')).keys()).length),
      ).toBe(3);
      await page.close();
    }
    expect(fetched).not.toContain('visit 2');
    await context.close();
  });

  it.each(['light', 'dark'] as const)('has nothing that axe finds in %s colours', async (theme) => {
    const { page } = await openPage(chrome, opened.origin, theme);
    expect(await violations(page)).toEqual([]);
    await give(page, 'drop', [await asPng(astronaut, 'astronaut.png'), await asPng(astronaut, 'again.png')]);
    await page.waitForSelector('.face-card');
    await page.getByLabel('Compare with').selectOption({ index: 2 });
    await page.waitForSelector('.compared');
    expect(await violations(page)).toEqual([]);
    for (const name of ['Webcam', 'Film']) {
      await page.getByText(name, { exact: true }).click();
      await page.waitForSelector(`.drop-zone`);
      expect(await violations(page)).toEqual([]);
    }
    await page.getByRole('button', { name: /Switch to/ }).click();
    // Colours on their way from one theme to the other are neither's.
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
    expect(await violations(page)).toEqual([]);
  });

  it('is used by keyboard alone', async () => {
    const { page } = await openPage(chrome, opened.origin);
    await give(page, 'drop', [await asPng(astronaut, 'astronaut.png')]);
    await page.waitForSelector('.face-card');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Skip to the view');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
    for (let press = 0; press < 40; press++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement?.textContent)) === 'Face 1') break;
    }
    await page.keyboard.press('Enter');
    expect(await page.locator('.overlay .face[data-chosen]').count()).toBe(1);
  });

  it('says what to do where the server has gone', async () => {
    const other = await startStudio(await temporaryFolder());
    const { page } = await openPage(chrome, other.origin);
    await other.studio.close();
    await page.getByLabel('Model', { exact: true }).selectOption({ index: 2 });
    await give(page, 'drop', [await asPng(astronaut, 'astronaut.png')]);
    await page
      .getByText(/ferlab studio.*still running/)
      .first()
      .waitFor();
  });
});

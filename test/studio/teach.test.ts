// The Teach view: two and three classes of drawn faces, from samples to a model that the command line uses.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { unzipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawSample } from '../../dist/data/sample/write.js';
import { browser as executable, named } from '../browser/chromium.js';
import { succeed, temporaryFolder } from '../e2e/program.js';
import { type GivenFile, give, type Opened, openPage, saved, startWithWebcam } from './open.js';

const expressions = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];
const side = 48;

interface Answered {
  expression: string;
  probabilities: Record<string, number>;
}

/** Crops of drawn people, one file each. Those of `validation` are other people. */
async function draw(
  expression: string,
  count: number,
  split: 'train' | 'validation' = 'train',
): Promise<GivenFile[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, person) => {
      const index = person * expressions.length + expressions.indexOf(expression);
      const { pixels } = await drawSample(split, index, 0, side);
      const image = sharp(pixels, { raw: { width: side, height: side, channels: 1 } });
      return { name: `${expression}-${person}.png`, type: 'image/png', bytes: await image.png().toBuffer() };
    }),
  );
}

const card = (page: Page, number: number) => page.locator('.class-card').nth(number - 1);

async function openTeach(chrome: Browser, { origin }: Opened, theme: 'light' | 'dark' = 'light') {
  const opened = await openPage(chrome, origin, theme);
  await opened.page.getByRole('link', { name: 'Teach' }).click();
  return opened;
}

/** Names a class and gives it files, as a person who drops them does. */
async function addSamples(
  page: Page,
  number: number,
  name: string,
  files: readonly GivenFile[],
): Promise<void> {
  await card(page, number).getByRole('textbox').fill(name);
  await give(page, 'drop', files);
  await card(page, number).getByText(`${files.length} samples`).waitFor();
}

async function train(page: Page, again = false): Promise<string> {
  await page.getByRole('button', { name: again ? 'Train again' : 'Train', exact: true }).click();
  const state = page.locator('progress');
  await state.waitFor();
  await state.waitFor({ state: 'detached', timeout: patience });
  return page.locator('section[aria-label=Outcome]').innerText();
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}

/** Milliseconds: a lesson takes seconds, or minutes on a machine that does much else. */
const patience = 400_000;

describe.skipIf(executable === null)(named('the Teach view'), { timeout: patience }, () => {
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

  it('teaches three classes, whose model the command line uses, with the same answers', async () => {
    const { page, complaints } = await openTeach(chrome, opened);
    const classes = ['happy', 'sad', 'surprise'];
    await page.getByRole('button', { name: 'Add a class' }).click();
    for (const [i, name] of classes.entries()) await addSamples(page, i + 1, name, await draw(name, 12));
    expect(await train(page)).toMatch(/Right on (\d+)%[\s\S]*6 samples were held back/);
    const zip = unzipSync((await saved(page, 'Download samples')).bytes);
    expect(Object.keys(zip).filter((name) => name.startsWith('sad/'))).toHaveLength(12);
    const { name, bytes } = await saved(page, 'Download the model');
    expect(name).toBe('happy-sad-surprise.onnx');
    writeFileSync(path.join(folder, name), bytes);
    await page.getByRole('button', { name: 'Recognise with it' }).click();
    // Only then is there a place to drop pictures on.
    await page.getByRole('heading', { name: 'Recognise' }).waitFor();
    await page.locator('.drop-zone').waitFor();
    mkdirSync(path.join(folder, 'unseen'));
    let right = 0;
    const unseen = (await Promise.all(classes.map((label) => draw(label, 3, 'validation')))).flat();
    for (const file of unseen) writeFileSync(path.join(folder, 'unseen', file.name), file.bytes);
    await give(page, 'drop', unseen);
    await page
      .locator('.filmstrip button[aria-label$="faces: 1"]')
      .nth(unseen.length - 1)
      .waitFor();
    const here = JSON.parse((await saved(page, 'JSON')).bytes.toString()) as (Answered & { file: string })[];
    const there = JSON.parse(
      await succeed(['predict', '--model', name, '--json', 'unseen'], folder),
    ) as (Answered & { file: string })[];
    expect(here).toHaveLength(unseen.length);
    for (const answer of here) {
      const same = there.find(({ file }) => path.basename(file) === answer.file)!;
      for (const label of classes)
        expect(Math.abs(answer.probabilities[label]! - same.probabilities[label]!)).toBeLessThan(1e-4);
      if (answer.file.startsWith(answer.expression)) right++;
    }
    expect(right).toBeGreaterThanOrEqual(7);
    expect(complaints).toEqual([]);
  });

  it('follows samples that are deleted and relabelled, by keyboard too, when it trains again', async () => {
    const { page, complaints } = await openTeach(chrome, opened);
    const [happy, sad] = [await draw('happy', 12), await draw('sad', 12)];
    // Three of the first class belong to the second, and one stands in it twice.
    await addSamples(page, 1, 'glad', [...happy.slice(0, 9), ...sad.slice(0, 3), happy[0]!]);
    await addSamples(page, 2, 'down', sad.slice(3));
    await card(page, 1).locator('.sample[data-mark]').waitFor();
    await train(page);
    await card(page, 1).getByRole('button', { name: 'Delete 1 copy' }).click();
    await card(page, 1).getByText('12 samples').waitFor();
    for (let i = 0; i < 3; i++) {
      await card(page, 1).locator('.sample').nth(9).focus();
      await page.keyboard.press('2');
      await card(page, 2)
        .getByText(`${10 + i} samples`)
        .waitFor();
    }
    await card(page, 1).locator('.sample').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Delete');
    await card(page, 1).getByText('8 samples').waitFor();
    await card(page, 2).locator('.sample').first().click();
    await card(page, 2).getByRole('button', { name: 'Delete', exact: true }).click();
    await card(page, 2).getByText('11 samples').waitFor();
    expect(await train(page, true)).toContain('4 samples were held back');
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Try a picture' }).click(),
    ]);
    const [unseen] = await draw('sad', 1, 'validation');
    await chooser.setFiles({ name: unseen!.name, mimeType: unseen!.type, buffer: unseen!.bytes });
    expect(await page.locator('.tried .bars span.first').textContent()).toBe('down');
    expect(complaints).toEqual([]);
  });

  it('records faces by the webcam while the button is held, and loads samples again', async () => {
    const { page, complaints } = await openTeach(chrome, opened);
    await page.getByRole('button', { name: 'Start the camera', exact: true }).click();
    const record = page.getByRole('button', { name: 'Hold to record first expression' });
    await record.focus();
    await page.keyboard.down('Space');
    await card(page, 1).locator('.sample').nth(2).waitFor();
    await page.keyboard.up('Space');
    const zip = await saved(page, 'Download samples');
    const count = Object.keys(unzipSync(zip.bytes)).length;
    expect(count).toBeGreaterThanOrEqual(3);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    const next = await openTeach(chrome, opened);
    await give(next.page, 'drop', [{ name: zip.name, type: 'application/zip', bytes: zip.bytes }]);
    await card(next.page, 1).getByText(`${count} samples`).waitFor();
    expect(await card(next.page, 1).getByRole('textbox').inputValue()).toBe('first expression');
    await give(next.page, 'drop', [{ name: 'a.zip', type: 'application/zip', bytes: Buffer.from('none') }]);
    await next.page.getByText('expected a zip file of class folders').waitFor();
    expect([...complaints, ...next.complaints]).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has nothing that axe finds in %s colours', async (theme) => {
    const { page } = await openTeach(chrome, opened, theme);
    expect(await violations(page)).toEqual([]);
    await addSamples(page, 1, 'glad', await draw('happy', 8));
    await addSamples(page, 2, 'down', await draw('sad', 8));
    await train(page);
    await card(page, 1).locator('.sample').first().click();
    await page.getByRole('button', { name: 'Start the camera', exact: true }).click();
    await page.locator('.camera video').waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

// A page that Vite built from the packed package answers as the command line does.

import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePackedProject } from '../../bench/packed.js';
import { main } from '../../src/cli/main.js';
import type { FoundFaces } from '../../src/faces/find-faces.js';
import type { FaceJson, PictureFaces, PictureFacesJson } from '../../src/faces/recognised.js';
import type { Prediction } from '../../src/predict/model.js';
import { checkout } from '../e2e/process.js';
import { temporaryFolder } from '../e2e/program.js';
import { browser as executable, named, serve } from './chromium.js';

const tolerance = 1e-4;
const second = path.join(checkout, 'docs/results/quick/last.onnx');

/** Runs the command line in this process. Returns what it printed. */
async function ferlab(...argv: string[]): Promise<string> {
  const text = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    columns: 120,
    write: (part: string) => {
      text[name] += part;
    },
  });
  const code = await main(argv, { out: stream('out'), err: stream('err') });
  expect(code, text.err).toBe(0);
  return text.out;
}

type Answer = Prediction;

function expectSame(found: readonly Answer[], expected: readonly Answer[]): void {
  expect(found.map(({ expression }) => expression)).toEqual(expected.map(({ expression }) => expression));
  for (const [i, { ranking }] of expected.entries())
    for (const { label, probability } of ranking) {
      const same = found[i]!.ranking.find((other) => other.label === label)!;
      expect(Math.abs(same.probability - probability), `${i} ${label}`).toBeLessThan(tolerance);
    }
}

describe.skipIf(executable === null)(named('a page'), () => {
  const cleaning: (() => Promise<void> | void)[] = [];
  let project = '';
  let faces: string[] = [];
  let chrome: Browser;

  beforeAll(async () => {
    project = await temporaryFolder((clean) => cleaning.push(clean));
    const starting = chromium.launch({
      executablePath: executable!,
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    await makePackedProject(project);
    await ferlab('sample', path.join(project, 'faces'), '--train', '7', '--validation', '7');
    const folder = path.join(project, 'faces', 'validation');
    faces = ['happy', 'surprise'].flatMap((name) =>
      readdirSync(path.join(folder, name)).map((file) => path.join(folder, name, file)),
    );
    chrome = await starting;
    cleaning.push(() => chrome.close());
  });

  afterAll(async () => {
    for (const clean of cleaning.reverse()) await clean();
  });

  /** Builds a folder by Vite, without configuration, and opens it. All that it asks for is collected in `requests`. */
  async function open(folder: string): Promise<{ page: Page; origin: string; requests: string[] }> {
    // No report: compressing the engine for its size takes longer than the rest.
    await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      build: { reportCompressedSize: false },
    });
    const { origin, close } = await serve(path.join(folder, 'dist'));
    cleaning.push(close);
    const page = await chrome.newPage();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => {
      throw error;
    });
    await page.goto(origin);
    return { page, origin, requests };
  }

  it('gives the answers of the command line, ten crops and ensembles too, and asks nobody else', async () => {
    const folder = path.join(project, 'predict');
    mkdirSync(path.join(folder, 'public'), { recursive: true });
    copyFileSync(path.join(checkout, 'test/browser/predict.js'), path.join(folder, 'predict.js'));
    copyFileSync(second, path.join(folder, 'second.onnx'));
    for (const [i, face] of faces.entries()) copyFileSync(face, path.join(folder, `public/${i}.png`));
    writeFileSync(path.join(folder, 'index.html'), '<script type="module" src="predict.js"></script>');
    const { page, origin, requests } = await open(folder);
    const answers = (await page.evaluate(
      `window.predictAll(${JSON.stringify(faces.map((_, i) => `${i}.png`))})`,
    )) as Answer[][];
    const options = [[], ['--tta', 'ten-crop'], ['--with', second], ['--with', second, '--tta', 'ten-crop']];
    for (const [i, option] of options.entries())
      expectSame(answers[i]!, JSON.parse(await ferlab('predict', '--json', ...option, ...faces)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(options.length);
    expectSame([(await page.evaluate("window.predictCanvas('0.png')")) as Answer], answers[0]!.slice(0, 1));
    expect(await page.evaluate('window.refuse()')).toBe('model');
    expect(requests.filter((url) => !url.startsWith(`${origin}/`))).toEqual([]);
    expect(requests.some((url) => url.endsWith('.wasm'))).toBe(true);
  });

  it('decodes the bytes of PNG files as the command line does: grey, colours, wholly opaque alpha', async () => {
    const folder = path.join(project, 'bytes');
    mkdirSync(path.join(folder, 'public'), { recursive: true });
    copyFileSync(path.join(checkout, 'test/browser/predict.js'), path.join(folder, 'predict.js'));
    copyFileSync(second, path.join(folder, 'second.onnx'));
    writeFileSync(path.join(folder, 'index.html'), '<script type="module" src="predict.js"></script>');
    const images = ['grey', 'colour', 'alpha'].map((name) => path.join(folder, `public/${name}.png`));
    copyFileSync(faces[0]!, images[0]!);
    const [width, height] = [61, 83];
    const colours = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 13 + (i % 3) * 70) % 256);
    const coloured = () => sharp(colours, { raw: { width, height, channels: 3 } });
    await coloured().png().toFile(images[1]!);
    await coloured().ensureAlpha().png().toFile(images[2]!);
    const { page } = await open(folder);
    const found = (await page.evaluate(
      `window.predictBytes(${JSON.stringify(images.map((file) => path.basename(file)))})`,
    )) as { answers: Answer[]; buffer: Answer; refused: string };
    const expected = JSON.parse(await ferlab('predict', '--json', ...images)) as Answer[];
    expectSame(found.answers, expected);
    expectSame([found.buffer], expected.slice(0, 1));
    expect(found.refused).toBe('data');
  });

  it('finds the faces that the command line finds, and recognises them alike', async () => {
    const folder = path.join(project, 'faces-in-pictures');
    mkdirSync(path.join(folder, 'public'), { recursive: true });
    copyFileSync(path.join(checkout, 'test/browser/predict.js'), path.join(folder, 'predict.js'));
    copyFileSync(second, path.join(folder, 'second.onnx'));
    writeFileSync(path.join(folder, 'index.html'), '<script type="module" src="predict.js"></script>');
    // PNG, since decoders of JPEG differ in single levels.
    const astronaut = sharp(path.join(checkout, 'test/data/astronaut.jpg'));
    const images = ['upright', 'turned'].map((name) => path.join(folder, `public/${name}.png`));
    await astronaut.clone().png().toFile(images[0]!);
    await astronaut.clone().rotate(180).resize(300, 200, { fit: 'cover' }).png().toFile(images[1]!);
    const { page } = await open(folder);
    const names = images.map((file) => path.basename(file));
    const { found, recognised } = (await page.evaluate(
      `window.findAll(${JSON.stringify(names)}, { minFace: 40, maxFaces: 1, rotations: true })`,
    )) as { found: FoundFaces[]; recognised: PictureFaces };
    const options = ['--json', '--min-face', '40', '--max-faces', '1', '--rotations'];
    const expected = JSON.parse(await ferlab('detect', ...options, ...images)) as (FaceJson &
      PictureFacesJson)[];
    for (const [
      i,
      {
        width,
        height,
        faces: [face],
      },
    ] of expected.entries()) {
      expect(found[i]).toMatchObject({ width, height });
      const { box, score, points } = found[i]!.faces[0]!;
      const values = [box.x, box.y, box.width, box.height, ...points.flat()];
      const others = [...face!.box, ...face!.points.flat()];
      for (const [k, value] of values.entries())
        expect(Math.abs(value - others[k]!), `${i}: ${k}`).toBeLessThan(0.1);
      expect(Math.abs(score - face!.score)).toBeLessThan(0.001);
    }
    const [answer] = JSON.parse(await ferlab('predict', ...options, images[0]!)) as PictureFacesJson[];
    expectSame([recognised.faces[0] as unknown as Answer], [answer!.faces[0] as unknown as Answer]);
  });

  it('is what the example shows', async () => {
    const folder = path.join(project, 'page');
    cpSync(path.join(checkout, 'examples/page'), folder, { recursive: true });
    const { page, origin, requests } = await open(folder);
    await page.waitForSelector('#file:not([disabled])');
    await page.setInputFiles('#file', faces);
    await page.waitForFunction("document.querySelector('#result').textContent !== ''");
    const found = JSON.parse((await page.textContent('#result'))!) as Answer[];
    expectSame(found, JSON.parse(await ferlab('predict', '--json', ...faces)));
    expect(requests.filter((url) => !url.startsWith(`${origin}/`))).toEqual([]);
    const { dependencies } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const { peerDependencies } = JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8'));
    expect(dependencies).toMatchObject(peerDependencies);
  });
});

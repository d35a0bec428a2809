// `node scripts/readme-picture.js`: draws the picture at the top of README.md, docs/face.svg: a drawn face, and the
// probabilities that the bundled model gives for it. The face is of the kind that `ferlab sample` draws; nobody's
// photograph. Run it again when the bundled model changes: test/e2e/readme-picture.test.ts fails until then.

import fs from 'node:fs';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
import { drawExpression } from '../dist/data/sample/expressions.js';
import { drawFace, drawIdentity } from '../dist/data/sample/face.js';
import { toGray } from '../dist/image/gray.js';
import { loadModel } from '../dist/index.js';
import { Random } from '../dist/random/random.js';

const file = fileURLToPath(new URL('../docs/face.svg', import.meta.url));

/** Chosen by eye among the first two hundred: a friendly face, and an answer that isn't quite sure. */
const seed = 15;
const pose = { roll: -3, yaw: 1.5, pitch: 0, scale: 1.06, x: 0, y: 1, background: 214 };

/** Pixels; small enough that the text stays legible on a telephone, where the picture is 360 pixels wide. */
const size = { width: 480, height: 236 };
const face = { x: 20, y: 20, side: 196 };
const bars = { x: 316, width: 100, top: 33, step: 28.4, height: 14 };
const colours = {
  card: ['#ffffff', '#14181d'],
  edge: ['#d8dee4', '#2a3139'],
  text: ['#1c2126', '#e8ecf0'],
  muted: ['#525c66', '#a9b3bd'],
  track: ['#eef1f4', '#222930'],
  bar: ['#8fa1b3', '#5d6f80'],
  best: ['#0072b2', '#56b4e9'],
};

function style() {
  const rules = (scheme) =>
    Object.entries(colours)
      .map(([name, pair]) => `.${name}{${name === 'edge' ? 'stroke' : 'fill'}:${pair[scheme]}}`)
      .join('');
  return `<style>text{font:16px 'Helvetica Neue',Arial,'DejaVu Sans',sans-serif}.first{font-weight:600}${rules(0)}@media(prefers-color-scheme:dark){${rules(1)}}</style>`;
}

function bar({ label, probability }, i) {
  const y = bars.top + i * bars.step;
  const first = i === 0;
  const line = y + bars.height / 2 + 5;
  const filled = Math.max(2, bars.width * probability);
  const shape = (width, name) =>
    `<rect class="${name}" x="${bars.x}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${bars.height}" rx="${Math.min(4, width / 2)}"/>`;
  const ink = first ? 'text first' : 'muted';
  return (
    `<text class="${ink}" x="${bars.x - 12}" y="${line.toFixed(1)}" text-anchor="end">${label}</text>` +
    shape(bars.width, 'track') +
    shape(filled, first ? 'best' : 'bar') +
    `<text class="${ink}" x="${size.width - 18}" y="${line.toFixed(1)}" text-anchor="end">${Math.round(100 * probability)}%</text>`
  );
}

/** The picture as SVG: the same face and model give the same text. */
export async function readmePicture() {
  const expression = drawExpression('happy', new Random(seed, 'readme-expression'));
  const drawn = drawFace(drawIdentity(new Random(seed, 'readme-identity')), pose, expression, 480);
  const model = await loadModel();
  const seen = new Resvg(drawn, { fitTo: { mode: 'width', value: model.inputSize.width } }).render();
  const { ranking: answers } = await model.predict(toGray(seen.pixels, seen.width, seen.height, 4));
  await model.close();
  const said = answers
    .map(({ label, probability }) => `${label} ${Math.round(100 * probability)}%`)
    .join(', ');
  const inner = drawn.replace(/<svg [^>]*>/, '').replace('</svg>', '');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" role="img">` +
    `<title>A drawn face, and the answer of the bundled model: ${said}.</title>${style()}` +
    `<rect class="card edge" x="0.5" y="0.5" width="${size.width - 1}" height="${size.height - 1}" rx="12"/>` +
    `<clipPath id="tile"><rect x="${face.x}" y="${face.y}" width="${face.side}" height="${face.side}" rx="10"/></clipPath>` +
    `<g clip-path="url(#tile)"><g transform="translate(${face.x} ${face.y}) scale(${face.side / 100})">${inner}</g></g>` +
    answers.map(bar).join('') +
    `</svg>\n`
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  fs.writeFileSync(file, await readmePicture());
  console.log(file);
}

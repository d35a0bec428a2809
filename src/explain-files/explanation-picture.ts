// Draws an explanation: the face as it is, and beside it under the map, with a legend. Two colours that stay apart without a sense of
// red and green (Okabe and Ito 2008): orange speaks for the class, blue against it.

import type { Explanation } from '../explain/explain.js';
import type { ExplainMethod } from '../explain/methods.js';
import { resizeMap } from '../explain/place-map.js';
import { percent } from '../format/numbers.js';
import { escapeXml } from '../format/xml.js';
import type { RgbImage } from '../image/rgb.js';
import { fontFamily } from '../plots/theme.js';
import { drawSvg, encodePng } from '../report/svg-to-png.js';

type Colour = readonly [red: number, green: number, blue: number];
const forClass: Colour = [230, 97, 1];
const against: Colour = [0, 114, 178];
/** How much of the picture the strongest value covers. */
const strongest = 0.8;

const gap = 16;
const header = 34;
const footer = 62;

/** What the ends of the scale mean. */
const meanings: Record<ExplainMethod, readonly [against: string, forIt: string]> = {
  'class-activation': ['speaks against', 'speaks for'],
  gradient: ['', 'speaks for'],
  occlusion: ['hidden: more probable', 'hidden: less probable'],
};

const titles: Record<ExplainMethod, string> = {
  'class-activation': 'class activation map',
  gradient: 'gradient map (Grad-CAM)',
  occlusion: 'occlusion map',
};

/**
 * The picture of an explanation, `side` pixels for each of its two faces.
 *
 * @param face what was explained, square, at the size in which it is shown.
 */
export async function explanationPicture(face: RgbImage, explanation: Explanation): Promise<RgbImage> {
  const { width: side, height } = face;
  const width = 2 * side + 3 * gap;
  const largest = explanation.map.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const [plain, covered] = await Promise.all([
    pngOf(face),
    pngOf(withMap(face, explanation, largest === 0 ? 1 : largest)),
  ]);
  const picture = (bytes: Buffer, x: number) =>
    `<image x="${x}" y="${header}" width="${side}" height="${height}" href="data:image/png;base64,${bytes.toString('base64')}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${header + height + footer}" font-family="${fontFamily}" font-size="14">
<text x="${gap}" y="23" fill="#1c2126">${escapeXml(titleOf(explanation))}</text>
${picture(plain, gap)}
${picture(covered, 2 * gap + side)}
${legend(explanation, largest, { x: 2 * gap + side, y: header + height + 12, width: side })}
</svg>`;
  return withoutAlpha(await drawSvg(svg, 1));
}

/** `happy 93%: class activation map`; where another class is explained, what the answer was. */
function titleOf({ method, expression, prediction }: Explanation): string {
  const probability = prediction.probabilities[expression] ?? 0;
  const answer = expression === prediction.expression ? '' : `, where the answer is ${prediction.expression}`;
  return `${expression} ${percent(probability, 0)}${answer}: ${titles[method]}`;
}

/** A face under its map. */
function withMap(face: RgbImage, { map, width, height }: Explanation, largest: number): RgbImage {
  const values = resizeMap(map, { width, height }, face);
  const data = face.data.slice();
  for (let i = 0; i < values.length; i++) {
    const share = (strongest * Math.min(1, Math.abs(values[i]!) / largest)) as number;
    const colour = values[i]! >= 0 ? forClass : against;
    for (let c = 0; c < 3; c++) {
      data[i * 3 + c] = Math.round(data[i * 3 + c]! * (1 - share) + colour[c]! * share);
    }
  }
  return { width: face.width, height: face.height, data };
}

interface Place {
  x: number;
  y: number;
  width: number;
}

function legend({ method, map }: Explanation, largest: number, { x, y, width }: Place): string {
  const [less, more] = meanings[method];
  const hasBelow = map.some((value) => value < 0);
  const rgb = (colour: Colour, share: number) =>
    `rgb(${colour.map((channel) => Math.round(190 * (1 - share) + channel * share)).join(',')})`;
  const stops = hasBelow
    ? [rgb(against, strongest), rgb(forClass, 0), rgb(forClass, strongest)]
    : [rgb(forClass, 0), rgb(forClass, strongest)];
  const number = (value: number) => (method === 'occlusion' ? percent(value, 1) : value.toPrecision(2));
  const text = (at: number, anchor: string, words: string, row: number) =>
    `<text x="${at}" y="${y + 26 + row * 17}" text-anchor="${anchor}" font-size="12" fill="#525c66">${escapeXml(words)}</text>`;
  return `<defs><linearGradient id="scale">${stops
    .map((colour, i) => `<stop offset="${i / (stops.length - 1)}" stop-color="${colour}"/>`)
    .join('')}</linearGradient></defs>
<rect x="${x}" y="${y}" width="${width}" height="10" fill="url(#scale)"/>
${text(x, 'start', hasBelow ? number(-largest) : '0', 0)}
${hasBelow ? text(x + width / 2, 'middle', '0', 0) : ''}
${text(x + width, 'end', number(largest), 0)}
${hasBelow ? text(x, 'start', less, 1) : ''}
${text(x + width, 'end', more, 1)}`;
}

function pngOf({ width, height, data }: RgbImage): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 4, 255);
  for (let i = 0; i < width * height; i++) pixels.set(data.subarray(i * 3, i * 3 + 3), i * 4);
  return encodePng({ width, height, data: pixels });
}

function withoutAlpha({ width, height, data }: { width: number; height: number; data: Buffer }): RgbImage {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) pixels.set(data.subarray(i * 4, i * 4 + 3), i * 3);
  return { width, height, data: pixels };
}

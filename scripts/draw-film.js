// `node scripts/draw-film.js FILE [SECONDS]`: draws a film of two people who cross and change their expressions, and one who
// comes later; faces of the kind that `ferlab sample` draws. For trying `ferlab video`, its tests, benchmarks and the timeline
// in the README. An animated GIF (FILE ends in .gif) needs no ffmpeg.

import fs from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { drawExpression } from '../dist/data/sample/expressions.js';
import { drawFace, drawIdentity } from '../dist/data/sample/face.js';
import { createFilm } from '../dist/film/write-film.js';
import { Random } from '../dist/random/random.js';

const size = { width: 640, height: 480 };
const framesPerSecond = 25;
const background = 205;
/** A change of expression takes so long, in seconds. */
const changeSeconds = 0.4;

/**
 * The people: where each is at a share of the film, and the expressions, each for the same time. Paths are centres in pixels.
 */
const people = [
  {
    identity: 15,
    side: 190,
    from: 0,
    expressions: ['happy', 'neutral', 'surprise', 'happy'],
    path: (t) => [120 + 400 * t, 175 + 12 * Math.sin(9 * t)],
  },
  {
    identity: 4,
    side: 170,
    from: 0,
    expressions: ['neutral', 'angry', 'sad', 'neutral'],
    path: (t) => [540 - 420 * t, 200],
  },
  {
    identity: 23,
    side: 150,
    from: 0.45,
    expressions: ['neutral', 'sad', 'neutral', 'happy'],
    path: (t) => [330, 390 + 6 * Math.sin(12 * t)],
  },
];

const mixed = (a, b, share) =>
  Object.fromEntries(Object.keys(a).map((name) => [name, a[name] + (b[name] - a[name]) * share]));

/** The expression at a time: it stays, and then becomes the next one. */
function expressionAt({ identity, expressions }, time, seconds) {
  const drawn = expressions.map((name, i) =>
    drawExpression(name, new Random(identity, 'film-expression', i)),
  );
  const period = seconds / expressions.length;
  const index = Math.min(expressions.length - 1, Math.floor(time / period));
  const left = (index + 1) * period - time;
  const next = drawn[Math.min(index + 1, drawn.length - 1)];
  return mixed(drawn[index], next, left < changeSeconds ? 1 - left / changeSeconds : 0);
}

/** Draws one person over the frame, in a warm tone; the head alone, an ellipse, hides what is behind. */
async function drawPerson(frame, person, time, seconds) {
  const share = time / seconds;
  if (share < person.from) return;
  const { side } = person;
  const roll = 4 * Math.sin(2 * time + person.identity);
  const pose = { roll, yaw: 1.5 * Math.sin(time), pitch: 0, scale: 1, x: 0, y: 0, background };
  const identity = drawIdentity(new Random(person.identity, 'readme-identity'));
  const svg = drawFace(identity, pose, expressionAt(person, time, seconds), side);
  const { data, info } = await sharp(Buffer.from(svg))
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [x, y] = person.path(share).map((value) => Math.round(value - side / 2));
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const inHead = ((column / side - 0.5) / 0.46) ** 2 + ((row / side - 0.52) / 0.5) ** 2 < 1;
      const [px, py] = [x + column, y + row];
      if (!inHead || px < 0 || py < 0 || px >= size.width || py >= size.height) continue;
      const level = data[(row * side + column) * info.channels];
      const at = (py * size.width + px) * 3;
      if (level === background) continue;
      frame[at] = Math.min(255, level * 1.08 + 6);
      frame[at + 1] = level * 0.94;
      frame[at + 2] = level * 0.85;
    }
  }
}

/** The frame at a time: `width * height * 3` values. */
async function drawFrame(time, seconds) {
  const frame = new Uint8Array(size.width * size.height * 3).fill(background);
  for (const person of people) await drawPerson(frame, person, time, seconds);
  return frame;
}

/**
 * Draws the film.
 *
 * @param {string} path of a new file: .mp4, .mov or .mkv, or .gif.
 * @param {number} seconds how long.
 * @param {number} rate frames a second.
 */
export async function drawFilm(path, seconds, rate = framesPerSecond) {
  const times = Array.from({ length: Math.round(seconds * rate) }, (_, i) => i / rate);
  if (path.endsWith('.gif')) {
    const frames = [];
    for (const time of times) frames.push(await drawFrame(time, seconds));
    const raw = { ...size, height: size.height * frames.length, channels: 3, pageHeight: size.height };
    const gif = sharp(Buffer.concat(frames), { raw, limitInputPixels: false });
    fs.writeFileSync(path, await gif.gif({ delay: times.map(() => Math.round(1000 / rate)) }).toBuffer());
    return;
  }
  const film = await createFilm(path, { ...size, soundOf: null, start: 0 });
  for (const time of times) await film.write(time, { ...size, data: await drawFrame(time, seconds) });
  await film.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [path, seconds = '12'] = process.argv.slice(2);
  if (!path) throw new Error('expected the name of a new file, as film.mp4');
  await drawFilm(path, Number(seconds));
}

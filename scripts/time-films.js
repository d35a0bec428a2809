// `node scripts/time-films.js [MINUTES]`: how fast `ferlab video` is, and how much memory it takes over a long film, by a drawn
// film of 640x480 at 25 frames a second. Prints frames per second of each part and of the whole, and the memory of the process
// by minute of the film. Needs ffmpeg. The machine should be otherwise idle.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { answerFaces, cutFaces } from '../dist/faces/recognise.js';
import { appearanceOf } from '../dist/faces/track/appearance.js';
import { sceneOf } from '../dist/faces/track/scene.js';
import { openFilm } from '../dist/film/open-film.js';
import { loadModel, openFaceDetector } from '../dist/index.js';
import { recordVideo } from '../dist/video/record-video.js';
import { drawFilm } from './draw-film.js';

const minutes = Number(process.argv[2] ?? 60);
const clipSeconds = 12;
const framesPerSecond = 25;

const folder = await mkdtemp(join(tmpdir(), 'ferlab-time-films-'));
const clip = join(folder, 'clip.mp4');
const long = join(folder, 'long.mp4');
const recogniser = { detector: await openFaceDetector(), model: await loadModel() };

/** Milliseconds of a call: the median of the frames of the clip. */
async function timeParts() {
  const parts = { decode: [], detectAndCut: [], expressions: [], appearance: [] };
  const film = await openFilm(clip);
  let last = performance.now();
  const lap = (name) => {
    const now = performance.now();
    parts[name].push(now - last);
    last = now;
  };
  for await (const { picture } of film.frames(film)) {
    lap('decode');
    const cut = await cutFaces(picture, recogniser, {});
    lap('detectAndCut');
    const { faces } = (await answerFaces(recogniser.model, [cut]))[0];
    lap('expressions');
    sceneOf(picture.image);
    for (const face of faces) appearanceOf(picture.image, face);
    lap('appearance');
  }
  for (const [name, times] of Object.entries(parts)) {
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.floor(share * (times.length - 1))].toFixed(1);
    console.log(`${name}: ${at(0.5)} ms a frame (${at(0.1)} to ${at(0.9)})`);
  }
}

try {
  await drawFilm(clip, clipSeconds);
  await timeParts();
  const loops = Math.max(0, Math.ceil((minutes * 60) / clipSeconds) - 1);
  execFileSync('ffmpeg', ['-v', 'error', '-stream_loop', loops, '-i', clip, '-c', 'copy', long]);
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  let minute = -1;
  let count = 0;
  const onProgress = ({ time, frames }) => {
    count = frames;
    if (Math.floor(time / 60) === minute) return;
    minute = Math.floor(time / 60);
    const { rss, heapUsed, external } = process.memoryUsage();
    const megabytes = [rss, heapUsed, external].map((bytes) => Math.round(bytes / 1e6));
    const speed = frames / ((performance.now() - began) / 1000);
    console.log(
      `minute ${minute}: ${speed.toFixed(1)} frames/s; memory ${megabytes[0]} MB (heap ${megabytes[1]}, outside it ${megabytes[2]})`,
    );
  };
  const { summary } = await recordVideo(long, recogniser, { out: join(folder, 'seen') }, { onProgress });
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    `${count} frames in ${seconds.toFixed(0)} s: ${(count / seconds).toFixed(1)} frames/s, ${(count / seconds / framesPerSecond).toFixed(2)} times as fast as the film; ${summary.people.length} people; ${((user + system) / 1000 / count).toFixed(1)} ms of a CPU a frame, without ffmpeg's`,
  );
} finally {
  await recogniser.detector.close();
  await recogniser.model.close();
  await rm(folder, { recursive: true, force: true });
}

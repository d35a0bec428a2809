// Films for tests, made by the ffmpeg of this machine; tests that need it say so in their names where it is missing.

import { execFileSync, spawnSync } from 'node:child_process';

export const hasFfmpeg = ['ffmpeg', 'ffprobe'].every((tool) => spawnSync(tool, ['-version']).status === 0);

/** For the names of tests. */
export const needsFfmpeg = hasFfmpeg ? '' : ' (skipped: needs ffmpeg on the PATH)';

/** Runs ffmpeg; complaints of it are errors. */
export function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Writes a film whose frame number i is grey with the level 8 i, without loss, of `count` frames up to 31. */
export function countingFilm(path: string, count: number, ...more: string[]): void {
  ffmpeg(
    ...['-f', 'lavfi', '-i', `color=black:s=64x48:r=25:d=${count / 25},format=gray,geq=lum='8*N'`],
    ...['-c:v', 'ffv1', ...more, path],
  );
}

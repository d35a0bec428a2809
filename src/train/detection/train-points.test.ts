// Training on drawn pictures: two dark spots and a bar on a bright square are a face. Small enough for seconds.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../random/random.js';
import type { TrainEvent } from '../loop/events.js';
import { resumeDetector } from './train-detector.js';
import { resumePoints, trainPoints } from './train-points.js';

let folder: string;
let labels: string;
let whole: string;

/** A face of 40x40 pixels anywhere in a picture of 80x70; gives its row of labels. */
async function drawPicture(path: string, random: Random): Promise<string> {
  const [width, height, side] = [80, 70, 40];
  const [x, y] = [random.integer(40), random.integer(30)];
  const pixels = Buffer.alloc(width * height * 3, 60);
  const fill = (left: number, top: number, w: number, h: number, level: number): void => {
    for (let row = top; row < top + h; row++)
      pixels.fill(level, (row * width + left) * 3, (row * width + left + w) * 3);
  };
  fill(x, y, side, side, 210);
  fill(x + 8, y + 12, 4, 4, 20);
  fill(x + 28, y + 12, 4, 4, 20);
  fill(x + 12, y + 28, 16, 4, 90);
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(path);
  return `,${x},${y},${side},${side},${x + 10},${y + 14},${x + 30},${y + 14},${x + 20},${y + 30}`;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-points-'));
  labels = join(folder, 'labels.csv');
  const rows = ['image,x,y,w,h,left_eye_x,left_eye_y,right_eye_x,right_eye_y,mouth_x,mouth_y'];
  for (let i = 0; i < 40; i++)
    rows.push(`${i}.png${await drawPicture(join(folder, `${i}.png`), new Random(i))}`);
  writeFileSync(labels, rows.join('\n'));
  whole = join(folder, 'whole');
  await trainPoints({ ...small(), out: whole });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

const small = () => ({ labels: [labels], epochs: 2, crops: 128, batchSize: 8, threads: 1, workers: 1 });
const weightsOf = (run: string) => readFileSync(join(run, 'last.safetensors'));

describe('trainPoints', () => {
  it('writes a run whose loss falls', () => {
    const [header, ...rows] = readFileSync(join(whole, 'history.csv'), 'utf8').trim().split('\n');
    const losses = rows.map((row) => Number(row.split(',')[header!.split(',').indexOf('loss')]));
    expect(header).toContain('val_point_error');
    expect(losses).toHaveLength(2);
    expect(losses[1]!).toBeLessThan(losses[0]!);
  });

  it('goes on after an interruption as if it had never stopped, with other threads of workers too', async () => {
    const stopped = join(folder, 'stopped');
    const controller = new AbortController();
    const onProgress = (event: TrainEvent): void => {
      if (event.type === 'epoch') controller.abort();
    };
    const result = await trainPoints(
      { ...small(), workers: 2, out: stopped },
      { signal: controller.signal, onProgress },
    );
    expect(result.stopped).toBe('interrupted');
    await resumePoints(stopped);
    expect(Buffer.compare(weightsOf(stopped), weightsOf(whole))).toBe(0);
  }, 60_000);

  it('refuses a run of another task, and labels without points', async () => {
    await expect(resumeDetector(whole)).rejects.toMatchObject({ kind: 'model' });
    const bare = join(folder, 'bare.csv');
    writeFileSync(bare, 'image,x,y,w,h\n0.png,1,2,30,30\n1.png,1,2,30,30');
    await expect(trainPoints({ ...small(), labels: [bare], validation: [bare] })).rejects.toThrow(
      /bare\.csv/,
    );
  });
});

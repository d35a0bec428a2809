// Training on drawn pictures: a bright square with a dark band is a face. Small enough for seconds; what it learns is not
// the point.

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSingleStage } from '../../faces/single-stage.js';
import { Random } from '../../random/random.js';
import type { TrainEvent } from '../loop/events.js';
import { resumeDetector, trainDetector } from './train-detector.js';

let folder: string;
let labels: string;
let whole: string;

async function drawPicture(path: string, random: Random): Promise<string> {
  const [width, height] = [96, 80];
  const [side, x, y] = [24 + random.integer(16), random.integer(50), random.integer(40)];
  const pixels = Buffer.alloc(width * height * 3, 60);
  for (let row = y; row < Math.min(height, y + side); row++) {
    for (let column = x; column < Math.min(width, x + side); column++) {
      const band = row - y > side * 0.3 && row - y < side * 0.45;
      pixels.fill(band ? 30 : 220, (row * width + column) * 3, (row * width + column) * 3 + 3);
    }
  }
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(path);
  return `,${x},${y},${side},${side},${x + side * 0.3},${y + side * 0.37},${x + side * 0.7},${y + side * 0.37}`;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-detector-'));
  labels = join(folder, 'labels.csv');
  const rows = ['image,x,y,w,h,left_eye_x,left_eye_y,right_eye_x,right_eye_y'];
  for (let i = 0; i < 40; i++)
    rows.push(`${i}.png${await drawPicture(join(folder, `${i}.png`), new Random(i))}`);
  writeFileSync(labels, rows.join('\n'));
  whole = join(folder, 'whole');
  await trainDetector({ ...small(), out: whole });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

const small = () => ({ labels: [labels], epochs: 2, tiles: 4, batchSize: 2, threads: 1, workers: 1 });
const weightsOf = (run: string) => readFileSync(join(run, 'last.safetensors'));

describe('trainDetector', () => {
  it('writes a run whose model finds faces in pictures of any size', async () => {
    const history = readFileSync(join(whole, 'history.csv'), 'utf8').trim().split('\n');
    expect(history[0]).toContain('val_average_precision,val_recall,val_point_error');
    expect(history.length).toBe(3);
    const detector = await openSingleStage(readFileSync(join(whole, 'best.onnx')), 'best.onnx', {
      threads: 1,
    });
    const image = { width: 101, height: 67, data: new Uint8Array(101 * 67 * 3) };
    expect(await detector.detect(image, { threshold: 0.9 })).toEqual([]);
    await detector.close();
  });

  it('writes a report with plots and sheets', async () => {
    const report = readFileSync(join(whole, 'report.md'), 'utf8');
    for (const [, file] of report.matchAll(/\]\(([^)]+\.(?:svg|png))\)/g))
      expect(existsSync(join(whole, file!)), file).toBe(true);
    for (const part of ['precision-recall.svg', 'validation.svg', 'loss.svg', 'missed.png'])
      expect(report).toContain(part);
    const data = JSON.parse(readFileSync(join(whole, 'report.json'), 'utf8'));
    expect(data).toMatchObject({ threshold: 0.65, sources: [{ source: 'labels', pictures: 2 }] });
    expect(data.history).toHaveLength(2);
    expect(data.configuration.epochs).toBe(2);
  });

  it('goes on after an interruption as if it had never stopped, with other threads of workers too', async () => {
    const stopped = join(folder, 'stopped');
    const controller = new AbortController();
    const onProgress = (event: TrainEvent): void => {
      if (event.type === 'epoch') controller.abort();
    };
    const result = await trainDetector(
      { ...small(), workers: 2, out: stopped },
      { signal: controller.signal, onProgress },
    );
    expect(result.stopped).toBe('interrupted');
    await resumeDetector(stopped, {}, { report: false });
    expect(existsSync(join(stopped, 'report.md'))).toBe(false);
    expect(Buffer.compare(weightsOf(stopped), weightsOf(whole))).toBe(0);
  }, 60_000);

  it('refuses a run whose pictures have changed, and one of another task', async () => {
    const changed = join(folder, 'changed');
    cpSync(whole, changed, { recursive: true });
    const text = readFileSync(labels, 'utf8');
    writeFileSync(labels, text.replace(/^1\.png,(\d+)/m, '1.png,0'));
    await expect(resumeDetector(changed, { epochs: 3 })).rejects.toThrow(
      /expected the train pictures and labels/,
    );
    writeFileSync(labels, text);
    const config = join(changed, 'config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('"detect"', '"classify"'));
    await expect(resumeDetector(changed)).rejects.toThrow(/expected a run of the task detect/);
  });

  it('refuses pictures that train and validate, pictures twice, and labels without faces', async () => {
    const again = join(folder, 'again.csv');
    writeFileSync(again, 'image,x,y,w,h\n3.png,1,2,3,4\n');
    const run = (options: object) => trainDetector({ ...small(), out: join(folder, 'refused'), ...options });
    await expect(run({ validation: [again] })).rejects.toThrow(/found 1 that are: 3\.png/);
    await expect(run({ labels: [labels, again] })).rejects.toThrow(/found it in labels and again/);
    writeFileSync(again, 'image,kind,x,y,w,h\n3.png,none\n');
    await expect(run({ labels: [again] })).rejects.toThrow(
      /expected pictures with faces to train on, found none/,
    );
    await expect(run({ tiles: 0 })).rejects.toThrow(/tiles: expected a whole number/);
  });
});

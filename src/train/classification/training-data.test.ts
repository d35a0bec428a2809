import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveTrainConfig } from '../config/config.js';
import type { TrainEvent } from '../loop/events.js';
import { forThisMachine } from '../loop/run-config.js';
import { countClasses, openTrainingData } from './training-data.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-data-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes an image of one grey level; a level stands for a photograph. */
async function write(place: string, level: number): Promise<void> {
  const file = join(folder, place);
  await mkdir(join(file, '..'), { recursive: true });
  await sharp({
    create: { width: 16, height: 16, channels: 3, background: { r: level, g: level, b: level } },
  })
    .png()
    .toFile(file);
}

async function open(excludeLeaks: boolean) {
  const config = forThisMachine(
    resolveTrainConfig('seed', {
      data: { path: folder, excludeLeaks, workers: 1, imageSize: { width: 16, height: 16 } },
    }),
  );
  const events: TrainEvent[] = [];
  const data = await openTrainingData(config, { onProgress: (event) => events.push(event) });
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return { data, warnings };
}

describe('openTrainingData', () => {
  beforeEach(async () => {
    for (const [i, level] of [10, 20, 30].entries()) await write(`train/a/${i}.png`, level);
    for (const [i, level] of [110, 120].entries()) await write(`train/b/${i}.png`, level);
    await write('validation/a/0.png', 20); // in train/a too
    await write('validation/b/0.png', 200);
  });

  it('warns when validation images stand in training too', async () => {
    const { data, warnings } = await open(false);
    expect(warnings).toEqual([
      expect.stringMatching(/^1 of 2 validation images stand in training too.*--exclude-leaks/),
    ]);
    expect(countClasses(data)).toEqual({ train: { a: 3, b: 2 }, validation: { a: 1, b: 1 } });
    await data.close();
  });

  it('leaves them out of training if asked', async () => {
    const { data, warnings } = await open(true);
    expect(warnings).toEqual([expect.stringContaining('training goes on without these 1 copies')]);
    expect(countClasses(data)).toEqual({ train: { a: 2, b: 2 }, validation: { a: 1, b: 1 } });
    expect(data.training.samples.map(({ file }) => file)).not.toContain('train/a/1.png');
    await data.close();
  });

  it('refuses to leave out a whole class', async () => {
    await write('validation/b/1.png', 110);
    await write('validation/b/2.png', 120);
    await expect(open(true)).rejects.toThrow(/found none of b/);
  });

  it('says nothing where nothing leaks', async () => {
    await write('validation/a/0.png', 99);
    const { data, warnings } = await open(false);
    expect(warnings).toEqual([]);
    await data.close();
  });
});

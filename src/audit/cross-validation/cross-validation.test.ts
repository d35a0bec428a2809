import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render, takePhotograph } from '../../../test/audit/pictures.js';
import type { Hooks } from '../../progress.js';
import { Random } from '../../random/random.js';
import { type AuditOptions, audit } from '../audit.js';
import type { AuditEvent } from '../events.js';
import type { AuditResult } from '../types.js';
import type { CrossValidationOptions } from './options.js';

const side = 24;
const classes = ['left', 'middle', 'right'];
let folder: string;
let dataset: string;
/** Wrongly labelled on purpose. */
const flipped: string[] = [];

const small: CrossValidationOptions = {
  folds: 3,
  preset: 'seed',
  epochs: 6,
  threads: 1,
  imageSize: { width: side, height: side },
  settings: {
    augment: { shear: 0, zoom: 0, horizontalFlip: false },
    model: {
      convFilters: [8, 8],
      denseUnits: [16],
      dropout: { conv: 0, dense: 0 },
      batchNorm: { momentum: 0.8 },
    },
    optimizer: { learningRate: 1e-2 },
    train: { batchSize: 16 },
  },
};
const run = (
  changed: Partial<CrossValidationOptions> = {},
  options: AuditOptions = {},
  hooks: Hooks<AuditEvent> = {},
) => audit(dataset, { workers: 1, ...options, crossValidation: { ...small, ...changed } }, hooks);

/** A picture of its own, with a spot of light that marks its class. */
function draw(label: number, seed: number): Uint8Array {
  const random = new Random(seed, 'spot');
  const [x, y] = [4 + 8 * label + random.uniform(-0.5, 0.5), random.uniform(8, 16)];
  return render(takePhotograph(seed), { side, gain: 0.4 }).map((grey, i) => {
    const distance = ((i % side) - x) ** 2 + (Math.floor(i / side) - y) ** 2;
    return Math.min(255, grey + 160 * Math.exp(-distance / 8));
  });
}

async function write(file: string, pixels: Uint8Array): Promise<void> {
  mkdirSync(join(dataset, file, '..'), { recursive: true });
  const image = sharp(pixels, { raw: { width: side, height: side, channels: 1 } }).toColourspace('b-w');
  writeFileSync(join(dataset, file), await image.png().toBuffer());
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-cross-validation-test-'));
  dataset = join(folder, 'pictures');
  for (let i = 0; i < 120; i++) {
    const wrong = i % 14 === 7;
    const split = i < 105 ? 'train' : 'validation';
    const file = `${split}/${classes[(i + (wrong ? 1 : 0)) % 3]}/${i}.png`;
    if (wrong) flipped.push(file);
    await write(file, draw(i % 3, i));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('audit with cross-validation', () => {
  let whole: AuditResult;
  const events: AuditEvent[] = [];
  beforeAll(async () => {
    whole = await run({}, { out: join(folder, 'out') }, { onProgress: (event) => events.push(event) });
  }, 120_000);

  it('ranks labels that were flipped on purpose first, in all splits', () => {
    const { images, splits, model } = whole.suspectLabels!;
    const first = images.slice(0, flipped.length).map(({ file }) => file);
    expect(flipped).toHaveLength(9);
    expect(first.filter((file) => flipped.includes(file)).length).toBeGreaterThanOrEqual(7);
    expect(images.map(({ split }) => split)).toContain('validation');
    expect(splits.reduce((sum, { confident }) => sum + confident, 0)).toBe(images.length);
    const margins = images.map(({ normalisedMargin }) => normalisedMargin);
    expect(margins).toEqual([...margins].sort((a, b) => a - b));
    expect(model).toBeNull();
  });

  it('estimates how many labels are wrong, and how well the models know the images', () => {
    const judged = whole.suspectLabels!.crossValidation!;
    expect(judged).toMatchObject({ folds: 3, preset: 'seed', epochs: 6, seed: 0 });
    expect(judged.accuracy).toBeGreaterThan(0.8);
    expect(judged.accuracy).toBeLessThan(0.97);
    expect(judged.estimatedErrors).toBeGreaterThanOrEqual(5);
    expect(judged.estimatedErrors).toBeLessThanOrEqual(20);
    const sum = judged.pairs.reduce((total, { estimated }) => total + estimated, 0);
    expect(sum).toBeCloseTo(judged.estimatedErrors, 0);
  });

  it('predicts every image once, by a model that learnt from the rest', () => {
    const folds = events.flatMap((event) => (event.type === 'fold' ? [event] : []));
    expect(folds.map(({ fold }) => fold)).toEqual([1, 2, 3]);
    expect(folds.map(({ trainingImages, heldOutImages }) => trainingImages + heldOutImages)).toEqual([
      120, 120, 120,
    ]);
    expect(folds.reduce((sum, { heldOutImages }) => sum + heldOutImages, 0)).toBe(120);
  });

  it('writes the list, the sheet and the table', () => {
    const out = join(folder, 'out');
    expect(existsSync(join(out, 'suspect-labels.png'))).toBe(true);
    const [header, first] = readFileSync(join(out, 'suspect-labels.csv'), 'utf8').split('\n');
    expect(header).toBe('file,split,label,predicted,labelProbability,predictedProbability,normalisedMargin');
    const [top] = whole.suspectLabels!.images;
    expect(first).toMatch(new RegExp(`^${top!.file},${top!.split},${top!.label},${top!.predicted},0`));
    expect(readFileSync(join(out, 'audit.md'), 'utf8')).toContain('3 models of preset seed, 6 epochs each');
  });

  it('goes on after an interruption with the same result', async () => {
    const work = join(folder, 'work');
    const controller = new AbortController();
    const stopped = run(
      { work },
      {},
      {
        signal: controller.signal,
        onProgress(event) {
          // In the middle of the second fold, after its second epoch.
          if (
            event.type === 'training' &&
            event.fold === 2 &&
            event.event.type === 'epoch' &&
            event.event.row.epoch === 2
          )
            controller.abort();
        },
      },
    );
    await expect(stopped).rejects.toMatchObject({
      kind: 'interrupted',
      message: expect.stringContaining(work),
    });
    expect(readdirSync(work).sort()).toEqual(['fold-1', 'fold-2', 'plan.json']);
    expect(readdirSync(join(work, 'fold-1'))).not.toContain('report.md'); // nobody reads a fold's report
    const trained: string[] = [];
    const result = await run(
      { work },
      {},
      {
        onProgress(event) {
          if (event.type === 'training' && event.event.type === 'epoch')
            trained.push(`${event.fold}: ${event.event.row.epoch}`);
        },
      },
    );
    expect(trained).toEqual(['2: 3', '2: 4', '2: 5', '2: 6', '3: 1', '3: 2', '3: 3', '3: 4', '3: 5', '3: 6']);
    expect({ ...result, seconds: 0 }).toEqual({ ...whole, seconds: 0 });
    const phases: string[] = [];
    const onProgress = ({ type }: AuditEvent) => phases.push(type);
    await expect(run({ work, epochs: 7, folds: 4 }, {}, { onProgress })).rejects.toThrow(
      /found those of another: folds 3 \(now 4\), .*train.epochs 6 \(now 7\)/,
    );
    expect(phases).toEqual([]);
    // Other images are known once they are decoded, before the search.
    const changed = join(dataset, 'train/left/0.png');
    const before = readFileSync(changed);
    await write('train/left/0.png', draw(0, 1000));
    await expect(run({ work }, {}, { onProgress })).rejects.toThrow(/found those of another: other images/);
    expect(new Set(phases)).toEqual(new Set(['decode']));
    writeFileSync(changed, before);
  }, 120_000);

  it('refuses what it can not do', async () => {
    await expect(run({ folds: 1 })).rejects.toThrow(/a number of folds from 2 to 20, got 1/);
    await expect(run({ settings: { schedule: { name: 'plateau' } } })).rejects.toThrow(
      /expected constant or cosine/,
    );
    const phases: string[] = [];
    const onProgress = ({ type }: AuditEvent) => phases.push(type);
    const out = join(folder, 'refused', 'out');
    await expect(run({ work: dataset }, { out }, { onProgress })).rejects.toThrow(
      /expected a new or empty folder/,
    );
    expect(phases).toEqual([]);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
    const lone = join(dataset, 'train/lone/0.png');
    await write('train/lone/0.png', draw(0, 500));
    await write('validation/lone/copy.png', draw(0, 500));
    await expect(run({ work: join(folder, 'refused', 'work') }, { out }, { onProgress })).rejects.toThrow(
      /at least two different pictures of every class .* found one .* of lone/,
    );
    expect(new Set(phases)).toEqual(new Set(['decode']));
    expect(existsSync(join(folder, 'refused'))).toBe(false);
    rmSync(join(lone, '..'), { recursive: true });
    rmSync(join(dataset, 'validation/lone'), { recursive: true });
  });
});

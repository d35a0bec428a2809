// The workers run from dist: build first (npx tsc -p tsconfig.build.json).

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelMetadata } from '../predict/metadata.js';
import { completeModel, type ExpressionModel } from '../predict/model.js';
import { withTestTimeAugmentation } from '../predict/test-time.js';
import { evaluateModel } from './evaluate.js';
import type { EvaluateEvent } from './open-split.js';

const side = 8;
let folder: string;

/** A flat picture: its label's grey, but for a wrong one. */
async function draw(file: string, grey: number): Promise<void> {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  const raw = { width: side, height: side, channels: 1 } as const;
  const pixels = new Uint8Array(side * side).fill(grey);
  await sharp(pixels, { raw }).toColourspace('b-w').png().toFile(target);
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ferlab-evaluate-'));
  await draw('train/dark/a.png', 10);
  await draw('train/light/a.png', 240);
  await draw('validation/dark/seen.png', 10);
  await draw('validation/dark/new.png', 20);
  await draw('validation/light/new.png', 230);
  await draw('validation/light/wrong.png', 30);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Says `light` by the mean grey; counts its calls. */
function fakeModel(): ExpressionModel & { closed: boolean; images: number } {
  const size = side * side;
  const logits = async (pixels: Float32Array) => {
    const count = pixels.length / size;
    model.images += count;
    return Float32Array.from({ length: 2 * count }, (_, k) => {
      const image = pixels.subarray(Math.floor(k / 2) * size, (Math.floor(k / 2) + 1) * size);
      const mean = image.reduce((sum, grey) => sum + grey, 0) / size / 255;
      return 4 * (k % 2 === 0 ? 1 - mean : mean);
    });
  };
  const model = {
    closed: false,
    images: 0,
    ...completeModel({
      classes: ['dark', 'light'],
      inputSize: { width: side, height: side },
      metadata: { training: {}, notes: [{ of: null, text: 'Made for a test.' }] } as unknown as ModelMetadata,
      logits,
      async probabilities(pixels) {
        const scores = await logits(pixels);
        return scores.map((score, k) => Math.exp(score) / (Math.exp(score) + Math.exp(scores[k ^ 1]!)));
      },
      async close() {
        model.closed = true;
      },
    }),
  };
  return model;
}

describe('evaluateModel', () => {
  it('scores a model that is loaded already, and leaves it open', async () => {
    const model = fakeModel();
    const result = await evaluateModel({ model, dataset: folder });
    expect(result).toMatchObject({
      model: null,
      device: null,
      split: 'validation',
      n: 4,
      accuracy: 3 / 4,
      withoutCopies: null,
      notes: ['Made for a test.'],
      badFiles: [],
    });
    expect(result.mistakes.map(({ file }) => file)).toEqual(['light/wrong.png']);
    expect(result.confusion).toEqual([
      [2, 0],
      [1, 1],
    ]);
    expect(model).toMatchObject({ closed: false, images: 4 });
  });

  it('scores a loaded model with test-time augmentation', async () => {
    const model = fakeModel();
    const result = await evaluateModel({ model: withTestTimeAugmentation(model, 'flip'), dataset: folder });
    expect(result.accuracy).toBe(3 / 4);
    expect(model.images).toBe(8);
  });

  it('leaves out images that have copies in training, and says how many', async () => {
    const events: EvaluateEvent[] = [];
    const options = { model: fakeModel(), dataset: folder, withoutCopies: 'exact' } as const;
    const result = await evaluateModel(options, { onProgress: (event) => events.push(event) });
    expect(result).toMatchObject({ n: 3, withoutCopies: { kind: 'exact', removed: 1 } });
    const totals = (type: EvaluateEvent['type']) =>
      new Set(events.flatMap((event) => (event.type === type && 'total' in event ? [event.total] : [])));
    // The validation images are decoded once, beside the two of training.
    expect(totals('decode')).toEqual(new Set([4]));
    expect(totals('search')).toEqual(new Set([2]));
    expect(totals('predict')).toEqual(new Set([3]));
  });

  it('scores every image under changes where that is asked for', async () => {
    const events: EvaluateEvent[] = [];
    const model = fakeModel();
    const options = { model, dataset: folder, robustness: true, batchSize: 3 };
    const { robustness } = await evaluateModel(options, { onProgress: (event) => events.push(event) });
    const of = new Map(robustness!.changes.map((row) => [row.change, row]));
    expect(robustness).toMatchObject({ n: 4, accuracy: 3 / 4 });
    // Flat pictures stay what they are, whatever is moved, and this model goes by their grey alone.
    for (const id of ['turned+20', 'moved-left', 'mirrored', 'jitter-2', 'contrast-0.7'])
      expect(of.get(id), id).toMatchObject({ lost: 0, changed: 0 });
    expect(model.images).toBe(4 * (2 + robustness!.changes.length));
    const changed = events.flatMap((event) => (event.type === 'change' ? [event.done] : []));
    expect(changed).toEqual([3, 4]);
    expect(await evaluateModel({ model, dataset: folder })).toMatchObject({ robustness: null });
  });

  it('refuses options of model files for a loaded model', async () => {
    const options = { model: fakeModel(), dataset: folder, tta: 'flip', device: 'cpu' } as const;
    await expect(evaluateModel(options)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('expected a model file for tta, device, got a loaded model'),
    });
  });

  it('writes a report with pictures', async () => {
    const out = path.join(folder, 'out');
    await evaluateModel({ model: fakeModel(), dataset: folder, out });
    const files = readdirSync(out);
    for (const name of ['report.md', 'report.json', 'confusion.svg', 'confusion.png', 'mistakes.png']) {
      expect(files).toContain(name);
    }
    const report = readFileSync(path.join(out, 'report.md'), 'utf8');
    expect(report).toContain('75.0%');
    expect(report).toContain('a loaded model');
  });

  it('stops when asked to', async () => {
    const signal = AbortSignal.abort();
    const stopped = evaluateModel({ model: fakeModel(), dataset: folder }, { signal });
    await expect(stopped).rejects.toMatchObject({ kind: 'interrupted' });
  });
});

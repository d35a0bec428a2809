import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { render, takePhotograph } from '../../../test/audit/pictures.js';
import { openImages } from '../../data/store/store.js';
import { main } from '../main.js';

vi.mock(import('../../data/store/store.js'), async (importOriginal) => {
  const store = await importOriginal();
  return { ...store, openImages: vi.fn(store.openImages) };
});

let folder: string;

async function ferlab(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    columns: 120,
    write: (part: string) => {
      text[name] += part;
    },
  });
  const code = await main(argv, { out: stream('out'), err: stream('err') });
  return { code, ...text };
}

/** Four photographs of two classes in either split; the first validation image is photograph `first`. */
async function makeDataset(name: string, first: number): Promise<string> {
  const dataset = join(folder, name);
  const files = ['train/a/0', 'train/a/1', 'train/b/2', 'train/b/3'];
  const held = ['validation/a/0', 'validation/a/1', 'validation/b/2', 'validation/b/3'];
  for (const [i, file] of [...files, ...held].entries()) {
    const pixels = render(takePhotograph(i === 4 ? first : i));
    mkdirSync(join(dataset, file, '..'), { recursive: true });
    const image = sharp(pixels, { raw: { width: 48, height: 48, channels: 1 } }).toColourspace('b-w');
    writeFileSync(join(dataset, `${file}.png`), await image.png().toBuffer());
  }
  return dataset;
}

let clean: string;
let leaking: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-audit-command-'));
  clean = await makeDataset('clean', 20);
  leaking = await makeDataset('leaking', 3);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('ferlab audit', () => {
  it('prints tables, and ends well whatever it finds', async () => {
    const { code, out } = await ferlab('audit', leaking);
    expect(code).toBe(0);
    expect(out).toMatch(/^validation images with an exact copy in train +1 +25\.0%$/m);
    expect(out).toContain('Warning: validation leaks: 1 of its 4 images');
  });

  it('prints one JSON object', async () => {
    const { code, out } = await ferlab('audit', leaking, '--json', '--quiet');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ leaks: [{ split: 'validation', exact: 1, near: 0 }] });
    expect(out.trim()).not.toContain('\n');
  });

  it('with --strict, exits with 3 when the validation split leaks, after printing', async () => {
    const failed = await ferlab('audit', leaking, '--strict', '--json');
    expect(failed.code).toBe(3);
    expect(failed.err).toMatch(/^Error: .*--strict expects none .* exact copies of training images/m);
    expect(JSON.parse(failed.out)).toMatchObject({ leaks: [{ exact: 1 }] });
    expect(await ferlab('audit', clean, '--strict')).toMatchObject({ code: 0, err: '' });
  });

  it('with --strict, exits with 3 when a file can not be used', async () => {
    writeFileSync(join(clean, 'train/a/broken.png'), 'no');
    expect((await ferlab('audit', clean)).code).toBe(0);
    expect(await ferlab('audit', clean, '--strict')).toMatchObject({
      code: 3,
      err: expect.stringContaining("1 files that can't be used"),
    });
  });

  it('refuses a missing dataset, a missing model, and threads without a model', async () => {
    expect((await ferlab('audit', join(folder, 'nothing'))).code).toBe(3);
    expect((await ferlab('audit', clean, '--model', join(folder, 'no.onnx'))).code).toBe(4);
    expect((await ferlab('audit', clean, '--threads', '2')).code).toBe(2);
  });

  it('keeps as many decoded images as --memory-budget says', async () => {
    const whole = await ferlab('audit', leaking, '--json', '--quiet');
    vi.mocked(openImages).mockClear();
    const streamed = await ferlab('audit', leaking, '--json', '--quiet', '--memory-budget', '5KiB');
    expect(vi.mocked(openImages).mock.calls[0]![1]).toMatchObject({ memoryBudget: 5120 });
    const result = (out: string) => ({ ...JSON.parse(out), seconds: 0 });
    expect(result(streamed.out)).toEqual(result(whole.out));
    expect(await ferlab('audit', leaking, '--memory-budget', '1 lot')).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        '--memory-budget: expected a number of bytes, 0 or more, as 512MiB, got "1 lot"',
      ),
    });
  });

  it('takes box for the model that comes with ferlab', async () => {
    const { code, err } = await ferlab('audit', leaking, '--model', 'box');
    expect({ code, err }).toMatchObject({
      code: 3,
      err: expect.stringContaining('found one without a, b (it has '),
    });
  });

  it('refuses options of cross-validation that go with nothing or not together', async () => {
    const alone = await ferlab('audit', clean, '--epochs', '3', '--work', 'folds');
    expect(alone).toMatchObject({ code: 2, err: expect.stringContaining('--epochs, --work: expected') });
    const both = await ferlab('audit', clean, '--cross-validate', '3', '--model', 'best.onnx');
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining('expected it without --model') });
    const many = await ferlab('audit', clean, '--cross-validate', '21');
    expect(many).toMatchObject({ code: 2, err: expect.stringContaining('from 2 to 20, got 21') });
    const unknown = await ferlab('audit', clean, '--cross-validate', '3', '--preset', 'huge');
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('--preset: expected one of') });
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FerlabError } from './errors.js';
import * as ferlab from './index.js';

type Call = (...given: unknown[]) => unknown;
const calls = ferlab as unknown as Record<string, Call>;

/** A model that isn't opened: every call here ends before it would be used. */
const model = {
  classes: ['a', 'b'],
  inputSize: { width: 48, height: 48 },
  probabilities: async () => new Float32Array(),
};

/** The error of a call, whether it is thrown at once, by a promise or by the first step of a generator. */
async function errorOf(name: string, given: readonly unknown[]): Promise<unknown> {
  try {
    const result = calls[name]!(...given);
    if (typeof (result as AsyncIterable<unknown>)?.[Symbol.asyncIterator] === 'function') {
      for await (const _ of result as AsyncIterable<unknown>);
    } else await result;
  } catch (error) {
    return error;
  }
  return null;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-arguments-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const missing = '/no/such/file';
const wrong: unknown[] = [undefined, null, 5, '', [], {}, () => 1, new Map()];

describe('Arguments of the wrong form', () => {
  const first = ['train', 'resumeTraining', 'openRun', 'evaluate', 'calibrate', 'audit'];
  for (const name of [...first, 'predictFiles', 'readSoftLabels', 'writeSampleDataset', 'loadEnsemble']) {
    it(`are refused by ${name} as an error of usage that names the call`, async () => {
      for (const value of wrong) {
        const error = await errorOf(name, [value]);
        expect(error, `${name}(${String(value)})`).toBeInstanceOf(FerlabError);
        expect((error as FerlabError).kind, (error as FerlabError).message).toBe('usage');
      }
    });
  }

  const withOptions: [string, unknown[], unknown][] = [
    ['audit', [missing], {}],
    ['evaluate', [], { dataset: missing }],
    ['calibrate', [], { model: missing, dataset: missing, out: missing }],
    ['readDataset', [missing], {}],
    ['predictFiles', [model, missing], {}],
    ['loadModel', [missing], {}],
    ['resumeTraining', [missing], {}],
    ['readSoftLabels', [missing, { classes: [] }], {}],
  ];
  for (const [name, before, options] of withOptions) {
    it(`are refused by ${name} as options: unknown names and no object`, async () => {
      for (const value of [{ ...(options as object), typo: 1 }, null, 5, 'text', []]) {
        const error = (await errorOf(name, [...before, value])) as FerlabError;
        expect(error?.kind, `${name}: ${String(value)}: ${error?.message}`).toBe('usage');
      }
      expect(
        ((await errorOf(name, [...before, { ...(options as object), typo: 1 }])) as Error).message,
      ).toMatch(/typo/);
    });
  }

  it('are refused as signal and onProgress, which have a place of their own', async () => {
    for (const hooks of [null, 5, { signal: 5 }, { onProgress: 3 }, { signal: {} }, { typo: 1 }]) {
      for (const [name, before, options] of withOptions) {
        if (name.startsWith('read')) continue;
        const error = (await errorOf(name, [...before, options, hooks])) as FerlabError;
        expect(error?.kind, `${name}: ${JSON.stringify(hooks)}: ${error?.message}`).toBe('usage');
      }
    }
    const misplaced = await errorOf('audit', [missing, { signal: AbortSignal.abort() }]);
    expect((misplaced as Error).message).toMatch(/Give signal in the argument after the options/);
  });

  it('leave no folder behind', async () => {
    const out = join(folder, 'out');
    expect(await errorOf('evaluate', [{ dataset: missing, out, typo: 1 }])).toBeInstanceOf(FerlabError);
    expect(await errorOf('audit', [missing, { out, workers: 'many' }])).toBeInstanceOf(FerlabError);
    await expect(ferlab.writeSampleDataset(out, { train: 1 })).rejects.toMatchObject({ kind: 'usage' });
    expect((await import('node:fs')).existsSync(out)).toBe(false);
  });
});

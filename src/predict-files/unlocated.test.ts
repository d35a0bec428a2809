// A program that a bundler made one file of, copied to where the package isn't installed.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FerlabError } from '../errors.js';

vi.mock('../package-files.js', () => ({
  packageFile: () => {
    throw new FerlabError('io', 'expected the package ferlab');
  },
}));

const packageFolder = path.dirname(createRequire(import.meta.url).resolve('ferlab/package.json'));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ferlab-unlocated-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('imports, knows its version, and opens model files of its own; the bundled model is refused in words', async () => {
  const ferlab = await import('../index.js');
  const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));
  expect(ferlab.version).toBe(version);
  const own = path.join(folder, 'own.onnx');
  writeFileSync(own, readFileSync(path.join(packageFolder, 'models/expression.onnx')));
  const model = await ferlab.loadModel(own, { threads: 1 });
  expect(model.classes).toHaveLength(7);
  await model.close();
  await expect(ferlab.loadModel()).rejects.toThrow(expect.objectContaining({ kind: 'io' }));
  expect(() => ferlab.bundledModelFile()).toThrow(/expected the package/);
  await expect(ferlab.describeBundledModel()).rejects.toThrow(/expected the package/);
});

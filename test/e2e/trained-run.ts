// Before the tests of the built program: draws faces and trains one run on them. Tests take copies (copyTrainedRun).

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { runFerlab } from './process.js';
import { tiny } from './tiny.js';

declare module 'vitest' {
  interface ProvidedContext {
    trainedRun: {
      /** Holds `faces` with 140 training and 70 validation images of 16x16 pixels, and `run`, of two epochs. */
      folder: string;
      /** What the training printed on standard output. */
      output: string;
    };
  }
}

const draw = ['sample', 'faces', '--train', '140', '--validation', '70', '--image-size', '16'];
const train = ['train', 'faces', '--epochs', '2', '--out', 'run', ...tiny];

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ferlab-trained-'));
  let output = '';
  for (const args of [draw, train]) {
    const { code, stdout, stderr } = await runFerlab(args, folder);
    if (code !== 0) throw new Error(`ferlab ${args.join(' ')} ended with ${code}: ${stderr}`);
    output = stdout;
  }
  project.provide('trainedRun', { folder, output });
  return () => rm(folder, { recursive: true, force: true });
}

// Runs the built program in the test's process, which spares each command the start of a process and the loading of the
// engine. What only a process has (signals, its end, its environment) is tested by ./process.ts.

import { cpSync, existsSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject, onTestFinished } from 'vitest';
import { main } from '../../dist/cli/main.js';
import { checkout } from './process.js';

/** What a finished command leaves. */
export interface Answer {
  /** Null where a signal ended its process. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Commands that run now. They share the process's working folder. */
let running = 0;

/** Runs one command of the built program in the folder `cwd`. */
export async function ferlab(args: readonly string[], cwd: string): Promise<Answer> {
  if (process.cwd() !== cwd) {
    if (running > 0) throw new Error(`A command runs in ${process.cwd()}: await it before one in ${cwd}.`);
    process.chdir(cwd);
  }
  const text = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    write: (part: string) => {
      text[name] += part;
    },
  });
  running++;
  try {
    const code = await main(args, { out: stream('out'), err: stream('err') });
    return { code, stdout: text.out, stderr: text.err };
  } finally {
    running--;
  }
}

/** Runs `ferlab`, which must succeed, and returns its standard output. */
export async function succeed(args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await ferlab(args, cwd);
  expect({ code, stderr }, `ferlab ${args.join(' ')}`).toMatchObject({ code: 0 });
  return stdout;
}

/** An empty folder, gone after the tests that `after` belongs to. */
export async function temporaryFolder(
  after: (clean: () => Promise<void>) => void = onTestFinished,
): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'ferlab-')));
  after(() => {
    process.chdir(checkout); // a folder in use can't be removed everywhere
    return rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Copies what test/e2e/trained-run.ts made into a folder: the drawn faces `faces`, the run `run` trained on them. */
export function copyTrainedRun(folder: string): void {
  cpSync(inject('trainedRun').folder, folder, { recursive: true });
}

/** Writes drawn faces: `train` and `validation` images in all. */
export const drawFaces = (folder: string, train: number, validation: number, cwd: string) =>
  succeed(
    ['sample', folder, '--train', `${train}`, '--validation', `${validation}`, '--image-size', '16'],
    cwd,
  );

/** A failure that a user sees: its exit code, a message with all of `words`, and no stack trace. */
export function expectRefusal(result: Answer, code: number, ...words: (string | RegExp)[]): void {
  expect(result, result.stderr).toMatchObject({ code });
  expect(result.stderr).toMatch(/^Error: /m);
  for (const word of words) expect(result.stderr).toMatch(word);
  expect(result.stderr).not.toMatch(/^\s+at /m);
}

export const exists = (...parts: string[]) => existsSync(path.join(...parts));

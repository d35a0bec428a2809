// Runs the built program as a user does: as a child process, in a folder of its own.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

export const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const entry = path.join(checkout, 'bin', 'ferlab.js');

/** What a finished program leaves. */
export interface Finished {
  /** Null where a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A program that runs. */
export interface Running {
  child: ChildProcessWithoutNullStreams;
  /** Standard output and error so far. */
  text: { stdout: string; stderr: string };
  finished: Promise<Finished>;
  /** Resolves once standard output matches; rejects when the program ends without. */
  printed(pattern: RegExp): Promise<void>;
}

/** Starts any program; it is killed when the test ends before it. */
export function start(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Running {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
  const text = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
      for (const look of waiting) look();
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  const printed = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(text.stdout)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      finished.then(
        () => reject(new Error(`ended without ${pattern}: ${text.stdout}${text.stderr}`)),
        reject,
      );
      look();
    });
  return { child, text, finished, printed };
}

export const startFerlab = (args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Running =>
  start(process.execPath, [entry, ...args], cwd, env);

/** Runs `ferlab` to its end. */
export const ferlab = (
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Finished> => startFerlab(args, cwd, env).finished;

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
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Options for the smallest training that is still one of the seed network. */
export const tiny = [
  ...[
    '--conv-filters',
    '4,8',
    '--dense-units',
    '16',
    '--batch-size',
    '32',
    '--threads',
    '1',
    '--workers',
    '1',
  ],
  ...['--image-size', '16'],
];

/** Writes drawn faces: `train` and `validation` images in all. */
export const drawFaces = (folder: string, train: number, validation: number, cwd: string) =>
  succeed(
    ['sample', folder, '--train', `${train}`, '--validation', `${validation}`, '--image-size', '16'],
    cwd,
  );

/** A failure that a user sees: its exit code, a message with all of `words`, and no stack trace. */
export function expectRefusal(result: Finished, code: number, ...words: (string | RegExp)[]): void {
  expect(result, result.stderr).toMatchObject({ code });
  expect(result.stderr).toMatch(/^Error: /m);
  for (const word of words) expect(result.stderr).toMatch(word);
  expect(result.stderr).not.toMatch(/^\s+at /m);
}

export const exists = (...parts: string[]) => existsSync(path.join(...parts));

// Starts the built program, or any other, as a process of its own.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

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

/** Runs `ferlab` to its end, in a process of its own. */
export const runFerlab = (
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Finished> => startFerlab(args, cwd, env).finished;

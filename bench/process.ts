// Starts a program, and reads the JSON object that it prints last. One process a round, for every contestant alike:
// nobody inherits a warm heap or another's threads.

import { spawn } from 'node:child_process';

export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** After this it is ended, and the round fails. */
  readonly timeoutMinutes?: number;
}

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** Seconds from the start to the first line on standard output. */
  readonly firstLineSeconds: number;
}

/** Runs a program to its end. Throws an Error with the last line of its messages where it fails. */
export function runProgram(
  command: string,
  args: readonly string[],
  { environment, folder, timeoutMinutes = 60 }: ProgramOptions = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      ...(folder === undefined ? {} : { cwd: folder }),
    });
    let [stdout, stderr, firstLineSeconds, late] = ['', '', Number.NaN, false];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (Number.isNaN(firstLineSeconds) && stdout.includes('\n')) {
        firstLineSeconds = (performance.now() - start) / 1000;
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-100_000);
    });
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMinutes * 60_000);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`${command} can't be started (${error.message})`));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve({ stdout, stderr, firstLineSeconds });
      const how = late ? `it took more than ${timeoutMinutes} minutes` : `it ended with ${code ?? signal}`;
      reject(new Error(`${how}: ${lastLine(stderr) || lastLine(stdout) || 'it said nothing'}`));
    });
  });
}

/** Runs a program and parses the last line that it prints. */
export async function runForJson<T>(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<T> {
  const { stdout } = await runProgram(command, args, options);
  const line = lastLine(stdout);
  try {
    return JSON.parse(line) as T;
  } catch {
    throw new Error(`expected a JSON object from ${args[0] ?? command}, found "${line.slice(0, 200)}"`);
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

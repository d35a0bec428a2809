// Times programs from their start to their first answer.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { runProgram } from '../process.js';

/** The first `count` images below a folder in sorted order, repeated if there are fewer. */
export function imageFiles(folder: string, count: number): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  return Array.from({ length: count }, (_, i) => files[i % files.length]!);
}

/** Milliseconds from starting a script of Node, given a model's file and an image's, to the first line that it prints. */
export async function coldStarts(
  script: string,
  model: string,
  image: string,
  count: number,
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const { firstLineSeconds } = await runProgram(process.execPath, [script, model, image]);
    times.push(1000 * firstLineSeconds);
  }
  return times;
}

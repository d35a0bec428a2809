import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishReport } from './publish.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-publish-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('publishReport', () => {
  it('refuses a folder without the report of a training run, and says what to do', async () => {
    await expect(publishReport(folder, join(folder, 'out'))).rejects.toThrow(
      /report\.json: expected the report of a finished run, .* ferlab train --resume/,
    );
    await writeFile(join(folder, 'report.json'), '{"history": 1}');
    await expect(publishReport(folder, join(folder, 'out'))).rejects.toThrow(/found another JSON file/);
    expect(await readdir(folder)).toEqual(['report.json']);
    expect(await readFile(join(folder, 'report.json'), 'utf8')).toBe('{"history": 1}');
  });
});

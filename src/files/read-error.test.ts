import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { foundInstead } from './read-error.js';

it('says what stands in the place of a file', async () => {
  const found = (path: string) => readFile(path).catch(foundInstead);
  expect(await found(join(tmpdir(), 'no', 'such', 'file'))).toBe('no such file');
  expect(await found(tmpdir())).toBe('a folder');
  expect(await found(join(import.meta.filename, 'below'))).toBe('no such file');
  expect(await found('x'.repeat(300))).toBe('a name that is too long');
  for (const [code, words] of [
    ['EACCES', 'no permission to read it'],
    ['ELOOP', 'symbolic links in a loop'],
  ])
    expect(foundInstead(Object.assign(new Error('x'), { code }))).toBe(words);
  expect(foundInstead(new Error('too large\nat ...'))).toBe('too large');
  expect(foundInstead(new Error('x'.repeat(500)))).toHaveLength(160);
});

it('says what to do where a name was no text', async () => {
  const path = 'fr\ufffdhlich';
  const error = await readFile(path).catch((caught: unknown) => caught);
  expect(foundInstead(error, { path, what: 'folder' })).toBe(
    'no such folder (a name that is not UTF-8 cannot be given: rename it)',
  );
});

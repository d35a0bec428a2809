import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { foundInstead } from './read-error.js';

it('says what stands in the place of a file', async () => {
  const found = (path: string) => readFile(path).catch(foundInstead);
  expect(await found(join(tmpdir(), 'no', 'such', 'file'))).toBe('no such file');
  expect(await found(tmpdir())).toBe('a folder');
  expect(foundInstead(Object.assign(new Error('x'), { code: 'EACCES' }))).toBe('EACCES');
  expect(foundInstead(new Error('too large'))).toBe('too large');
});

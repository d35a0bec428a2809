// Size, names and opening of the project's files.

import path from 'node:path';
import { expect, it } from 'vitest';
import { generated, projectFiles, readText, sources } from './sources.js';

const longest = 350;
const longestTest = 450;
const code = projectFiles(
  ['src', 'studio', 'test', 'bin', 'scripts', 'bench', 'examples', 'vitest.config.ts'],
  (file) => /\.(tsx?|js|css)$/.test(file) && !generated.has(file),
);

it(`no source is longer than ${longest} lines, no test than ${longestTest}`, () => {
  expect(code.length).toBeGreaterThan(50);
  const limit = (file: string) => (file.endsWith('.test.ts') ? longestTest : longest);
  const long = code.map((file) => ({ file, lines: readText(file).split('\n').length - 1 }));
  expect(long.filter(({ file, lines }) => lines > limit(file))).toEqual([]);
});

it('names say what is inside', () => {
  const vague = /^(utils?|helpers?|common|misc)(\.|$)/;
  expect(code.filter((file) => file.split('/').some((part) => vague.test(part)))).toEqual([]);
});

it('every source opens with what it is', () => {
  const page = code.filter((file) => file.startsWith('studio/'));
  expect(page.length).toBeGreaterThan(20);
  expect([...sources, ...page].filter((file) => !/^(#!.*\n)?\/[/*]/.test(readText(file)))).toEqual([]);
});

it('a test stands beside what it tests', () => {
  const tests = projectFiles(['src'], (file) => file.endsWith('.test.ts'));
  const folders = new Set(sources.map((file) => path.posix.dirname(file)));
  expect(tests.filter((file) => !folders.has(path.posix.dirname(file)))).toEqual([]);
});

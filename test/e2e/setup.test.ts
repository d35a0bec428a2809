// scripts/setup.js in a fresh checkout. The real npm would take minutes and a network, so a stand-in for it links the
// packages that are installed here; that `npm ci` itself works is what CI shows by running at all.

import { cpSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { checkout, type Finished, start } from './process.js';
import { exists, temporaryFolder } from './program.js';

const npm = `
const fs = require('node:fs');
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
fs.mkdirSync('node_modules', { recursive: true });
for (const name of fs.readdirSync(${JSON.stringify(path.join(checkout, 'node_modules'))})) {
  if (!name.startsWith('.') && !fs.existsSync('node_modules/' + name)) {
    fs.symlinkSync(${JSON.stringify(path.join(checkout, 'node_modules'))} + '/' + name, 'node_modules/' + name);
  }
}
`;
const program = `export async function main(argv: string[]): Promise<number> {
  console.log(argv.join(' '));
  return 0;
}
`;

let folder = '';
const inFolder = (...parts: string[]) => path.join(folder, ...parts);

beforeEach(async () => {
  folder = await temporaryFolder();
  for (const name of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts',
    'bin',
  ]) {
    cpSync(path.join(checkout, name), inFolder(name), { recursive: true });
  }
  mkdirSync(inFolder('src/cli'), { recursive: true });
  writeFileSync(inFolder('src/cli/main.ts'), program);
  writeFileSync(inFolder('npm-cli.cjs'), npm);
});

const run = (...args: string[]): Promise<Finished> =>
  start(process.execPath, args, folder, { npm_execpath: inFolder('npm-cli.cjs') }).finished;
const npmCalls = () =>
  exists(folder, 'npm-calls') ? readFileSync(inFolder('npm-calls'), 'utf8').trim().split('\n') : [];

/** Makes a file newer than everything that was built so far. */
function touch(file: string): void {
  const later = new Date(Date.now() + 5000);
  utimesSync(inFolder(file), later, later);
}

it('installs and compiles what is missing or out of date, and nothing else', async () => {
  const first = await run('scripts/setup.js');
  expect(first.stderr.trim().split('\n')).toEqual([
    'ferlab setup: installing dependencies (npm ci)',
    'ferlab setup: compiling src/ to dist/',
  ]);
  expect(first).toMatchObject({ code: 0, stdout: '' });
  expect(npmCalls()).toEqual(['ci --no-audit --no-fund']);
  expect(await run('scripts/setup.js')).toMatchObject({ code: 0, stdout: '', stderr: '' });

  writeFileSync(inFolder('src/cli/extra.ts'), 'export const extra = 1;\n');
  touch('src/cli/extra.ts');
  expect((await run('scripts/setup.js')).stderr).toBe('ferlab setup: compiling src/ to dist/\n');
  expect(exists(folder, 'dist/cli/extra.js')).toBe(true);

  // A source that is gone leaves nothing that would go into the package.
  rmSync(inFolder('src/cli/extra.ts'));
  touch('src/cli/main.ts');
  await run('scripts/setup.js');
  expect(exists(folder, 'dist/cli/extra.js')).toBe(false);

  writeFileSync(inFolder('package-lock.json'), `${readFileSync(inFolder('package-lock.json'), 'utf8')}\n`);
  expect((await run('scripts/setup.js')).stderr).toContain('installing dependencies');
  expect(npmCalls()).toHaveLength(2);
});

it('is run by the command itself in a fresh checkout, once for two at the same time', async () => {
  const both = await Promise.all([
    run('bin/ferlab.js', 'hello', 'there'),
    run('bin/ferlab.js', 'hello', 'there'),
  ]);
  for (const { code, stdout } of both) expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello there\n' });
  expect(npmCalls()).toHaveLength(1);
  expect(both.map(({ stderr }) => stderr).join('')).toContain('ferlab setup: installing dependencies');
});

it('shows what is wrong when compiling fails, and fails', async () => {
  writeFileSync(inFolder('src/cli/main.ts'), 'export const main: number = "text";\n');
  const { code, stderr } = await run('scripts/setup.js');
  expect(code).toBe(1);
  expect(stderr).toContain('src/cli/main.ts(1,14): error TS2322');
  expect(stderr).toMatch(/^Error: Compiling failed/m);
  expect(stderr).not.toMatch(/^\s+at /m);
});

/** Runs the setup as if it were this version of Node's. */
function runAs(version: string): Promise<Finished> {
  const pretended = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
  writeFileSync(inFolder('pretend.cjs'), pretended);
  return run('--require', './pretend.cjs', 'scripts/setup.js');
}

it.each(['18.20.4', '20.18.3', '21.7.3', '22.11.0'])('refuses Node %s', async (version) => {
  const { code, stderr } = await runAs(version);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `Error: ferlab needs Node 20.19 or a later 20, or 22.12 or newer, found ${version}. Install one from https://nodejs.org.\n`,
  );
});

it('takes the versions of Node that package.json names', async () => {
  expect((await run('scripts/setup.js')).code).toBe(0);
  for (const version of ['20.19.0', '22.12.0', '23.0.0', '24.0.0'])
    expect(await runAs(version)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  const named = (file: string) => JSON.parse(readFileSync(path.join(checkout, file), 'utf8'));
  const engines = { node: '^20.19.0 || >=22.12.0' };
  expect(named('package.json').engines).toEqual(engines);
  expect(named('package-lock.json').packages[''].engines).toEqual(engines);
});

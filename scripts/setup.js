// Makes a checkout ready to run: dependencies from package-lock.json, then src/ compiled to dist/. Does only what is
// missing or out of date, says in one line what it does, and is silent when there is nothing to do.
// Plain Node without dependencies, because it runs before anything is installed.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** What package.json's engines say: ^20.19.0 || >=22.12.0. */
const runsOn = (major, minor) => (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const inRoot = (...parts) => path.join(root, ...parts);

/** A failure that is printed without a stack trace. */
class SetupError extends Error {}

function say(message) {
  process.stderr.write(`${message}\n`);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (runsOn(major, minor)) return;
  throw new SetupError(
    `ferlab needs Node 20.19 or a later 20, or 22.12 or newer, found ${process.versions.node}. Install one from https://nodejs.org.`,
  );
}

/** Runs a program in the checkout. Its output is shown only when it fails. */
function run(what, command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (result.status === 0) return;
  say(`${result.stdout ?? ''}${result.stderr ?? ''}`.trim());
  const reason =
    result.error?.message ?? (result.signal ? `ended by ${result.signal}` : `exit code ${result.status}`);
  throw new SetupError(`${what} failed (${reason}); its output stands above.`);
}

/** npm as this process can start it: the npm that runs this script, else the one on the path. */
function runNpm(args) {
  const npm = process.env.npm_execpath;
  if (npm && /npm-cli\.[cm]?js$/.test(npm)) run(`npm ${args[0]}`, process.execPath, [npm, ...args]);
  else run(`npm ${args[0]}`, 'npm', args, { shell: process.platform === 'win32' });
}

const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
const stampFile = inRoot('node_modules', '.ferlab-installed');

/** What node_modules depends on: the lock file, and the platform, whose binaries are installed. */
function lockHash() {
  const hash = createHash('sha256').update(fs.readFileSync(inRoot('package-lock.json')));
  return hash.update(`${process.platform} ${process.arch}`).digest('hex');
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function isInstalled() {
  const stamp = readText(stampFile);
  if (stamp !== null) return stamp === lockHash();
  // Installed by hand: npm keeps its own copy of the lock file, written when it finishes.
  const installed = fs.statSync(inRoot('node_modules', '.package-lock.json'), { throwIfNoEntry: false });
  const current = installed && installed.mtimeMs >= fs.statSync(inRoot('package-lock.json')).mtimeMs;
  if (!current || !fs.existsSync(compiler)) return false;
  fs.writeFileSync(stampFile, lockHash());
  return true;
}

function install() {
  say('ferlab setup: installing dependencies (npm ci)');
  runNpm(['ci', '--no-audit', '--no-fund']);
  fs.writeFileSync(stampFile, lockHash());
}

/** Files below `folder`, relative to it. */
function filesBelow(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)));
}

const sourceFiles = () =>
  filesBelow(inRoot('src')).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
const buildInfo = inRoot('dist', '.tsbuildinfo');

/** Compiled files whose source is gone: tsc leaves them, imports would find them, and they would go into the package. */
function leftovers() {
  const sources = new Set(sourceFiles().map((file) => file.replace(/\.ts$/, '')));
  return filesBelow(inRoot('dist')).filter((file) => {
    // The studio's page, which scripts/page.js builds.
    if (file.startsWith(path.join('studio', 'page', path.sep))) return false;
    const source = file.replace(/(\.d\.ts|\.js)(\.map)?$/, '');
    return source !== file && !sources.has(source);
  });
}

/** Is every source compiled since it last changed? tsc touches its build info file only when it finishes. */
function isBuilt() {
  if (!fs.existsSync(buildInfo)) return false;
  const builtAt = fs.statSync(buildInfo).mtimeMs;
  const inputs = [
    ...sourceFiles().map((file) => inRoot('src', file)),
    inRoot('tsconfig.json'),
    inRoot('tsconfig.build.json'),
    inRoot('package-lock.json'),
  ];
  return (
    inputs.every((file) => fs.statSync(file).mtimeMs <= builtAt) &&
    sourceFiles().every((file) => fs.existsSync(inRoot('dist', file.replace(/\.ts$/, '.js')))) &&
    leftovers().length === 0
  );
}

function build() {
  say('ferlab setup: compiling src/ to dist/');
  const startedAt = new Date();
  const missing = sourceFiles().some((file) => !fs.existsSync(inRoot('dist', file.replace(/\.ts$/, '.js'))));
  // An incremental build trusts its notes: without them it writes every file again.
  if (missing) fs.rmSync(buildInfo, { force: true });
  run('Compiling', process.execPath, [compiler, '-p', 'tsconfig.build.json']);
  for (const file of leftovers()) fs.rmSync(inRoot('dist', file));
  fs.utimesSync(buildInfo, startedAt, startedAt); // what changes while tsc runs counts as newer
}

/** Is the process that wrote the lock still there? An unreadable lock is one that is just being written. */
function isHeld(lock) {
  const pid = Number(readText(lock));
  if (!pid) return fs.existsSync(lock);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** One setup at a time in a checkout: a second one waits for the first. */
function withLock(work) {
  const lock = inRoot('dist', '.setup-lock');
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  for (;;) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isHeld(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      else fs.rmSync(lock, { force: true });
    }
  }
  // Ctrl-C also reaches npm or tsc, which end; the failure that follows from it releases the lock.
  const leaveToChild = () => {};
  process.on('SIGINT', leaveToChild);
  try {
    work();
  } finally {
    process.off('SIGINT', leaveToChild);
    fs.rmSync(lock, { force: true });
  }
}

/** Compiles src/ where it has changed; whether everything is installed isn't looked at. @throws SetupError */
export function buildWhereNeeded() {
  if (isBuilt()) return;
  withLock(() => {
    if (!isBuilt()) build();
  });
}

/** Does what is needed. @throws SetupError */
export function setup() {
  checkNode();
  if (isInstalled() && isBuilt()) return;
  withLock(() => {
    if (!isInstalled()) install();
    if (!isBuilt()) build();
  });
}

/** Runs `setup`, or the part of it that is given, and on failure says why and ends the process. */
export function setupOrExit(work = setup) {
  try {
    work();
  } catch (error) {
    say(error instanceof SetupError ? `Error: ${error.message}` : error.stack);
    process.exit(1);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href)
  setupOrExit();

// The JavaScript peers: bench/peers-js is copied into a folder that git ignores and installed there, so that its
// packages never become dependencies of ferlab.

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { benchFile, cache } from './checkout.js';
import { Unavailable, type Versions } from './contest.js';
import { runForJson, runProgram } from './process.js';

const folder = path.join(cache, 'peers-js');
const stamp = path.join(folder, '.ferlab-manifest');

export interface JavaScriptPeer {
  /** The pinned versions of its packages. Installs them first. Throws Unavailable where that can't be. */
  versions(): Promise<Versions>;
  /** Runs a script of bench/peers-js and gives the object that it prints. */
  run<T>(script: string, args: readonly string[]): Promise<T>;
}

let ready: Promise<void> | null = null;

/** @param packages whose versions the report lists. */
export function javaScriptPeer(packages: readonly string[], install: boolean): JavaScriptPeer {
  return {
    async versions() {
      ready ??= installPeers(install);
      await ready;
      const versionOf = (name: string): string => {
        const manifest = path.join(folder, 'node_modules', name, 'package.json');
        return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
      };
      return Object.fromEntries(packages.map((name) => [name, versionOf(name)]));
    },
    run: (script, args) => runForJson(process.execPath, [path.join(folder, script), ...args]),
  };
}

async function installPeers(install: boolean): Promise<void> {
  const manifest = readFileSync(benchFile('peers-js', 'package.json'));
  const hash = createHash('sha256').update(manifest).digest('hex');
  const installed = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (!installed && !install) {
    throw new Unavailable(`its packages aren't installed yet, and --quick installs nothing`);
  }
  if (!installed) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(benchFile('peers-js'), folder, { recursive: true });
  if (installed) return;
  try {
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    const npm = process.env.npm_execpath;
    if (npm && /npm-cli\.[cm]?js$/.test(npm)) await runProgram(process.execPath, [npm, ...args], { folder });
    else await runProgram('npm', args, { folder });
  } catch (error) {
    throw new Unavailable(`its packages can't be installed: ${(error as Error).message}`);
  }
  writeFileSync(stamp, hash);
}

// `npm run studio`: builds the studio's page where it has changed, draws the sample dataset once, and opens the studio with it and
// with runs/, or with the folders that are named. Options are those of `ferlab studio`.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildPageWhereNeeded } from './page.js';

await buildPageWhereNeeded();
const root = fileURLToPath(new URL('..', import.meta.url));
const ferlab = path.join(root, 'bin/ferlab.js');
const given = process.argv.slice(2);

/** The drawn faces, and the runs of this checkout: for whoever names no folder. */
function ownFolders() {
  const sample = path.join(root, '.studio/sample');
  if (!fs.existsSync(sample)) {
    const sizes = ['--train', '140', '--validation', '35'];
    const { status } = spawnSync(process.execPath, [ferlab, 'sample', sample, ...sizes, '--quiet'], {
      stdio: 'inherit',
    });
    if (status !== 0) process.exit(status ?? 1);
  }
  return [sample, path.join(root, 'runs')].filter((folder) => fs.existsSync(folder));
}

/** Options take a value, but for `--no-open`, `--debug` and `--help`. */
const namesFolder = given.some(
  (word, i) => !word.startsWith('-') && !/^--(host|port|token-file)$/.test(given[i - 1] ?? ''),
);
const args = namesFolder ? given : [...ownFolders(), ...given];
// Ctrl-C reaches the studio, which stops in order.
process.on('SIGINT', () => {});
const { status } = spawnSync(process.execPath, [ferlab, 'studio', ...args], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

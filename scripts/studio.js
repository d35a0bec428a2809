// `npm run studio`: builds the studio's page where it has changed and opens it, with the models below runs/ or the folders that
// are named. Options are those of `ferlab studio`.

import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildPageWhereNeeded } from './page.js';

await buildPageWhereNeeded();
const ferlab = fileURLToPath(new URL('../bin/ferlab.js', import.meta.url));
// Ctrl-C reaches the studio, which stops in order.
process.on('SIGINT', () => {});
const { status } = spawnSync(process.execPath, [ferlab, 'studio', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

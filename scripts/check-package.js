// Checks the packed tarball as other projects will see it: the manifest and its files (publint), and that its types are
// found and say what the code is (attw). Part of `npm run check`.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'ferlab-pack-'));

/** Runs a command of node_modules/.bin, or npm itself; ends the check where it fails. */
function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: checkout,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${path.join(checkout, 'node_modules/.bin')}${path.delimiter}${process.env.PATH}`,
    },
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  console.error(`${command} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}`);
  process.exitCode = 1;
}

try {
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  const tarball = readdirSync(folder)[0];
  if (tarball) {
    const file = path.join(folder, tarball);
    run('publint', ['run', file, '--strict']);
    // The package is ESM alone, which Node 20.19 and newer can also require(); model files have no types.
    const models = ['./models/expression.onnx', './models/faces.onnx', './models/face-points.onnx'];
    run('attw', [file, '--profile', 'esm-only', '--exclude-entrypoints', ...models]);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

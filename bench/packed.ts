// A project that has the packed package, made without the registry: the tarball's files, and this checkout's
// dependencies as links. What imports `ferlab` there goes through the package's public entries.

import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { root } from './checkout.js';
import { runProgram } from './process.js';

/** Links this checkout's dependencies into `folder`, all but ferlab itself. */
export function linkDependencies(folder: string): void {
  const modules = path.join(root, 'node_modules');
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true });
  for (const name of readdirSync(modules)) {
    if (!name.startsWith('.') && name !== 'ferlab')
      symlinkSync(path.join(modules, name), path.join(folder, 'node_modules', name), 'junction');
  }
}

/** Makes a project of the packed package in `folder`, which has none yet. */
export async function makePackedProject(folder: string): Promise<void> {
  const own = path.join(folder, 'node_modules', 'ferlab');
  linkDependencies(folder);
  mkdirSync(own, { recursive: true });
  const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await runProgram('npm', packing, { folder: root });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await runProgram('tar', ['-xzf', path.join(folder, filename), '-C', own, '--strip-components=1'], {
    folder,
  });
}

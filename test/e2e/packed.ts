// A project that has the packed package, made without the registry: the tarball's files, and this checkout's
// dependencies as links. What imports `ferlab` there goes through the package's public entries.

import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { checkout, start } from './process.js';

/** Links this checkout's dependencies into `folder`, all but ferlab itself. */
export function linkDependencies(folder: string): void {
  const modules = path.join(checkout, 'node_modules');
  mkdirSync(path.join(folder, 'node_modules'), { recursive: true });
  for (const name of readdirSync(modules)) {
    if (!name.startsWith('.') && name !== 'ferlab')
      symlinkSync(path.join(modules, name), path.join(folder, 'node_modules', name), 'junction');
  }
}

/** Makes a project of the packed package in `folder`. */
export async function makePackedProject(folder: string): Promise<void> {
  const own = path.join(folder, 'node_modules', 'ferlab');
  linkDependencies(folder);
  mkdirSync(own, { recursive: true });
  const finish = async (command: string, args: string[], cwd: string): Promise<string> => {
    const { code, stdout, stderr } = await start(command, args, cwd).finished;
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const packed = await finish(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    checkout,
  );
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  await finish('tar', ['-xzf', path.join(folder, filename), '-C', own, '--strip-components=1'], folder);
}

// Files of the installed package, found by its name: from dist/, from the sources (tests), and from a program that a
// bundler made one file of, as long as ferlab is installed where that program lies.

import { createRequire } from 'node:module';
import path from 'node:path';
import { FerlabError } from './errors.js';

let root: string | null = null;

/**
 * The absolute path of a file of the package, for example `models/expression.onnx`.
 *
 * @throws FerlabError `io` where this code runs outside the package, and the package isn't installed there.
 */
export function packageFile(name: string): string {
  root ??= findRoot();
  return path.join(root, name);
}

function findRoot(): string {
  try {
    // A package finds itself by its own name, too.
    return path.dirname(createRequire(import.meta.url).resolve('ferlab/package.json'));
  } catch (error) {
    throw new FerlabError(
      'io',
      `${import.meta.url ?? 'a bundle'}: expected the package ferlab, whose model and workers are files of their own, to be ` +
        'installed where this program runs; found none. Install it there, or keep it out of the bundle ' +
        '(esbuild: --packages=external --format=esm).',
      { cause: error },
    );
  }
}

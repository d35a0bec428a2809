// Places of the benchmarks in the checkout, and outside what git keeps.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout: this file lies in bench/, or compiled in dist-bench/. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Installed peers and generated images; may be deleted at any time. */
export const cache = path.join(root, '.bench');

/** A file of bench/ that isn't compiled. */
export const benchFile = (...parts: string[]): string => path.join(root, 'bench', ...parts);

/** A script of bench/ferlab/, compiled. */
export const ferlabScript = (name: string): string => path.join(root, 'dist-bench', 'ferlab', `${name}.js`);

// The program's version, from its package.json.

import { readFileSync } from 'node:fs';
import { packageFile } from './package-files.js';

const manifest: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));

export const programVersion: string = (manifest as { version: string }).version;

// The program's version, from its package.json.

import { readFileSync } from 'node:fs';

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

export const programVersion: string = (manifest as { version: string }).version;

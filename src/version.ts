// This project's version, as package.json states it. For `--version` and the metadata of model files.

import { readFileSync } from 'node:fs';

const packageFile = new URL('../package.json', import.meta.url);

/** For example `0.1.0`. */
export const version: string = (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;

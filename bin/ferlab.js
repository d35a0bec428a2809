#!/usr/bin/env node
// The `ferlab` command. In a checkout that isn't installed or compiled yet, it does that first.

import { existsSync } from 'node:fs';

const here = (path) => new URL(path, import.meta.url);
const needed = [here('../dist/cli/main.js'), here('../node_modules')];
// An installed package has no scripts folder, and its dependencies lie elsewhere.
if (existsSync(here('../scripts/setup.js')) && !needed.every((place) => existsSync(place))) {
  const { setupOrExit } = await import('../scripts/setup.js');
  setupOrExit();
}

const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv.slice(2));

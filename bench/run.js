// `npm run bench`: compiles the benchmarks to dist-bench/ and starts them. They import the built program by the path
// ../dist, which reads the same from bench/ and from dist-bench/.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const compiled = spawnSync(process.execPath, [compiler, '-p', path.join(root, 'bench')], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (compiled.status !== 0) {
  console.error('Error: the benchmarks did not compile; see above.');
  process.exit(1);
}
const { main } = await import('../dist-bench/main.js');
// npm runs scripts in the checkout; paths are meant from where the user stands.
process.exitCode = await main(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());

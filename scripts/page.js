// Builds the studio's page (studio/) to dist/studio/page where one of the files that it is made of has changed since.
// `node scripts/page.js` does that alone; `npm run studio`, packing and the tests of the studio call it.

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = path.join(root, 'dist/studio/page');
/** What the page was built from: sources of studio/ and src/, by time of their last change. */
const stamp = path.join(root, 'dist/.page.json');

const changed = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;

function isBuilt() {
  if (!fs.existsSync(path.join(page, 'index.html')) || !fs.existsSync(stamp)) return false;
  const inputs = Object.entries(JSON.parse(fs.readFileSync(stamp, 'utf8')));
  return inputs.length > 0 && inputs.every(([file, time]) => changed(path.join(root, file)) === time);
}

/** Notes which files of the checkout went into the page, workers too. */
function noteInputs(files) {
  return {
    name: 'note-inputs',
    load: { order: 'pre', handler: (id) => void files.add(id.replace(/[?#].*$/, '')) },
  };
}

async function build() {
  process.stderr.write('ferlab studio: building the page\n');
  const { build: buildByVite } = await import('vite');
  // Vite keeps another value, as that of tests, and with it packages' code for development, which needs Node's `global`.
  const { NODE_ENV: before } = process.env;
  process.env.NODE_ENV = 'production';
  const files = new Set(
    ['studio/index.html', 'studio/vite.config.js', 'package-lock.json'].map((file) => path.join(root, file)),
  );
  // Style sheets that import each other are read by Vite itself: no plugin sees them.
  const styles = path.join(root, 'studio/styles');
  for (const file of fs.readdirSync(styles)) files.add(path.join(styles, file));
  await buildByVite({
    configFile: path.join(root, 'studio/vite.config.js'),
    logLevel: 'warn',
    plugins: [noteInputs(files)],
    worker: { format: 'es', plugins: () => [noteInputs(files)] },
  });
  if (before === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = before;
  const inputs = [...files]
    .filter((file) => path.isAbsolute(file) && !file.includes('node_modules') && fs.existsSync(file))
    .map((file) => [path.relative(root, file), changed(file)]);
  fs.writeFileSync(stamp, JSON.stringify(Object.fromEntries(inputs.sort())));
}

/** Builds the page where it is missing or out of date. */
export async function buildPageWhereNeeded() {
  if (!isBuilt()) await build();
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href)
  await buildPageWhereNeeded();

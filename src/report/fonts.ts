// Text in PNGs that comes out the same everywhere. sharp draws SVG text through fontconfig, which on a fresh server or
// container finds no fonts and draws empty boxes; so fontconfig is pointed at the fonts of the dejavu-fonts-ttf package.
// Not about SVG files themselves: their reader brings the fonts.
//
// fontconfig reads FONTCONFIG_FILE once per process, when text is first drawn (decoding images doesn't draw any), and
// sees only changes made on the main thread: in a worker, process.env is a copy.

import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { escapeXml } from '../format/xml.js';

/** Where systems keep fonts, for scripts that DejaVu lacks (class names may be in any language). */
const systemFolders = [
  '/usr/share/fonts',
  '/usr/local/share/fonts',
  '/System/Library/Fonts',
  '/Library/Fonts',
  ...(process.platform === 'win32' ? ['WINDOWSFONTDIR'] : []),
];

let ready: Promise<void> | undefined;

/** Makes DejaVu Sans the first font of every text that this process draws. Idempotent; call before drawing. */
export function prepareFonts(): Promise<void> {
  ready ??= pointFontconfigAtPackage();
  return ready;
}

async function pointFontconfigAtPackage(): Promise<void> {
  const require = createRequire(import.meta.url);
  const fonts = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  let file: string;
  try {
    const folder = await ownFolder(join(tmpdir(), `ferlab-fonts-${process.getuid?.() ?? 'user'}`));
    const content = fontsConfiguration(fonts, join(folder, 'cache'));
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
    file = join(folder, `fonts-${hash}.conf`);
    // By renaming, since another process may be reading the same.
    const temporary = `${file}.${process.pid}`;
    await writeFile(temporary, content);
    await rename(temporary, file);
  } catch {
    return; // No temporary folder to write to: the system's own fonts, if any, serve.
  }
  process.env.FONTCONFIG_FILE = file;
}

/** A folder that nobody else may write; the temporary folder is shared, and its names can be taken by others. */
async function ownFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  const ours = process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0);
  return found.isDirectory() && ours ? path : mkdtemp(`${path}-`);
}

function fontsConfiguration(fonts: string, cache: string): string {
  const folders = [fonts, ...systemFolders].map((folder) => `<dir>${escapeXml(folder)}</dir>`);
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
${folders.join('\n')}
<cachedir>${escapeXml(cache)}</cachedir>
<cachedir>/var/cache/fontconfig</cachedir>
<cachedir prefix="xdg">fontconfig</cachedir>
<match target="pattern">
<edit name="family" mode="prepend" binding="strong"><string>DejaVu Sans</string></edit>
</match>
</fontconfig>
`;
}
